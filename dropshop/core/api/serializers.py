"""What is read from a request: every field that is wrong is named at once, and so is every field that nobody knows."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.datastructures import MultiValueDict
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import SkipField, get_error_detail

from dropshop.core.errors import unknown_fields
from dropshop.core.money import EXPONENTS, InvalidAmount, Money

Faults = dict[str, Any]


class Shape(serializers.Serializer):
    """A serializer of what is sent. A subclass adds by `together` what is wrong with several fields at once."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The values; raises ValidationError with everything that is wrong."""
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)  # which says what was expected
        values, faults = self._read(data)
        faults |= {name: words for name, words in self.together(values, data).items() if name not in faults}
        faults |= unknown_fields(data, self.fields)
        if faults:
            raise serializers.ValidationError(faults)
        return values

    def _read(self, data: Mapping[str, Any]) -> tuple[dict[str, Any], Faults]:
        """The fields that are good, and what is wrong with the others."""
        values: dict[str, Any] = {}
        faults: Faults = {}
        for field in self._writable_fields:
            try:
                value = field.run_validation(field.get_value(data))
                check = getattr(self, f"validate_{field.field_name}", None)
                values[str(field.source)] = check(value) if check else value
            except SkipField:
                continue
            except serializers.ValidationError as error:
                faults[str(field.field_name)] = error.detail
            except DjangoValidationError as error:
                faults[str(field.field_name)] = get_error_detail(error)
        return values, faults

    def together(self, values: dict[str, Any], sent: Mapping[str, Any]) -> Faults:
        """What is wrong with fields taken together, by field: of the `values` that are good, and of all that was `sent`."""
        return {}


class Query(Shape):
    """The parameters of an address. An empty one is one that was left out."""

    @classmethod
    def of(cls, parameters: MultiValueDict) -> "Query":
        """For the request's `query_params`; of a parameter that is there twice, the last one counts."""
        known = cls().fields
        return cls(data={name: value for name, value in parameters.dict().items() if value != "" or name not in known})


AMOUNT = re.compile(r"\d{1,10}(\.\d{1,3})?", re.ASCII)


class MoneySerializer(serializers.Serializer):
    amount = serializers.RegexField(r"^\d+(\.\d+)?$", help_text='Major units: "180.00".')
    currency = serializers.RegexField(r"^[A-Z]{3}$", help_text="ISO 4217.")


class PictureSerializer(serializers.Serializer):
    url = serializers.CharField()
    alt = serializers.CharField(help_text="For people who cannot see it.")


@extend_schema_field(
    {
        "oneOf": [
            {"$ref": "#/components/schemas/Money"},
            {"type": "string", "pattern": r"^\d{1,10}(\.\d{1,3})?$"},
            {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 9999999999},
        ],
        "description": 'Money, or an amount in the sneaker\'s currency: "180.00".',
    }
)
class MoneyField(serializers.Field):
    """Money as {"amount", "currency"} or as an amount alone; the value is (amount, currency or None)."""

    def to_internal_value(self, data: Any) -> tuple[str, str | None]:
        amount, currency = (data.get("amount"), data.get("currency")) if isinstance(data, dict) else (data, None)
        if isinstance(data, dict) and (unknown := unknown_fields(data, ("amount", "currency"))):
            raise serializers.ValidationError(unknown)
        if currency is not None and not (isinstance(currency, str) and currency in EXPONENTS):
            raise serializers.ValidationError("The currency is one of ISO 4217, in three capital letters.")
        if isinstance(amount, int | float) and not isinstance(amount, bool):
            amount = f"{Decimal(str(amount)):f}" if abs(amount) < 10**10 else ""
            amount = amount.removesuffix(".0")
        if not isinstance(amount, str) or not AMOUNT.fullmatch(amount):
            raise serializers.ValidationError('Give an amount such as "180.00".')
        return amount, currency


def price_in(amount: tuple[str, str | None], currency: str) -> Money:
    """The price, in `currency` where it named none; raises ValidationError for too many decimals, nothing, or too much."""
    try:
        return _price(amount, currency)
    except InvalidAmount as error:
        raise serializers.ValidationError({"price": [str(error)]}) from None


def _price(amount: tuple[str, str | None], currency: str) -> Money:
    money = Money.parse(amount[0], amount[1] or currency)
    if money.minor == 0:
        raise InvalidAmount("A price must be above zero.")
    return money


def price_faults(values: Mapping[str, Any], currency: str | None, field: str = "price") -> Faults:
    """What is wrong with a price that was read, in this currency where it named none; {} without a price or a currency."""
    price = values.get(field)
    if not price or not (price[1] or currency):
        return {}
    try:
        _price(price, str(currency))
    except InvalidAmount as error:
        return {field: [str(error)]}
    return {}


def page_serializer(
    serializer: type[serializers.Serializer], name: str, about: str = "", **beside: serializers.Field
) -> type[serializers.Serializer]:
    """The shape of one page of a list; `name` and `about` are the component's, `beside` are fields beside the list."""
    return type(
        f"{name}Serializer",
        (serializers.Serializer,),
        {
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": serializer(many=True),
            **beside,
            "__doc__": about or None,
        },
    )
