"""Telling members what concerns them: a line in their list, at once on their screens, and whatever else `deliveries` do.

A list keeps what was read for ninety days, and what is unread for two years.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Left, Now, Replace

from community.notifications.models import Notice
from community.people.models import Member
from community.people.pseudonymise import FORMER_MEMBER
from dropshop.core import pruning
from dropshop.core.clock import iso
from dropshop.core.errors import NotFound
from dropshop.core.hooks import Registry
from dropshop.core.live import publish_on_commit
from dropshop.core.sql import as_read, rows
from dropshop.core.sweeps import log_failure

MAX_COUNTED = 100  # unread notices are counted up to here: more are "99+"
RETENTION, UNREAD_RETENTION = timedelta(days=90), timedelta(days=730)  # read ones, since then; and others

# What is stored with new notices, all of one kind and in their transaction: what must not be lost, as an e-mail that is due.
stored: Registry[Callable[[Sequence[Notice]], object]] = Registry("community.notifications.stored")
# What else happens with a new notice, after the commit: a push. Each gets the notice; none may raise.
deliveries: Registry[Callable[[Notice], None]] = Registry("community.notifications.deliveries")


def notify(members: Iterable[Any], kind: str, *, cause: str, text: str, url: str = "") -> list[Notice]:
    """A notice for each of these members (given by their ids); for one cause each is told once, whoever asks how often.

    `cause` is what happened ("restock:<id>"), `text` one sentence, `url` where it leads. Call it inside the operation's
    transaction: the notice is stored exactly when the operation is.
    """
    wanted = [Notice(member_id=pk, kind=kind, cause=cause, text=text[:300], url=url) for pk in dict.fromkeys(members)]
    if not wanted:
        return []
    with transaction.atomic():
        new = _stored(wanted)
        _publish(new)
    return new


# By hand: a crowd is told at once, and each notice as a model would cost several times what PostgreSQL needs for it.
INSERT_EACH = """
INSERT INTO {notice} (id, member_id, kind, cause, text, url)
SELECT new.id, new.member, %(kind)s, new.cause, new.text, new.url
  FROM unnest(%(ids)s::uuid[], %(members)s::uuid[], %(causes)s::text[], %(texts)s::text[], %(urls)s::text[])
       AS new(id, member, cause, text, url)
ON CONFLICT DO NOTHING
RETURNING id, member_id, cause, text, url, created_at
"""


def notify_each(kind: str, told: Sequence[tuple[UUID, str, str, str]]) -> None:
    """`notify` where each is told something else: (member, cause, text, address). As many statements for many as for one."""
    if not told:
        return
    members, causes, texts, urls = (list(column) for column in zip(*told, strict=True))
    given = {"members": members, "causes": causes, "texts": [text[:300] for text in texts], "urls": urls}
    names = ("id", "member_id", "cause", "text", "url", "created_at")
    with transaction.atomic():
        inserted = rows(INSERT_EACH, kind=kind, ids=[uuid4() for _ in told], **given)
        new = [as_read(Notice, kind=kind, **dict(zip(names, row, strict=True))) for row in inserted]
        for store in stored:
            store(new)
        _publish(new)


def _publish(new: list[Notice]) -> None:
    """After the commit, their members' screens and the `deliveries` hear of them."""
    publish_on_commit(*({"type": "notification", "to": str(notice.member_id), **notice_facts(notice)} for notice in new))
    transaction.on_commit(lambda: _hand_on(new))


def write_down(member: UUID, kind: str, *, cause: str, text: str, url: str = "") -> dict[str, Any] | None:
    """`notify` for one member by a caller who tells the screens: what they are to be told after the commit, None where that was
    told before."""
    with transaction.atomic():
        new = _stored([Notice(member_id=member, kind=kind, cause=cause, text=text[:300], url=url)])
        transaction.on_commit(lambda: _hand_on(new))
    return notice_facts(new[0]) if new else None


def _stored(wanted: list[Notice]) -> list[Notice]:
    """Those of the notices that their members have not been told before."""
    Notice.objects.bulk_create(wanted, ignore_conflicts=True)
    # Of a conflict's row the database keeps its own id: what has ours is new.
    new = list(Notice.objects.filter(pk__in=[notice.pk for notice in wanted]))
    for store in stored:
        store(new)
    return new


def _hand_on(new: list[Notice]) -> None:
    """Not left to `on_commit(robust=True)`: that fails itself where it logs what a partial has raised."""
    for notice in new:
        for deliver in deliveries:
            with log_failure("a notice could not be handed on", to=repr(deliver)):
                deliver(notice)


def unread(member: Member) -> int:
    """How many notices the member has not read, counted up to 100; one statement on an index of the unread."""
    return Notice.objects.filter(member=member, read_at=None)[:MAX_COUNTED].count()


def newest_first(member: Member, *, older_than: Notice | None = None) -> QuerySet[Notice]:
    """The member's notices; `older_than` is where the page before ended."""
    notices = Notice.objects.filter(member=member).order_by("-created_at", "-id")
    if older_than is not None:
        at, pk = older_than.created_at, older_than.pk
        notices = notices.filter(Q(created_at__lt=at) | Q(id__lt=pk), created_at__lte=at)
    return notices


def read(notice_id: UUID, *, member: Member) -> Notice:
    """The member's notice, which is read from now on. Raises NotFound, for somebody else's too."""
    with transaction.atomic():
        changed = Notice.objects.filter(pk=notice_id, member=member, read_at=None).update(read_at=Now())
        notice = Notice.objects.filter(pk=notice_id, member=member).first()
        if notice is None:
            raise NotFound("You have no such notice.")
        if changed:
            _publish_unread(member)
    return notice


def read_all(member: Member) -> int:
    """All the member has is read from now on; how many were not."""
    with transaction.atomic():
        changed = Notice.objects.filter(member=member, read_at=None).update(read_at=Now())
        if changed:
            _publish_unread(member)
    return changed


def forget_read(before: datetime) -> int:
    """Forgets what was read before this moment; how many notices that were."""
    return pruning.prune(read_before(before))


def forget_unread(before: datetime) -> int:
    """Forgets what was written before this moment and never read; how many notices that were."""
    return pruning.prune(unread_before(before))


def read_before(moment: datetime) -> QuerySet[Notice]:
    """Off an index of its own."""
    return Notice.objects.filter(read_at__lt=moment).order_by("read_at")


def unread_before(moment: datetime) -> QuerySet[Notice]:
    """Off an index of its own."""
    return Notice.objects.filter(read_at=None, created_at__lt=moment).order_by("created_at")


def remove_name(member: Member, *, causes: Iterable[str]) -> None:
    """Replaces the name of a member who leaves in the notices with these causes. Other notices stay as they are, even where
    they say the same word: a member may be named “trade”.
    """
    without = Replace("text", Value(member.username), Value(FORMER_MEMBER))
    Notice.objects.filter(cause__in=[*causes]).update(
        text=Left(without, Value(Notice._meta.get_field("text").max_length)),
        url=Replace("url", Value(f"/members/{member.username}/"), Value("")),
    )


def _publish_unread(member: Member) -> None:
    """Updates the notices on the member's open screens."""
    publish_on_commit({"type": "notices-read", "to": str(member.pk), "unread": unread(member)})


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
