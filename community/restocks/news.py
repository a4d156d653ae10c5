"""Who is told of a report and of its changes: all watching screens, its reporter, the followers of its store and sneaker."""

from collections.abc import Collection
from functools import partial
from typing import Any
from uuid import UUID

from community.notifications import notices, telling
from community.notifications.models import Notice, Telling
from community.notifications.telling import Audience, What
from community.people.models import Follow
from community.restocks.facts import restock_facts
from community.restocks.models import Restock
from community.restocks.presenter import restock_words
from dropshop.core.live import publish_on_commit

VERDICTS = {
    Restock.Status.CONFIRMED: "Confirmed: you reported {what}. Thank you.",
    Restock.Status.DISPUTED: "Disputed: others did not find {what}. Points you earned for the report are taken back.",
    Restock.Status.GONE: "Gone: {what}, which you reported, is sold out there.",
}


def publish_report(restock: Restock) -> None:
    """Every screen that watches the feed learns how the report stands now; of a hidden one, only that it is to go.

    `author_id` keeps it from the screens of those who must not see its reporter: they read the page, without the name.
    """
    facts: dict[str, Any] = {"id": str(restock.pk), "hidden": True}
    if not restock.hidden:
        (facts,) = restock_facts([restock])
        facts |= {"tint": restock.sneaker.tint, "words": restock_words(facts)}
    author = str(restock.reporter_id) if restock.reporter_id else None
    publish_on_commit({"type": "restock-updated", "author_id": author, **facts})


def notify_followers(restock: Restock, sizes: Collection[str], *, confirmed: bool = False) -> None:
    """Those who follow its store, or its sneaker in one of these sizes, will hear of a report once, and confirmed once more."""
    telling.of_restock(restock.pk, What.CONFIRMED if confirmed else What.REPORTED, sizes)


def notify_reporter(restock: Restock) -> None:
    """The verdict on their report, once per verdict."""
    if restock.reporter_id:
        text = VERDICTS[Restock.Status(restock.status)].format(what=report_title(restock))
        certain = restock.certain_sizes
        if restock.status == Restock.Status.CONFIRMED and certain and len(certain) < len(restock.sizes):
            text = f"{text} So far in size {', '.join(certain)}."
        cause = f"restock:{restock.pk}:{restock.status}"
        notices.notify([restock.reporter_id], "restock-verdict", cause=cause, text=text, url=restock.get_absolute_url())


def audience(noted: Telling) -> Audience | None:
    """The followers, as long as the report stands as it did."""
    restock, confirmed = noted.restock, noted.what == What.CONFIRMED
    stands = {Restock.Status.CONFIRMED} if confirmed else set(Restock.OPEN)
    if restock is None or restock.hidden or restock.status not in stands:
        return None
    word, kind = ("Confirmed", "restock-confirmed") if confirmed else ("Reported", "restock-reported")
    price = f", {restock.money}" if restock.money else ""
    named = f", size {', '.join(noted.sizes)}" if noted.sizes else ""
    text = f"{word}: {report_title(restock)}{named}{price}."
    members = partial(followers, restock, noted.sizes)
    return Audience(members, kind, f"restock:{restock.pk}", text, restock.get_absolute_url())


def followers(restock: Restock, sizes: Collection[str], after: UUID | None, most: int) -> list[UUID]:
    """The ids of the next members who follow that store, or that sneaker in one of these sizes or in all; never its reporter.

    Of each kind of follow the next are read off an index: of both together they are among these.
    """
    of_sneaker = Follow.objects.filter(sneaker=restock.sneaker_id)
    if sizes:  # else nobody said which: it may be anyone's
        of_sneaker = of_sneaker.filter(size__in=["", *sizes])
    found: set[UUID] = set()
    for follows in (Follow.objects.filter(store=restock.store_id), of_sneaker):
        rows = follows if after is None else follows.filter(follower__gt=after)
        rows = rows.exclude(follower=restock.reporter_id) if restock.reporter_id else rows
        found |= set(rows.order_by("follower_id").values_list("follower_id", flat=True).distinct()[:most])
    return sorted(found)[:most]


def still_true(notices: dict[Notice, UUID], **_: Any) -> Collection[Notice]:
    """Of these notices about reports, by their ids, those that may still be told: a verdict always, news while it stands."""
    verdicts = [notice for notice in notices if notice.kind == "restock-verdict"]
    standing = {*Restock.objects.filter(pk__in=notices.values(), status__in=Restock.OPEN).values_list("pk", flat=True)}
    return [*verdicts, *(notice for notice, pk in notices.items() if pk in standing)]


def report_title(restock: Restock) -> str:
    """In words: “Halden Runner at Corner Store”."""
    return f"{restock.sneaker.brand} {restock.sneaker.name} at {restock.store.name}"
