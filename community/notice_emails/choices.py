"""What a member has chosen about e-mails, and changing it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from community.notice_emails.models import EmailChoice, EmailTimes, WaitingNotice
from community.notice_emails.times import Times
from community.people.models import Member
from dropshop.core.errors import Invalid
from dropshop.core.members import lock_open_account
from dropshop.core.notice_groups import Way, groups
from dropshop.core.transactions import retrying


def ways_of(member: Member) -> dict[str, Way]:
    """How this member hears of each group that concerns them, in the groups' order."""
    return ways_of_each([member])[member]


def ways_of_each(members: Collection[Member]) -> dict[Member, dict[str, Way]]:
    """The same for each of these members, in one statement."""
    chosen = defaultdict[UUID, dict[str, str]](dict)
    for pk, name, way in EmailChoice.objects.filter(member__in=members).values_list("member_id", "group_name", "way"):
        chosen[pk][name] = way
    return {member: _ways(member, chosen[member.pk]) for member in members}


def _ways(member: Member, chosen: Mapping[str, str]) -> dict[str, Way]:
    ways = {}
    for name in groups.names():
        group = groups[name]
        if member.is_staff or not group.for_staff:
            ways[name] = group.way if group.is_locked else Way(chosen.get(name, group.way))
    return ways


def stored_times(member: Member) -> EmailTimes:
    """The row as it is stored; with the defaults, and not stored, for a member who has chosen nothing."""
    return EmailTimes.objects.filter(member=member).first() or EmailTimes(member=member)


def times_of(member: Member) -> Times:
    """The member's quiet hours, hour of the daily e-mail, and time zone: the shop's where they have named none."""
    return times_of_each([member])[member]


def times_of_each(members: Collection[Member]) -> dict[Member, Times]:
    """The same for each of these members, in one statement."""
    stored = EmailTimes.objects.in_bulk([member.pk for member in members])
    return {member: _times(member, stored.get(member.pk) or EmailTimes(member=member)) for member in members}


def _times(member: Member, stored: EmailTimes) -> Times:
    quiet = None
    if stored.quiet_from is not None and stored.quiet_until is not None:
        quiet = stored.quiet_from, stored.quiet_until
    return Times(ZoneInfo(zone_of(member)), quiet, stored.digest_hour)


def zone_of(member: Member) -> str:
    """The name of the time zone whose clocks count."""
    return member.time_zone or settings.TIME_ZONE


def is_confirmed(member: Member) -> bool:
    """Whether the member has confirmed the address that e-mails go to: notices go to no other."""
    return bool(confirmed([member]))


def confirmed(members: Collection[Member]) -> list[Member]:
    """Those of these members who have confirmed it."""
    theirs = EmailAddress.objects.filter(user__in=members, primary=True, verified=True, email__iexact=F("user__email"))
    known = {*theirs.values_list("user_id", flat=True)}
    return [member for member in members if member.email and member.pk in known]


@retrying
def change(member: Member, *, ways: Mapping[str, str] | None = None, **times: Any) -> None:
    """Stores how the member hears of these groups, and when e-mails come: `quiet_from`, `quiet_until`
    (to the minute, or None both), `digest_hour`.

    What waits is looked at again, by the new choice. Raises Invalid, by field, and then changes nothing.
    """
    ways = ways or {}
    _check_ways(ways, ways_of(member))
    with transaction.atomic():
        lock_open_account(member)
        stored = stored_times(member)
        for name, value in times.items():
            setattr(stored, name, value.replace(second=0, microsecond=0) if isinstance(value, time) else value)
        _check_times(stored.quiet_from, stored.quiet_until, stored.digest_hour)
        if times:
            stored.save()
        EmailChoice.objects.bulk_create(
            [EmailChoice(member=member, group_name=name, way=way) for name, way in sorted(ways.items())],
            update_conflicts=True,
            unique_fields=["member", "group_name"],
            update_fields=["way"],
        )
        WaitingNotice.objects.filter(member=member).update(due_at=Now())


def _check_ways(ways: Mapping[str, str], known: Mapping[str, Way]) -> None:
    for name, way in ways.items():
        if name not in known:
            raise Invalid(errors={"kinds": [f"There is no group “{name}”."]})
        if way not in Way.values:
            raise Invalid(errors={"kinds": [f"“{way}” is not one of {', '.join(Way.values)}."]})
        if groups[name].is_locked and way != known[name]:
            raise Invalid(errors={"kinds": [f"“{groups[name].title}” is always told at once."]})


def _check_times(quiet_from: time | None, quiet_until: time | None, digest_hour: int) -> None:
    if (quiet_from is None) != (quiet_until is None):
        raise Invalid(errors={"quiet_from": ["Give quiet hours both a beginning and an end, or neither."]})
    if quiet_from is not None and quiet_from == quiet_until:
        raise Invalid(errors={"quiet_until": ["Quiet hours must not begin and end at the same time."]})
    if not 0 <= digest_hour <= 23:
        raise Invalid(errors={"digest_hour": ["An hour is 0 to 23."]})
