"""What the API tells of saved cards."""

from typing import Any

from dropshop.core.clock import iso
from reservations.payment_methods.models import SavedMethod


def method_facts(method: SavedMethod) -> dict[str, Any]:
    """The `payment_method` of the API; the provider's token stays with us."""
    told = {
        "id": str(method.pk),
        "provider": method.provider,
        "brand": method.brand,
        "last_four": method.last_four,
        "expiry_month": method.expiry_month,
        "expiry_year": method.expiry_year,
        "status": method.status,
        "is_default": method.is_default,
        "created_at": iso(method.created_at),
    }
    if method.status == SavedMethod.Status.CONFIRMING:
        told["confirm_url"] = method.confirm_url
    if method.status == SavedMethod.Status.DECLINED:
        told["reason"] = method.note
    return told
