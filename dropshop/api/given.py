"""What a request says."""

from typing import Any

from rest_framework.serializers import BaseSerializer


def given(shape: BaseSerializer) -> dict[str, Any]:
    """What the request says in this shape; raises ValidationError, a 400 that names the fields, where it does not fit."""
    shape.is_valid(raise_exception=True)
    return dict(shape.validated_data)
