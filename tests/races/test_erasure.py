"""A member who leaves while others make them offers."""

import threading
from contextlib import suppress
from uuid import UUID

import pytest
from django.db import connection

from community.members import belongings, erasure
from community.models import Member, Trade
from community.trading import trades
from dropshop.audit import PAIRS, TRADES, connect, findings
from dropshop.errors import DropshopError
from tests.make import make_member, make_open_pair

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]


def broken():
    with connect() as reader:
        return [finding.rule for finding in findings(reader, PAIRS | TRADES) if finding.rows]


@pytest.mark.parametrize(
    ("locks", "said"), [(True, []), (False, ["T1: a pending offer with a pair that is promised, gone, or another's"])]
)
def test_an_offer_that_comes_while_a_member_leaves_is_not_left_waiting(monkeypatch, locks, said):
    """It is made just after the look at what waits. Without the locks of the pairs (the control) it would wait for ever."""
    leaves, bob = make_member(id=UUID(int=2**128 - 1)), make_member()
    mine, theirs = make_open_pair(leaves), make_open_pair(bob)

    def offer():
        with suppress(DropshopError):
            trades.offer(Member.objects.get(pk=bob.pk), gives=[theirs.pk], wants=[mine.pk])
        connection.close()

    other = threading.Thread(target=offer)

    def looked(member):
        found = list(Trade.objects.filter(receiver=member))
        assert found == []
        other.start()
        other.join(0.5)
        return Trade.objects.none()

    monkeypatch.setattr(belongings, "trades_of", looked)
    if not locks:
        monkeypatch.setattr(belongings, "lock_pairs", lambda ids: None)
    erasure.erase(leaves)
    other.join()
    assert broken() == said
