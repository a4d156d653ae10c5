"""The form in which a member asks for a pair of a coming drop."""

from typing import Any
from uuid import uuid4

from django import forms

from drops.models import Drop
from dropshop.core.members import Member
from reservations.addresses.saved import addresses_of
from reservations.payment_methods.saved import ready_methods_of

CHOICES = ("First choice", "Second choice", "Third choice")
NONE: tuple[str, str] = ("", "None")


class RequestForm(forms.Form):
    """Up to three sizes, a saved address, a saved card, and the most that is paid for the pair."""

    latest_price = forms.CharField(
        max_length=20,
        label="The most you pay for the pair",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    address = forms.ChoiceField(label="Send it to")
    payment_method = forms.ChoiceField(label="Pay with")
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, given: Any = None, *, drop: Drop, member: Member) -> None:
        super().__init__(given, initial={"latest_price": drop.money.amount, "key": uuid4().hex})
        run = [(size.label, size.label) for size in drop.sizes.all()]
        names = CHOICES[: len(run)]
        sizes = {
            f"size_{place}": forms.ChoiceField(label=name, choices=[NONE, *run] if place > 1 else run, required=place == 1)
            for place, name in enumerate(names, start=1)
        }
        self.fields = {**sizes, **self.fields}
        self.fields["latest_price"].help_text = f"In {drop.currency}. Shipping and tax come with it, as at the checkout."
        address: Any = self.fields["address"]
        address.choices = [(str(saved.pk), _in_one_line(saved.lines)) for saved in addresses_of(member)]
        method: Any = self.fields["payment_method"]
        method.choices = [(str(saved.pk), f"{saved}, until {saved.expiry}") for saved in ready_methods_of(member)]

    @property
    def sizes(self) -> list[str]:
        """The sizes that were chosen, in their order."""
        return [text for name, text in self.cleaned_data.items() if name.startswith("size_") and text]


def _in_one_line(lines: dict[str, str]) -> str:
    return ", ".join(text for text in (lines["name"], lines["street"], lines["city"]) if text)
