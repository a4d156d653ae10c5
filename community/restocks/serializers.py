"""What the calls about restocks and stores take and give, for checking input and for the document."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from community.restocks import reports as restocks
from community.restocks.models import Restock
from community.stores.find import find_store
from community.stores.models import Store
from community.stores.serializers import StoreSummarySerializer
from drops.catalogue.serializers import SneakerField, SneakerSummarySerializer
from dropshop.core.api.paging import PageQuery
from dropshop.core.api.serializers import Faults, MoneyField, MoneySerializer, Shape, page_serializer, price_faults
from dropshop.core.api.validation import faults_of


class RecordSerializer(serializers.Serializer):
    """How the reporter's reports have fared so far."""

    reports = serializers.IntegerField(min_value=0)
    confirmed = serializers.IntegerField(min_value=0)
    disputed = serializers.IntegerField(min_value=0)


class ReporterSerializer(serializers.Serializer):
    username = serializers.CharField(allow_null=True, help_text="Null for former members, and for members you cannot see.")
    record = RecordSerializer()


class ReportingSourceSerializer(serializers.Serializer):
    """A store's own feed that the shop reads."""

    id = serializers.UUIDField()
    kind = serializers.CharField()


class RestockSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    store = StoreSummarySerializer()
    sneaker = SneakerSummarySerializer()
    sizes = serializers.ListField(child=serializers.CharField(), help_text="Empty where a feed did not say.")
    confirmed_sizes = serializers.ListField(
        child=serializers.CharField(), help_text="Those of `sizes` that enough members, staff or the store's feed confirmed."
    )
    price = MoneySerializer(allow_null=True)
    link = serializers.CharField(allow_blank=True)
    picture = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(Restock.Status.choices)
    reporter = ReporterSerializer(allow_null=True, help_text="Null where a feed reported; then there is a `source`.")
    source = ReportingSourceSerializer(allow_null=True)  # type: ignore[assignment]  # the contract's word, and DRF's own
    confirmations = serializers.IntegerField(min_value=0)
    disputes = serializers.IntegerField(min_value=0)
    created_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField(help_text="Its page.")


class ReportedSerializer(serializers.Serializer):
    restock = RestockSerializer()


class ReportSerializer(Shape):
    """Who reports is who calls, and a report begins as reported."""

    store = serializers.CharField(max_length=80, help_text="Its id or slug.")
    sneaker = SneakerField()
    sizes = serializers.ListField(child=serializers.CharField(max_length=20), allow_empty=False, max_length=40)
    price = MoneyField(required=False)
    link = serializers.URLField(max_length=500, required=False, allow_blank=True, help_text="For levels that may post links.")
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)

    def validate_store(self, name: str) -> Store:
        store = find_store(name)
        if store is None:
            raise serializers.ValidationError("There is no such store.")
        return store

    def together(self, values: dict[str, Any], sent: Mapping[str, Any]) -> Faults:
        sneaker = values.get("sneaker")
        if sneaker is None or "sizes" not in values:
            return {}
        link, member = values.get("link", ""), self.context["member"]
        faults = price_faults(values, sneaker.currency)
        return faults | faults_of(restocks.checked, values["sizes"], sneaker, link=link, member=member)


class SeenSizesSerializer(Shape):
    sizes = serializers.ListField(
        child=serializers.CharField(max_length=20),
        required=False,
        allow_empty=False,
        max_length=40,
        help_text="Those of the report's that you saw; left out: all of them.",
    )


class RestockQuery(PageQuery):
    status = serializers.ChoiceField(Restock.Status.choices, required=False, help_text="Only these.")
    store = serializers.CharField(max_length=80, required=False, help_text="Its id or slug.")
    sneaker = serializers.UUIDField(required=False, help_text="Its id.")
    size = serializers.CharField(max_length=20, required=False, help_text="Reports that name this size.")


RestockPage = page_serializer(RestockSerializer, "RestockPage")
