"""The catalogue: sneakers, and their photographs inline."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from drops.catalogue.models import Sneaker, SneakerPicture
from dropshop.core.admin.actions import PermissionFirstAdmin
from dropshop.core.forms import LabelledDeleteFormSet, PictureField, PriceField, currency_field, price_in_minor_units
from dropshop.core.money import Money

# Drawing a large picture anew takes seconds; the settings end a transaction that idles for four.
SET_IDLE_TIMEOUT = "SET LOCAL idle_in_transaction_session_timeout = '60s'"


SILHOUETTES = ("runner", "court", "trail")  # each has a drawing in templates/drops/art


class SneakerForm(forms.ModelForm):
    """A catalogue entry, its price in major units."""

    retail_price = PriceField(help_text="As on the tag: 180.00")
    currency = currency_field()
    silhouette = forms.ChoiceField(
        choices=[(name, name.capitalize()) for name in SILHOUETTES],
        help_text="Of the drawn picture, shown while there is no photograph.",
    )

    class Meta:
        model = Sneaker
        fields = (
            "brand",
            "name",
            "style_code",
            "colourway",
            "description",
            "release_date",
            "retail_price",
            "currency",
            "size_system",
            "tint",
        )
        widgets = {"release_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["retail_price"] = Money(self.instance.retail_price, self.instance.currency).amount
            self.initial["silhouette"] = self.instance.art.get("silhouette", SILHOUETTES[0])

    def clean_size_system(self) -> str:
        """Fixed once sizes are measured in it: "9" would become another size."""
        chosen: str = self.cleaned_data["size_system"]
        if "size_system" in self.changed_data and not self.instance._state.adding and self.instance.is_measured:
            raise forms.ValidationError("Sizes are measured in it already; make a new sneaker for another system.")
        return chosen

    def clean(self) -> dict[str, Any]:
        """The price in minor units."""
        super().clean()
        price_in_minor_units(self, "retail_price")
        if "silhouette" in self.changed_data and "silhouette" in self.cleaned_data:
            self.instance.art = {**self.instance.art, "silhouette": self.cleaned_data["silhouette"]}
        return self.cleaned_data


class PictureForm(forms.ModelForm):
    """A photograph; what is stored is drawn anew (`dropshop.core.pictures`)."""

    image = PictureField(
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/avif", "aria-label": "Picture"}),
        help_text="JPEG, PNG, WebP or AVIF, at most 8 MB and 40 million pixels.",
    )

    class Meta:
        model = SneakerPicture
        fields = ("image", "alt", "position")
        widgets = {
            "alt": forms.TextInput(attrs={"aria-label": "Description for people who cannot see it"}),
            "position": forms.NumberInput(attrs={"aria-label": "Position"}),
        }


class PictureInline(admin.TabularInline):
    """The photographs of a sneaker, the calendar's first."""

    model, form, formset = SneakerPicture, PictureForm, LabelledDeleteFormSet
    fields = ("shown", "image", "alt", "position")
    readonly_fields = ("shown",)
    extra = 1
    verbose_name_plural = "pictures"

    @admin.display(description="picture")
    def shown(self, picture: SneakerPicture) -> str:
        """A small one, so that staff see what they describe."""
        if not picture.pk:
            return "—"
        return format_html('<img class="thumb" src="{}" alt="{}" width="96" height="64">', picture.image.url, picture.alt)


@admin.register(Sneaker)
class SneakerAdmin(PermissionFirstAdmin):
    """The catalogue."""

    form = SneakerForm
    inlines = (PictureInline,)
    list_display = ("name", "brand", "style_code", "colourway", "price_shown", "release_date")
    list_filter = ("brand",)
    search_fields = ("name", "brand", "style_code", "colourway")
    date_hierarchy = "release_date"
    actions = None
    readonly_fields = ("colours",)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Django's, in a transaction that may wait for the pictures."""
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SET_IDLE_TIMEOUT)
            return super().changeform_view(request, *args, **kwargs)

    @admin.display(description="colours of the drawing")
    def colours(self, sneaker: Sneaker) -> str:
        """Part by part; those that are not named are the tint's."""
        named = [f"{part} {colour}" for part, colour in sneaker.art.items() if part != "silhouette"]
        return ", ".join(named) or "those of the tint"

    @admin.display(description="retail price", ordering="retail_price")
    def price_shown(self, sneaker: Sneaker) -> str:
        """In words people use."""
        return str(sneaker.money)
