"""What a request says."""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer, ValidationError

from dropshop.core.api.serializers import Faults
from dropshop.core.errors import Invalid, field_errors


def validated(shape: BaseSerializer) -> dict[str, Any]:
    """What the request says in this shape; raises Invalid, a 400 that names every field that does not fit."""
    try:
        shape.is_valid(raise_exception=True)
    except ValidationError as error:
        raise Invalid(errors=field_errors(error.detail)) from None
    return dict(shape.validated_data)


def asked(request: Request) -> Mapping[str, Any]:
    """The parameters of the request's address, as the call's Query read them before the view began."""
    found: Mapping[str, Any] = request.parser_context.get("asked", {})
    return found


def faults_of(check: Any, *args: Any, **kwargs: Any) -> Faults:
    """What `check` finds wrong, by field, in place of the Invalid that it raises; {} where all is well."""
    try:
        check(*args, **kwargs)
    except Invalid as refusal:
        return dict(refusal.facts["errors"])
    return {}
