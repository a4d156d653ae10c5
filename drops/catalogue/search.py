"""Sneakers found by their names."""

from django.db.models import Q, QuerySet

NAMED_BY = ("brand", "name", "style_code", "colourway")


def named_by(sneakers: QuerySet, text: str) -> QuerySet:
    """Those that have every word of the text somewhere in what names them."""
    for word in text.split()[:8]:
        sneakers = sneakers.filter(Q(*((f"{field}__icontains", word) for field in NAMED_BY), _connector=Q.OR))
    return sneakers
