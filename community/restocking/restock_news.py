"""Who hears of a report, and of what becomes of it: every watching screen, its reporter, and who follows such things."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Q

from community.models import Follow, Restock
from community.restocking.restock_facts import restock_facts
from community.restocking.restock_words import restock_words
from community.talk import notices
from dropshop.live import publish_on_commit

VERDICTS = {
    Restock.Status.CONFIRMED: "Confirmed: you reported {what}. Thank you.",
    Restock.Status.DISPUTED: "Disputed: others did not find {what}. Points that came of your report are taken back.",
    Restock.Status.GONE: "Gone: {what}, which you reported, is sold out there.",
}


def show(restock: Restock) -> None:
    """Every screen that watches the feed learns how the report stands now; of a hidden one, only that it is to go.

    `author_id` keeps it from the screens of those who must not see its reporter: they read the page, without the name.
    """
    facts: dict[str, Any] = {"id": str(restock.pk), "hidden": True}
    if not restock.hidden:
        (facts,) = restock_facts([restock])
        facts |= {"tint": restock.sneaker.tint, "words": restock_words(facts)}
    author = str(restock.reporter_id) if restock.reporter_id else None
    publish_on_commit({"type": "restock-updated", "author_id": author, **facts})


def tell_followers(restock: Restock, sizes: Collection[str], *, confirmed: bool = False) -> None:
    """A notice for those who follow its store, or its sneaker in one of these sizes: for a report once, confirmed once more."""
    word, kind = ("Confirmed", "restock-confirmed") if confirmed else ("Reported", "restock-reported")
    price = f", {restock.money}" if restock.money else ""
    named = f", size {', '.join(sizes)}" if sizes else ""
    text = f"{word}: {what(restock)}{named}{price}."
    notices.tell(followers(restock, sizes), kind, cause=f"restock:{restock.pk}", text=text, url=restock.get_absolute_url())


def tell_reporter(restock: Restock) -> None:
    """The verdict on their report, once per verdict."""
    if restock.reporter_id:
        text = VERDICTS[Restock.Status(restock.status)].format(what=what(restock))
        cause = f"restock:{restock.pk}:{restock.status}"
        notices.tell([restock.reporter_id], "restock-verdict", cause=cause, text=text, url=restock.get_absolute_url())


def followers(restock: Restock, sizes: Collection[str]) -> set[UUID]:
    """The ids of the members who follow that store, or that sneaker in one of these sizes or in all; never its reporter."""
    wanted = Q(store=restock.store_id) | Q(sneaker=restock.sneaker_id, size__in=["", *sizes])
    if not sizes:  # nobody said which: it may be anyone's
        wanted |= Q(sneaker=restock.sneaker_id)
    return set(Follow.objects.filter(wanted).values_list("follower", flat=True)) - {restock.reporter_id}


def what(restock: Restock) -> str:
    """In words: “Halden Runner at Corner Store”."""
    return f"{restock.sneaker.brand} {restock.sneaker.name} at {restock.store.name}"
