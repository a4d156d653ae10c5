"""What is read from a request: every field that is wrong is named at once, and so is every field that nobody knows."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.datastructures import MultiValueDict
from rest_framework import serializers
from rest_framework.fields import SkipField, get_error_detail

from dropshop.errors import unknown_fields

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
