"""Passes as the API describes them."""

from rest_framework import serializers


class PassSerializer(serializers.Serializer):
    pass_ = serializers.CharField(help_text="Travels in `X-Drop-Pass`.")
    expires_at = serializers.DateTimeField()
    server_time = serializers.DateTimeField()

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        return {"pass": fields.pop("pass_"), **fields}
