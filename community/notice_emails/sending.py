"""Writing e-mails about notices into the outbox: those that are due, a member at a time.

A member's row is locked while their e-mails are written, so of two sweeps one writes; and the day's digest is written under a
cause that the database takes once. The e-mails are stored in the transaction that takes their notices off the list.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from time import monotonic as steady
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Min

from community.notice_emails.choices import is_confirmed, times_of, ways_of
from community.notice_emails.models import WaitingNotice
from community.notice_emails.standing import standing
from community.notice_emails.times import Times, is_digest_hour, local_day, next_digest, quiet_end
from community.notice_emails.unsubscribing import DAILY, unsubscribe_path
from community.notifications.models import Notice
from community.people.models import Member
from dropshop.core.clock import database_time
from dropshop.core.notice_groups import Way, group_of, groups
from dropshop.core.outbox.models import Email
from dropshop.core.outbox.write import write
from dropshop.core.text import counted
from dropshop.core.transactions import retrying

SWEEP_SECONDS, MAX_MEMBERS = 5, 1000  # of one run: other tasks wait for it, and the next one goes on
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
    for pk in due.order_by("first", "member").values_list("member", flat=True)[:MAX_MEMBERS]:
        if steady() >= end:
            break
        try:
            written += write_due(pk)
        except Exception:  # of one member's notices, whatever it is: the other members do not wait for it
            log.exception("notices could not be written about", member=str(pk))
            WaitingNotice.objects.filter(member=pk).update(due_at=database_time() + PAUSE)
    return written


@retrying
def write_due(member_id: UUID) -> int:
    """Writes this member's e-mails that are due; how many; 0 where another sweep is at it."""
    with transaction.atomic():
        member = Member.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=member_id).first()
        if member is None:
            return 0
        moment = database_time()
        due = WaitingNotice.objects.filter(member=member, due_at__lte=moment).select_related("notice")
        notices = [waiting.notice for waiting in due.order_by("notice__created_at", "notice")[:MAX_NOTICES]]
        mailing, times = Mailing({}, [], {}), times_of(member)
        if member.is_active and is_confirmed(member):
            unread = [notice for notice in notices if notice.read_at is None]
            mailing = _sorted(standing(unread, member), ways_of(member), times, moment)
        written = _write_at_once(member, mailing, moment) + _write_digest(member, mailing, times, moment)
        _take_off(notices, mailing.later)
    return written


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


def _write_at_once(member: Member, mailing: Mailing, moment: datetime) -> int:
    """One e-mail for each group; what is more than the member gets in a day waits on."""
    if not mailing.at_once:
        return 0
    lately = member.emails.filter(kind=Email.NOTICES, created_at__gt=moment - timedelta(days=1)).count()
    written = 0
    for group, notices in mailing.at_once.items():
        if lately + written >= settings.NOTICE_EMAILS_PER_DAY:
            mailing.later[moment + PAUSE] += notices
            continue
        context = _context(member, notices, groups[group].title, of=group)
        written += write(Email.NOTICES, f"notice:{notices[0].pk}", to=member.email, member=member.pk, **context)
    return written


def _write_digest(member: Member, mailing: Mailing, times: Times, moment: datetime) -> int:
    """The daily e-mail, unless there is nothing to tell; what comes after today's waits for tomorrow's."""
    if not mailing.daily:
        return 0
    day = local_day(moment, times)
    context = _context(member, mailing.daily, "Your day at dropshop", of=DAILY)
    written = write(Email.DIGEST, f"digest:{member.pk}:{day}", to=member.email, member=member.pk, **context)
    if not written:
        mailing.later[next_digest(moment, times)] += mailing.daily
    return int(written)


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


def _take_off(notices: list[Notice], later: dict[datetime, list[Notice]]) -> None:
    """These notices do not wait any more, except those that are looked at later."""
    for moment, waiting in later.items():
        WaitingNotice.objects.filter(notice__in=waiting).update(due_at=moment)
    kept = {notice.pk for waiting in later.values() for notice in waiting}
    WaitingNotice.objects.filter(notice__in=[notice.pk for notice in notices if notice.pk not in kept]).delete()
