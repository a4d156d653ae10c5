"""Reporting that a store has a sneaker. One report per store and sneaker is open; whoever reports the same joins it.

What becomes of a report is decided in `verdicts`. Lock order: the restock, then karma accounts last of all.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.validators import URLValidator
from django.db import transaction

from community.feed import items
from community.karma import ledger
from community.karma.models import KarmaLevel
from community.people import relations
from community.people.models import Member
from community.restocks import hooks, news, votes
from community.restocks.models import Restock, RestockVote
from community.stores.models import Store
from drops.models import Sneaker
from drops.sizes.labels import in_order, size_labels
from dropshop.core.clock import database_time
from dropshop.core.errors import ConcurrentUpdate, DropshopError, Invalid
from dropshop.core.money import Money
from dropshop.core.text import clean_text
from dropshop.core.transactions import retrying

MAX_SIZES = 40  # of one report
MAX_ATTEMPTS = 5
Status = Restock.Status
is_link = URLValidator(schemes=["http", "https"])


class ReportingSource(Protocol):
    """A store's feed, which stands above the reports that come of it."""

    @property
    def pk(self) -> Any: ...
    @property
    def store(self) -> Store: ...


class ReportResult(NamedTuple):
    """The open report on this store and sneaker, and whether this call made it."""

    restock: Restock
    created: bool


@retrying
def report(
    store: Store,
    sneaker: Sneaker,
    *,
    member: Member,
    sizes: Iterable[str],
    price: Money | None = None,
    link: str = "",
    note: str = "",
    picture: ContentFile | None = None,
) -> ReportResult:
    """The member saw these sizes there. Where a report on it is open, theirs joins it and confirms it, if they are independent.

    `picture` comes from `dropshop.core.pictures.reencode`. Of a report that joins, only the sizes are kept.
    Raises Invalid, Forbidden.
    """
    wanted, note = checked(sizes, sneaker, link=link, member=member), clean_text(note, limit=500, field="note", required=False)
    with transaction.atomic():
        relations.lock_writer(member)
        mine = Restock(store=store, sneaker=sneaker, reporter=member, sizes=wanted, link=link, note=note)
        mine.price, mine.currency = (price.minor, price.currency) if price else (None, sneaker.currency)
        locked, created = _open(mine)
        if created:
            if picture is not None:
                locked.picture.save("picture.webp", picture)
            items.add_item("restock", restock=locked, author=member)
            news.notify_followers(locked, wanted)
            hooks.reported.value(locked)
            news.publish_report(locked)
        else:
            _join(locked, wanted, member)
            _confirm_if_independent(locked, member, wanted)
    return ReportResult(locked, created)


@retrying
def report_from_source(
    source: ReportingSource, sneaker: Sneaker, sizes: Sequence[str], price: Money | None = None, link: str = ""
) -> ReportResult:
    """A store's own feed says so: confirmed at once, and nobody earns by it but a member who had reported it before."""
    wanted = in_order(sizes)
    with transaction.atomic():
        now = database_time()
        mine = Restock(store=source.store, sneaker=sneaker, source_id=source.pk, sizes=wanted, link=link[:500])
        mine.price, mine.currency = (price.minor, price.currency) if price else (None, sneaker.currency)
        mine.status, mine.created_at, mine.confirmed_at, mine.confirmed_sizes = Status.CONFIRMED, now, now, wanted
        locked, created = _open(mine)
        if created:
            items.add_item("restock", restock=locked)
            news.notify_followers(locked, wanted, confirmed=True)
            hooks.reported.value(locked)
            news.publish_report(locked)
        else:
            if locked.source_id is None:  # a member was first; now the feed stands for it too, and says when it is over
                locked.source_id = source.pk
                locked.save(update_fields=["source"])
            _join(locked, wanted)
            if locked.status == Status.REPORTED:
                votes.settle(locked, Status.CONFIRMED, by_the_house=True, sizes=wanted)
            elif locked.status == Status.CONFIRMED:
                votes.confirm_more(locked, wanted)
                news.publish_report(locked)
    return ReportResult(locked, created)


