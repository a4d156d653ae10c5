"""Telling members what concerns them: a line in their list, at once on their screens, and whatever else `outlets` does."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.db import transaction

from community.models import Notice
from drops.facts import iso
from dropshop.live import publish_on_commit

# What else happens with a new notice, after the commit: an e-mail, a push. Each gets the notice; none may raise.
outlets: list[Callable[[Notice], None]] = []


def tell(members: Iterable[Any], kind: str, *, cause: str, text: str, url: str = "") -> list[Notice]:
    """A notice for each of these members (given by their ids); for one cause each is told once, whoever asks how often.

    `cause` is what happened ("restock:<id>"), `text` one sentence, `url` where it leads. Call it inside the deed's
    transaction: the notice is there exactly when the deed is.
    """
    wanted = [Notice(member_id=pk, kind=kind, cause=cause, text=text[:300], url=url) for pk in dict.fromkeys(members)]
    with transaction.atomic():
        Notice.objects.bulk_create(wanted, ignore_conflicts=True)
        # Of a conflict's row the database keeps its own id: what has ours is new.
        new = list(Notice.objects.filter(pk__in=[notice.pk for notice in wanted]))
        publish_on_commit(*({"type": "notification", "to": str(notice.member_id), **notice_facts(notice)} for notice in new))
        for notice in new:
            for outlet in outlets:
                transaction.on_commit(partial(outlet, notice), robust=True)
    return new


def notice_facts(notice: Notice) -> dict[str, Any]:
    """The notice as API and socket tell it."""
    return {
        "id": str(notice.pk),
        "kind": notice.kind,
        "text": notice.text,
        "url": notice.url,
        "created_at": iso(notice.created_at),
        "read_at": iso(notice.read_at),
    }
