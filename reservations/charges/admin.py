"""Rates for shipping and tax, as staff write them down; every change of them is kept."""

from typing import Any

from django import forms
from django.contrib import admin

from dropshop.core.admin.history import HistoryAdmin
from dropshop.core.countries import country_code
from dropshop.core.forms import PriceField, currency_field
from dropshop.core.money import InvalidAmount, Money
from reservations.addresses.countries import rules_of
from reservations.charges.calculate import EVERYWHERE_ELSE, percent_text
from reservations.charges.models import ShippingRate, TaxRate
from reservations.charges.regions import region_key


def read_country(typed: str) -> str:
    """The code of a country that was typed by its code or its name; raises ValidationError for what is none."""
    code = country_code(typed)
    if code is None:
        raise forms.ValidationError("Give a country by its code, such as US, or by its English name.")
    return code


class ShippingRateForm(forms.ModelForm):
    """An amount in words people use; a country by code or name."""

    country = forms.CharField(max_length=60, help_text=f"Code or name; {EVERYWHERE_ELSE} is everywhere else.")
    currency = currency_field()
    amount = PriceField(help_text="As it is charged: 12.00. Zero is free.")

    class Meta:
        model = ShippingRate
        fields = ("country", "currency", "up_to_grams", "amount", "least_days", "most_days")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["amount"] = self.instance.money.amount

    def clean_country(self) -> str:
        typed: str = self.cleaned_data["country"]
        return typed if typed == EVERYWHERE_ELSE else read_country(typed)

    def clean(self) -> dict[str, Any]:
        """The amount in minor units of the currency."""
        super().clean()
        typed, currency = self.cleaned_data.get("amount"), self.cleaned_data.get("currency")
        if typed and currency:
            try:
                money = Money.parse(typed, currency)
                if money.minor < 0:
                    raise InvalidAmount("An amount cannot be below zero.")
                self.cleaned_data["amount"] = money.minor
            except InvalidAmount as fault:
                self.add_error("amount", str(fault))
        return self.cleaned_data


class TaxRateForm(forms.ModelForm):
    """A country by code or name."""

    country = forms.CharField(max_length=60, help_text="Code or name.")

    class Meta:
        model = TaxRate
        fields = ("country", "state", "state_name", "name", "percent", "included", "on_shipping")

    def clean_country(self) -> str:
        return read_country(self.cleaned_data["country"])

    def clean(self) -> dict[str, Any]:
        """A state that can be compared, and that no other rate of the country means as well."""
        super().clean()
        country, state = self.cleaned_data.get("country", ""), self.cleaned_data.get("state", "")
        name = self.cleaned_data.get("state_name", "")
        meant = {region_key(country, text) for text in (state, name or state)}
        if "" in meant and (state or name):
            self.add_error("state", "Give the code of a state, and its name, with letters.")
        elif state and country and (fault := rules_of(country).fault_of_state(state)):
            self.add_error("state", fault)
        for other in TaxRate.objects.filter(country=country).exclude(pk=self.instance.pk):
            if meant & {region_key(country, text) for text in (other.state, other.state_name or other.state)}:
                self.add_error("state", f"There is a rate for it already: {other}.")
        return self.cleaned_data


@admin.register(ShippingRate)
class ShippingRateAdmin(HistoryAdmin):
    """What a parcel costs. Without a single rate the shop ships free; with one, only where there is a rate."""

    form = ShippingRateForm
    list_display = ("country", "currency", "up_to_grams", "cost", "working_days")
    list_filter = ("currency", "country")
    actions = None

    @admin.display(description="amount", ordering="amount")
    def cost(self, rate: ShippingRate) -> str:
        """In words people use."""
        return str(rate.money)

    @admin.display(description="working days")
    def working_days(self, rate: ShippingRate) -> str:
        """ "2 to 4"."""
        return "" if rate.most_days is None else f"{rate.least_days} to {rate.most_days}"


@admin.register(TaxRate)
class TaxRateAdmin(HistoryAdmin):
    """Which tax is due where. Orders keep the rate that they were paid with."""

    form = TaxRateForm
    list_display = ("country", "state", "name", "rate", "included", "on_shipping")
    list_filter = ("country",)
    actions = None

    @admin.display(description="percent", ordering="percent")
    def rate(self, tax: TaxRate) -> str:
        """As receipts write it."""
        return percent_text(tax.percent)
