"""Calling those who were let in: a notice, and an e-mail where they chose so. A worker does it: letting in waits for nobody."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import transaction

from drops.models import Drop
from dropshop.core.notice_groups import Group, Way
from dropshop.core.sql import rows
from dropshop.core.transactions import retrying
from reservations.payments.news import write_down_each

AT_ONCE = 500  # people who are called in one transaction
TURN = "queue_turn"
GROUP = Group("Your turn in a queue", (TURN,), Way.AT_ONCE)

# Whose turn is over already is not called any more.
CALLED = """
UPDATE {queueplace} SET told = true
 WHERE number IN (SELECT number FROM {queueplace} WHERE admitted_at IS NOT NULL AND NOT told
                   ORDER BY number LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED)
RETURNING drop_id, number, member_id, admitted_until, ended_at IS NULL AND admitted_until > clock_timestamp()
"""


def call_those_let_in() -> int:
    """Calls everybody who was let in and not called yet; how many. Each once, also where two are at it."""
    told, found = 0, AT_ONCE
    while found == AT_ONCE:
        found = _call_some()
        told += found
    return told


@retrying
def _call_some() -> int:
    with transaction.atomic():
        called = sorted(rows(CALLED, most=AT_ONCE), key=itemgetter(0, 1))
        for drop_id, people in groupby(called, key=itemgetter(0)):
            _call(Drop.objects.get(pk=drop_id), [person for _, *person, has_turn in people if has_turn])
    return len(called)


def _call(drop: Drop, people: Sequence[Any]) -> None:
    notices = [
        (member, f"queue:{number}", f"{drop.title}: it is your turn until {until:%H:%M:%S} UTC.", drop.get_absolute_url())
        for number, member, until in people
    ]
    if notices:
        write_down_each.value(TURN, notices)