@retrying
def gone_from_source(source: ReportingSource, sneaker: Sneaker) -> Restock | None:
    """The store's feed no longer has it: what the feed reported or confirmed is gone. None where nothing of it was open."""
    with transaction.atomic():
        locked = lock_open(source.store, sneaker)
        if locked is None or locked.source_id != source.pk:
            return None
        return votes.settle(locked, Status.GONE, by_the_house=True)


def lock_open(store: Store, sneaker: Sneaker) -> Restock | None:
    """The open report on this store and sneaker, locked."""
    wanted = Restock.objects.filter(store=store, sneaker=sneaker, status__in=Restock.OPEN)
    return wanted.select_for_update(no_key=True).first()


def _open(mine: Restock) -> ReportResult:
    """The open report, locked; `mine` where there was none. Of two at once the index lets one in, and the other joins it."""
    for _ in range(MAX_ATTEMPTS):
        locked = lock_open(mine.store, mine.sneaker)
        if locked is not None:
            locked.store, locked.sneaker = mine.store, mine.sneaker
            return ReportResult(locked, False)
        Restock.objects.bulk_create([mine], ignore_conflicts=True)
        if found := Restock.objects.filter(pk=mine.pk).first():
            found.store, found.sneaker, found.reporter, found.source = mine.store, mine.sneaker, mine.reporter, mine.source
            return ReportResult(found, True)
    raise ConcurrentUpdate


def _join(locked: Restock, sizes: list[str], member: Member | None = None) -> None:
    """The sizes of both; who follows one of the new ones hears that it is reported. None of them is confirmed by it (R1)."""
    new = [size for size in sizes if size not in locked.sizes][: max(0, MAX_SIZES - len(locked.sizes))]
    if new:
        locked.sizes = in_order([*locked.sizes, *new])
        if member is None or member.pk != locked.reporter_id:
            locked.joined_sizes = [*(locked.joined_sizes or []), *new]
        locked.save(update_fields=["sizes", "joined_sizes"])
        news.notify_followers(locked, new)
        hooks.reported.value(locked)
        news.publish_report(locked)


def _confirm_if_independent(locked: Restock, member: Member, sizes: list[str]) -> None:
    """A report that joins another says that it is so in its own sizes; where the member may not say it, the sizes are named."""
    named = [size for size in sizes if size in locked.sizes]
    try:
        votes.speak(locked, RestockVote.Kind.CONFIRM, member=member, alone=False, sizes=named)
    except DropshopError:
        return


def checked(sizes: Iterable[str], sneaker: Sneaker, *, link: str, member: Member) -> list[str]:
    """The sizes in order; raises Invalid with what is wrong with the report, by field."""
    wanted: list[str] = []
    errors: dict[str, list[str]] = {}
    try:
        wanted = size_labels((size for size in sizes if size.strip()), sneaker, most=MAX_SIZES)
    except Invalid as refusal:
        errors |= refusal.facts["errors"]
    if not wanted and not errors:
        errors["sizes"] = ["Name at least one size."]
    if link and (wrong := _wrong_with(link, member)):
        errors["link"] = [wrong]
    if errors:
        raise Invalid(errors=errors)
    return wanted


def _wrong_with(link: str, member: Member) -> str:
    try:
        is_link(link)
    except ValidationError:
        return "Write the whole address, with https:// in front."
    return "At most 500 characters." if len(link) > 500 else why_no_links(member)


def why_no_links(member: Member) -> str:
    """Which level posts links, for a member who is not there yet; "" for one who may."""
    level = ledger.level_of(member)
    if level is not None and level.may_post_links:
        return ""
    first = KarmaLevel.objects.filter(may_post_links=True).order_by("threshold").first()
    return f"Links are open from the level {first.name} ({first.threshold} karma)." if first else "Links are not open."
