"""What staff see first."""

from typing import Any

from django import template
from django.db.models import Sum

from drops.admin.stock import address_of_drop, meter
from drops.models import Drop, Phase

register = template.Library()
DROPS_SHOWN = 8  # rows


@register.inclusion_tag("admin/drops/_now.html")
def drops_now() -> dict[str, Any]:
    """The drops that are open and those that come next, with their stock."""
    sums = {name: Sum(f"sizes__{name}", default=0) for name in ("total", "available", "reserved", "sold")}
    drops = (
        Drop.objects.in_phase(Phase.LIVE, Phase.SOLD_OUT, Phase.UPCOMING).annotate(**sums).order_by("starts_at")[:DROPS_SHOWN]
    )
    return {"rows": [(drop, meter(drop, address=address_of_drop(drop))) for drop in drops]}
