"""The form with which a restock is reported."""

from typing import Any

from django import forms

from community.stores.models import Store
from drops.models import Sneaker
from dropshop.core.forms import PictureField, PriceField, currency_field, price_in_minor_units
from dropshop.core.money import Money


class ReportForm(forms.Form):
    """What a member saw in a store; the sneaker is chosen before."""

    sneaker = forms.ModelChoiceField(Sneaker.objects.all(), widget=forms.HiddenInput)
    store = forms.ModelChoiceField(Store.objects.none(), to_field_name="slug", empty_label="Choose a store")
    sizes = forms.CharField(max_length=900, help_text="As on the box, with commas between: 9, 9.5, 10")
    price = PriceField(required=False, label="Price")
    currency = currency_field()
    link = forms.URLField(max_length=500, required=False, assume_scheme="https", label="Link to it")
    note = forms.CharField(max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    picture = PictureField(
        required=False,
        label="Photo",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/avif"}),
        help_text="JPEG, PNG, WebP or AVIF, at most 8 MB. We do not store where and with what it was taken.",
    )

    def __init__(self, *args: Any, links: str = "", **kwargs: Any) -> None:
        """`links`: why this member may not post links; "" where they may."""
        super().__init__(*args, **kwargs)
        store: Any = self.fields["store"]
        store.queryset = Store.objects.filter(active=True)
        if links:
            self.fields["link"].help_text = links
            self.fields["link"].disabled = True

    def clean(self) -> dict[str, Any]:
        """The price in minor units."""
        super().clean()
        price_in_minor_units(self, "price")
        return self.cleaned_data

    @property
    def report(self) -> dict[str, Any]:
        """What `restocks.report` takes, of a valid form."""
        given = self.cleaned_data
        return {
            "store": given["store"],
            "sneaker": given["sneaker"],
            "sizes": given["sizes"].replace(";", ",").split(","),
            "price": Money(given["price"], given["currency"]) if given["price"] else None,
            "link": given["link"],
            "note": given["note"],
            "picture": given["picture"],
        }

    def refuse(self, errors: dict[str, list[str]]) -> None:
        """Puts the operation's errors under their fields."""
        for name, words in errors.items():
            self.add_error(name if name in self.fields else None, words)
