"""What API and pages tell of sneakers."""

from collections.abc import Iterable
from typing import Any

from drops.catalogue.models import Sneaker


def sneaker_summary(sneaker: Sneaker) -> dict[str, str]:
    """What names a sneaker, as the API tells it inside of other things."""
    return {
        "id": str(sneaker.pk),
        "brand": sneaker.brand,
        "name": sneaker.name,
        "style_code": sneaker.style_code,
        "colourway": sneaker.colourway,
    }


def sneaker_facts(sneakers: Iterable[Sneaker]) -> list[dict[str, Any]]:
    """The sneakers as the API describes them; prefetch their pictures."""
    return [
        {
            **sneaker_summary(sneaker),
            "description": sneaker.description,
            "release_date": sneaker.release_date.isoformat() if sneaker.release_date else None,
            "retail_price": sneaker.money.facts,
            "size_system": sneaker.size_system,
            "tint": sneaker.tint,
            "pictures": [{"url": picture.image.url, "alt": picture.alt} for picture in sneaker.pictures.all()],
        }
        for sneaker in sneakers
    ]
