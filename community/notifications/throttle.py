"""How often one member may cause notices to another."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from community.people.models import Member
from dropshop.core.limits import buckets, rate
from dropshop.core.token_buckets import RedisUnavailable

NOTICE_RATE = "10/1h"


def within_notice_limit(author: Member, members: Iterable[Any]) -> list[Any]:
    """Of these members (given by their ids) those who are told of what this author says: of one author ten times, and then
    every six minutes. Beyond that there is no notice; the text itself can still be read. Without Redis everybody is told.
    """
    wanted = list(members)
    if not wanted:
        return []
    try:
        each = buckets(settings.REDIS_URL).take_each([[(f"disturb:{author.pk}:{pk}", rate(NOTICE_RATE))] for pk in wanted])
    except RedisUnavailable:
        return wanted
    return [pk for pk, taken in zip(wanted, each, strict=True) if not taken.wait]
