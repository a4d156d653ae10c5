"""What somebody states who withdraws: the order, a name, and where the receipt goes. Nothing else is asked (Article 11a(2))."""

from typing import Any

from django import forms

from dropshop.core.errors import Invalid
from dropshop.core.text import clean_text

NAME_MAX = 100


class WithdrawalForm(forms.Form):
    """The first step."""

    number = forms.CharField(
        label="Order number",
        max_length=40,
        help_text="It is in the e-mail about your order, such as DS-7K3F-9QXM.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    name = forms.CharField(label="Your name", max_length=NAME_MAX, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label="E-mail address",
        help_text="The one of the order. Your receipt goes there.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean_name(self) -> str:
        """In one line, without what cannot be seen."""
        try:
            return clean_text(self.cleaned_data["name"], limit=NAME_MAX, field="name", lines=False)
        except Invalid as refusal:
            raise forms.ValidationError(refusal.facts["errors"]["name"]) from None

    def statement(self) -> dict[str, Any]:
        """Name and e-mail address, as they are kept."""
        return {"name": self.cleaned_data["name"], "email": self.cleaned_data["email"]}
