"""Pairs that members look for: what of other closets and of reported restocks matches, and telling them when it comes.

A match is of the wanted sneaker, in one of the wanted sizes (any, where none is named). A pair for trade is worn no more than
wanted; it has no price. A restock costs no more than wanted, where its price is known and in the same currency.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from community.closet.facts import visible_to
from community.closet.models import Pair, Visibility
from community.notifications import telling
from community.notifications.models import Telling
from community.notifications.telling import Audience, Later
from community.people import relations
from community.people.models import Member
from community.pricing.condition import Condition
from community.restocks.models import Restock
from community.wants.models import Want
from drops.catalogue.facts import sneaker_summary
from dropshop.core.clock import iso
from dropshop.core.money import Money

MATCHES_SHOWN = 6  # pairs, and restocks, of each want


class Matches(NamedTuple):
    """What a want found, the newest first."""

    pairs: list[Pair]
    restocks: list[Restock]


def money_of(want: Want) -> Money | None:
    """The most the member would pay."""
    return None if want.highest_price is None else Money(want.highest_price, want.currency)


def _in_reach(price: Any, currency: Any) -> Q:
    """The wants (as seen from a restock) that would pay this."""
    return Q(highest_price=None) | ~Q(currency=currency) | Q(highest_price__gte=price)


def matches_of(wants: Iterable[Want], *, viewer: Member) -> dict[UUID, Matches]:
    """For each of the viewer's wants what matches it now, at most six of each; in as many statements for one as for many."""
    wants = list(wants)
    mine = Want.objects.filter(pk__in=[want.pk for want in wants], sneaker=OuterRef("sneaker"))
    pairs = visible_to(viewer).exclude(owner=viewer).filter(for_trade=True, promised_in=None)
    pairs = pairs.filter(
        Exists(mine.filter(Q(sizes=[]) | Q(sizes__contains=[OuterRef("size")]), worst_condition__lte=OuterRef("condition")))
    )
    restocks = Restock.objects.filter(status__in=Restock.OPEN, hidden=False).exclude(reporter__in=relations.hidden_from(viewer))
    restocks = restocks.filter(
        Q(sizes=[]) | Exists(mine.filter(Q(sizes=[]) | Q(sizes__overlap=OuterRef("sizes")))),
        Q(price=None) | Exists(mine.filter(_in_reach(OuterRef("price"), OuterRef("currency")))),
        Exists(mine),
    )
    found_pairs = _newest_of_each(pairs.select_related("owner", "sneaker"))
    found_restocks = _newest_of_each(restocks.select_related("store", "sneaker"))
    return {want.pk: Matches(found_pairs[want.sneaker_id], found_restocks[want.sneaker_id]) for want in wants}


def _newest_of_each(things: QuerySet[Any]) -> dict[UUID, list[Any]]:
    """By sneaker; a member has one want of each."""
    place = Window(RowNumber(), partition_by=F("sneaker"), order_by=(F("created_at").desc(), F("id").desc()))
    found: dict[UUID, list[Any]] = defaultdict(list)
    for thing in things.annotate(place=place).filter(place__lte=MATCHES_SHOWN).order_by("-created_at", "-id"):
        found[thing.sneaker_id].append(thing)
    return found


def notice_matches_of_restock(restock: Restock) -> None:
    """The members whose want this report matches will be told; each once.

    Members who must not see its reporter, or whom the reporter must not see, are left out. Call it in the transaction of the
    report.
    """
    telling.of_restock(restock.pk, telling.What.WANTED)


def notice_matches_of_pairs(pairs: Sequence[Pair]) -> None:
    """The members whose want one of these pairs matches will be told; each once for each pair.

    Of pairs that members see and that are for trade; members who must not see its owner, or whom the owner must not see, are
    left out. Call it in the transaction of the change.
    """
    wanted = set(Want.objects.filter(sneaker__in={pair.sneaker_id for pair in pairs}).values_list("sneaker", flat=True))
    for pair in pairs:
        if pair.sneaker_id in wanted and _is_offered(pair):
            telling.of_pair(pair.pk, telling.What.WANTED)


def _is_offered(pair: Pair) -> bool:
    return pair.for_trade and not pair.hidden and pair.removed_at is None


def lock_pair(pk: UUID) -> Pair | None:
    """The pair, locked, so that its owner who leaves finds every notice that names them; None where somebody changes it now."""
    free = Pair.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    return free.select_related("sneaker", "owner").filter(pk=pk).first()


def audience(noted: Telling) -> Audience | None:
    """The members who want it, as long as it is available. Raises Later where somebody changes the pair now."""
    restock, pair = noted.restock, None if noted.pair_id is None else lock_pair(noted.pair_id)
    if noted.pair_id is not None and pair is None:
        raise Later
    if restock is not None and not restock.hidden and restock.status in Restock.OPEN:
        size = Q(sizes=[]) | Q(sizes__overlap=restock.sizes) if restock.sizes else Q()
        price = Q() if restock.price is None else _in_reach(restock.price, restock.currency)
        sizes = f" in {', '.join(restock.sizes)}" if restock.sizes else ""
        costs = f" for {restock.money}" if restock.money else ""
        text = f"One of your wants: {restock.sneaker}{sizes} is reported at {restock.store}{costs}."
        return _wanting(restock, Q(size, price), restock.reporter, cause=f"restock:{restock.pk}", text=text)
    if pair is not None and _is_offered(pair) and pair.visibility != Visibility.PRIVATE:
        fits = Q(Q(sizes=[]) | Q(sizes__contains=[pair.size]), worst_condition__lte=pair.condition)
        text = f"One of your wants: {pair.owner.username} offers {pair.sneaker} in {pair.size} for trade."
        return _wanting(pair, fits, pair.owner, cause=f"pair:{pair.pk}", text=text)
    return None


def _wanting(thing: Restock | Pair, fits: Q, author: Member | None, *, cause: str, text: str) -> Audience:
    wants = Want.objects.filter(fits, sneaker=thing.sneaker_id, member__is_active=True)
    if author is not None:
        wants = wants.exclude(member=author).exclude(member__in=relations.hidden_of(author))

    def members(after: UUID | None, most: int) -> list[UUID]:
        rows = wants if after is None else wants.filter(member__gt=after)
        return list(rows.order_by("member_id").values_list("member_id", flat=True)[:most])

    return Audience(members, "want", cause, text, thing.get_absolute_url())


def want_facts(wants: Iterable[Want], *, viewer: Member) -> list[dict[str, Any]]:
    """The wants as the API tells them to who has them, with what matches now."""
    wants = list(wants)
    matches = matches_of(wants, viewer=viewer)
    return [_describe(want, matches[want.pk]) for want in wants]


def _describe(want: Want, matches: Matches) -> dict[str, Any]:
    price = money_of(want)
    found = [("pair", thing) for thing in matches.pairs] + [("restock", thing) for thing in matches.restocks]
    return {
        "id": str(want.pk),
        "sneaker": sneaker_summary(want.sneaker),
        "sizes": want.sizes,
        "worst_condition": Condition(want.worst_condition).name.lower(),
        "highest_price": price.facts if price else None,
        "matches": [{"kind": kind, "id": str(thing.pk), "url": thing.get_absolute_url()} for kind, thing in found],
        "created_at": iso(want.created_at),
    }
