"""Writing e-mails about notices into the outbox: those that are due, some members at a time.

Members' rows are locked while their e-mails are written, so of two sweeps one writes; and the day's digest is written under a
cause that the database takes once. The e-mails are stored in the transaction that takes their notices off the list: a sweep
that is killed has done both or neither.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic as steady
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min, Window
from django.db.models.functions import RowNumber

from community.notice_emails.choices import confirmed, times_of_each, ways_of_each
from community.notice_emails.models import WaitingNotice
from community.notice_emails.standing import standing
from community.notice_emails.times import Times, is_digest_hour, local_day, next_digest, quiet_end
from community.notice_emails.unsubscribing import DAILY, unsubscribe_path
from community.notifications.models import Notice
from community.people.models import Member
from dropshop.core.clock import database_time
from dropshop.core.notice_groups import Way, group_of, groups
from dropshop.core.outbox.models import Email
from dropshop.core.outbox.write import SealedEmail, prepare, write_each
from dropshop.core.text import counted
from dropshop.core.transactions import retrying

SWEEP_SECONDS, MAX_MEMBERS = 5, 5000  # of one run: other tasks wait for it, and the next one goes on
AT_A_TIME = 50  # members: what is asked of the database is asked once for all of them
MAX_NOTICES = 500  # of one member in one run; more wait for the next
MAX_LINES = 20  # of one e-mail; of the others it says how many there are
PAUSE = timedelta(hours=1)  # until the next look, where the member has had enough e-mails for a day, or something failed
log = structlog.get_logger(__name__)


class Mailing(NamedTuple):
    """What becomes of the notices of one member that are due: e-mails at once by group, the daily one, and what waits on."""

    at_once: dict[str, list[Notice]]
    daily: list[Notice]
    later: dict[datetime, list[Notice]]


def sweep() -> int:
    """Writes what is due, who has waited longest first; how many e-mails those were. Safe when run twice at once."""
    end, written = steady() + SWEEP_SECONDS, 0
    due = WaitingNotice.objects.filter(due_at__lte=database_time()).values("member").annotate(first=Min("due_at"))
    pks = [*due.order_by("first", "member").values_list("member", flat=True)[:MAX_MEMBERS]]
    for start in range(0, len(pks), AT_A_TIME):
        if steady() >= end:
            break
        written += _write_some(pks[start : start + AT_A_TIME])
    return written


def _write_some(pks: Sequence[UUID]) -> int:
    """Where it fails for one of the members, whatever it is, each is tried alone: the others do not wait for that one."""
    try:
        return write_due(pks)
    except Exception:  # one member's fault; where the database is away, what follows says so and ends the sweep
        if len(pks) > 1:
            return sum(_write_some([pk]) for pk in pks)
        log.exception("notices could not be written about", member=str(pks[0]))
        WaitingNotice.objects.filter(member__in=pks).update(due_at=database_time() + PAUSE)
    return 0


@retrying
def write_due(pks: Collection[UUID]) -> int:
    """Writes the e-mails of these members that are due; how many. Members whom another sweep is at are left to it."""
    with transaction.atomic():
        # Nobody is waited for, so that the order in which members are locked is free.
        members = [*Member.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=pks)]
        moment = database_time()
        notices, times = _due(members, moment), times_of_each(members)
        mailings = _mailings(notices, times, moment)
        digests = {
            member: _digest(member, each.daily, times[member], moment) for member, each in mailings.items() if each.daily
        }
        new = write_each([*_at_once(mailings, moment), *digests.values()])
        for member, digest in digests.items():
            if digest.id not in new:  # the day's is written already: what came after it waits for tomorrow's
                mailings[member].later[next_digest(moment, times[member])] += mailings[member].daily
        _take_off(notices, mailings)
    return len(new)


def _due(members: Collection[Member], moment: datetime) -> dict[Member, list[Notice]]:
    place = Window(RowNumber(), partition_by="member", order_by=("notice__created_at", "notice"))
    due = WaitingNotice.objects.filter(member__in=members, due_at__lte=moment).select_related("notice")
    notices = defaultdict[UUID, list[Notice]](list)
    for waiting in due.annotate(place=place).filter(place__lte=MAX_NOTICES).order_by("place"):
        notices[waiting.member_id].append(waiting.notice)
    return {member: notices[member.pk] for member in members}


def _mailings(
    notices: Mapping[Member, Iterable[Notice]], times: Mapping[Member, Times], moment: datetime
) -> dict[Member, Mailing]:
    """For those of the members who may be written to."""
    told = confirmed([member for member in notices if member.is_active])
    unread = {member: [notice for notice in notices[member] if notice.read_at is None] for member in told}
    ways = ways_of_each(told)
    return {member: _sorted(theirs, ways[member], times[member], moment) for member, theirs in standing(unread).items()}


def _sorted(notices: Iterable[Notice], ways: dict[str, Way], times: Times, moment: datetime) -> Mailing:
    """Each notice in its place, by what the member has chosen; those of a group that is off in none."""
    mailing = Mailing(defaultdict(list), [], defaultdict(list))
    quiet = quiet_end(moment, times)
    for notice in notices:
        group = group_of(notice.kind)
        match ways.get(group, Way.OFF):
            case Way.AT_ONCE if quiet:
                mailing.later[quiet].append(notice)
            case Way.AT_ONCE:
                mailing.at_once[group].append(notice)
            case Way.DAILY:
                at = next_digest(notice.created_at, times)
                if at <= moment and (quiet is None or is_digest_hour(moment, times)):
                    mailing.daily.append(notice)
                else:
                    mailing.later[next_digest(max(moment, notice.created_at), times)].append(notice)
    return mailing


def _at_once(mailings: Mapping[Member, Mailing], moment: datetime) -> list[SealedEmail]:
    """One e-mail for each group; what is more than a member gets in a day waits on."""
    told = [member for member, mailing in mailings.items() if mailing.at_once]
    lately = Email.objects.filter(member__in=told, kind=Email.NOTICES, created_at__gt=moment - timedelta(days=1))
    counts = dict(lately.order_by().values_list("member").annotate(Count("pk")))
    emails = []
    for member in told:
        mailing = mailings[member]
        for number, (group, notices) in enumerate(mailing.at_once.items(), counts.get(member.pk, 0)):
            if number < settings.NOTICE_EMAILS_PER_DAY:
                context = _context(member, notices, groups[group].title, of=group)
                emails.append(prepare(Email.NOTICES, f"notice:{notices[0].pk}", to=member.email, member=member.pk, **context))
            else:
                mailing.later[moment + PAUSE] += notices
    return emails


def _digest(member: Member, notices: list[Notice], times: Times, moment: datetime) -> SealedEmail:
    """The e-mail of the member's day."""
    context = _context(member, notices, "Your day at dropshop", of=DAILY)
    day = local_day(moment, times)
    return prepare(Email.DIGEST, f"digest:{member.pk}:{day}", to=member.email, member=member.pk, **context)


def _context(member: Member, notices: list[Notice], title: str, *, of: str) -> dict[str, Any]:
    """What the templates are filled with, the newest notice first."""
    newest = notices[::-1]
    return {
        "title": title,
        "subject": newest[0].text if len(newest) == 1 else f"{title}: {counted(len(newest), 'notice')}",
        "notices": [{"text": notice.text, "path": notice.url} for notice in newest[:MAX_LINES]],
        "more": max(0, len(newest) - MAX_LINES),
        "unsubscribe": unsubscribe_path(member, of),
    }


def _take_off(notices: Mapping[Member, list[Notice]], mailings: Mapping[Member, Mailing]) -> None:
    """These notices do not wait any more, except those that are looked at later."""
    later = defaultdict[datetime, set[UUID]](set)
    for mailing in mailings.values():
        for moment, waiting in mailing.later.items():
            later[moment] |= {notice.pk for notice in waiting}
    for moment, pks in later.items():
        WaitingNotice.objects.filter(pk__among=[*pks]).update(due_at=moment)
    done = {notice.pk for theirs in notices.values() for notice in theirs}.difference(*later.values())
    WaitingNotice.objects.filter(pk__among=[*done]).delete()
