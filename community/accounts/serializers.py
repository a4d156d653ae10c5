"""What the calls under users/ take and give, for checking input and for the document."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from community.accounts import registration
from dropshop.core.api.serializers import Faults, Shape


class SecretField(serializers.CharField):
    """A password as it was typed: nothing is trimmed, and it is not longer than hashing is worth."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 1000, "trim_whitespace": False, "style": {"input_type": "password"}, **kwargs})


class RegisterSerializer(Shape):
    username = serializers.CharField(max_length=150, help_text="Letters, digits and @ . + - _")
    email = serializers.EmailField(max_length=254)
    password = SecretField()

    def together(self, values: dict[str, Any], sent: Mapping[str, Any]) -> Faults:
        """What is wrong with the rest where something is. Of a whole one `accounts.register` says it: it may be sent again."""
        is_whole = set(values) == set(sent) == set(self.fields)
        return {} if is_whole else registration.faults(values)


class RegisteredSerializer(serializers.Serializer):
    """Without tokens while e-mail addresses must be verified."""

    id = serializers.UUIDField()
    username = serializers.CharField()
    email = serializers.EmailField()
    access = serializers.CharField(required=False)
    refresh = serializers.CharField(required=False)


class LoginSerializer(Shape):
    """One of `username` and `email`; `username` may also hold an e-mail address."""

    username = serializers.CharField(max_length=254, required=False)
    email = serializers.CharField(max_length=254, required=False)
    password = SecretField()
    code = serializers.CharField(max_length=20, required=False, help_text="For members with a second factor.")

    def together(self, values: dict[str, Any], sent: Mapping[str, Any]) -> Faults:
        if ("username" in sent) != ("email" in sent):
            return {}
        return {"username": ["Give your username, or your e-mail address."]}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = attrs.get("username", attrs.get("email"))
        return {"identifier": named, "password": attrs["password"], "code": attrs.get("code", "")}


class TokensSerializer(serializers.Serializer):
    access = serializers.CharField(help_text="Good for 15 minutes.")
    refresh = serializers.CharField(help_text="Good for 7 days, and for one use.")


class RefreshSerializer(Shape):
    refresh = serializers.CharField(max_length=4000)
