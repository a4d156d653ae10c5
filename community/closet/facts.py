"""Pairs as others read them: who may see which, how they are told, and how they are looked for."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet, prefetch_related_objects

from community.closet.models import Pair, Visibility
from community.people import relations
from community.people.models import Member
from community.pricing import prices
from community.pricing.condition import Condition
from community.pricing.prices import Valuation
from drops.catalogue.facts import sneaker_summary
from drops.catalogue.search import NAMED_BY, with_words
from drops.sizes.labels import possible_labels
from dropshop.core.clock import iso
from dropshop.core.errors import DropshopError, Invalid
from dropshop.core.members import Viewer, signed_in
from reservations.models import Purchase

# The words of the API and of sheets for how worn a pair is, best first.
CONDITIONS = [(condition.name.lower(), str(condition.label)) for condition in sorted(Condition, reverse=True)]


class Promised(DropshopError):
    """The pair is promised in an accepted trade. Until that is over it stays as it is, and in the closet where it is."""

    code, status, title = "promised", 409, "This pair is promised in a trade."


def in_closet_of(member: Member) -> QuerySet[Pair]:
    """All that this member has in the closet, seen by others or not."""
    return Pair.objects.filter(owner=member, removed_at=None)


def visible_to(viewer: Viewer) -> QuerySet[Pair]:
    """All pairs in all closets that this member, or this visitor, may see; their own always."""
    pairs = Pair.objects.filter(removed_at=None)
    shown = Q(hidden=False, owner__is_active=True)
    member = signed_in(viewer)
    if member is None:
        return pairs.filter(shown, visibility=Visibility.PUBLIC)
    shown &= Q(visibility__in=[Visibility.MEMBERS, Visibility.PUBLIC]) & ~Q(owner__in=relations.hidden_from(member))
    return pairs.filter(Q(owner=member) | shown)


def described(pairs: QuerySet[Pair]) -> QuerySet[Pair]:
    """The same pairs with all that `pair_facts` and the pages tell of them, in as many statements for one as for many."""
    return pairs.select_related("owner", "sneaker", "folder").prefetch_related("pictures", "sneaker__pictures")


class PairFilter(django_filters.FilterSet):
    """What of anybody's closet is looked for."""

    search = django_filters.CharFilter(method="find")
    size = django_filters.CharFilter(method="in_size")
    condition = django_filters.ChoiceFilter(choices=CONDITIONS, method="in_condition")
    visibility = django_filters.ChoiceFilter(choices=Visibility.choices)
    for_trade = django_filters.BooleanFilter()

    def find(self, pairs: QuerySet, name: str, text: str) -> QuerySet:
        """Every word somewhere in what names the sneaker, or in the notes."""
        return with_words(pairs, text, (*(f"sneaker__{field}" for field in NAMED_BY), "notes"))

    def in_size(self, pairs: QuerySet, name: str, text: str) -> QuerySet:
        """Those in what this text may mean, whatever system their sneaker is measured in."""
        return pairs.filter(size__in=possible_labels(text))

    def in_condition(self, pairs: QuerySet, name: str, word: str) -> QuerySet:
        """Those in exactly this condition."""
        return pairs.filter(condition=Condition[word.upper()])


class OwnPairFilter(PairFilter):
    """What of my own closet is looked for: others must not learn, not even by asking, which pair is in which folder."""

    folder = django_filters.CharFilter(field_name="folder__name", lookup_expr="iexact")


def filtered(pairs: QuerySet[Pair], asked: Any, *, own: bool = False) -> QuerySet[Pair]:
    """The pairs that the query string asks for; raises Invalid for what makes no sense. `own`: they are the viewer's."""
    wanted = (OwnPairFilter if own else PairFilter)(asked, queryset=pairs)
    if not wanted.is_valid():
        raise Invalid(errors={name: [str(word) for word in words] for name, words in wanted.errors.items()})
    return wanted.qs


def pair_facts(pairs: Iterable[Pair], *, viewer: Viewer = None) -> list[dict[str, Any]]:
    """The pairs as the API tells them, in their order. What the owner paid, where it was bought and in which folder it is is
    told to the owner alone: `price`, `purchase` and `folder` are None for others.
    """
    pairs = list(pairs)
    prefetch_related_objects(pairs, "owner", "sneaker", "folder", "pictures")
    worth, bought = prices.values_of(pairs), _bought(pairs, viewer)
    return [
        _describe(pair, worth.get(pair.pk), bought, own=viewer is not None and pair.owner_id == viewer.pk) for pair in pairs
    ]


def _bought(pairs: Iterable[Pair], viewer: Viewer) -> set[UUID]:
    """The ids of the viewer's own purchases among those these pairs came from: a traded pair keeps its first owner's."""
    ids = [pair.purchase_id for pair in pairs if pair.purchase_id]
    member = signed_in(viewer)
    return set(Purchase.objects.filter(pk__in=ids, member=member).values_list("pk", flat=True)) if member else set()


def _describe(pair: Pair, worth: Valuation | None, bought: set[UUID], *, own: bool) -> dict[str, Any]:
    return {
        "id": str(pair.pk),
        "owner": pair.owner.username,
        "sneaker": sneaker_summary(pair.sneaker),
        "size": pair.size,
        "condition": Condition(pair.condition).name.lower(),
        "price": pair.money.facts if own and pair.money else None,
        "notes": pair.notes,
        "folder": pair.folder.name if own and pair.folder else None,
        "visibility": pair.visibility,
        "for_trade": pair.for_trade,
        "promised": pair.promised_in_id is not None,
        "pictures": [{"url": picture.image.url, "alt": picture.alt} for picture in pair.pictures.all()],
        "purchase": str(pair.purchase_id) if own and pair.purchase_id in bought else None,
        "value": {**worth.facts, "currency": worth.currency} if worth else None,
        "created_at": iso(pair.created_at),
        "url": pair.get_absolute_url(),
    }
