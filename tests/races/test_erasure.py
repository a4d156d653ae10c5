"""A member who leaves while others make them offers, and hear of their pairs."""

import threading
from contextlib import suppress
from functools import partial
from uuid import UUID

import pytest
from django.db import connection

from community.models import Member, Notice, Pair, Telling, Trade, Want
from community.notifications import notices, telling
from community.personal_data import erasure
from community.trades import offers
from community.trades import subject as trades
from community.wants import matching
from dropshop.core.errors import DropshopError
from dropshop.machine.processes import wait_until
from dropshop.operating.audit import PAIRS, TRADES, connect, findings
from tests.harness.patience import PATIENCE
from tests.make import make_member, make_open_pair, make_trade
from tests.races.crowd import at_once, lock_queue

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
            offers.offer(Member.objects.get(pk=bob.pk), gives=[theirs.pk], wants=[mine.pk])
        connection.close()

    other = threading.Thread(target=offer)

    def looked(member):
        found = list(Trade.objects.filter(receiver=member))
        assert found == []
        other.start()
        assert wait_until(lambda: not other.is_alive() or lock_queue() > 0, PATIENCE, every=0.01)
        return Trade.objects.none()

    monkeypatch.setattr(trades, "_lock_trading_partners", lambda member: None)
    monkeypatch.setattr(trades, "trades_of", looked)
    if not locks:
        monkeypatch.setattr(trades, "lock_pairs", lambda ids: None)
    erasure.erase(leaves)
    other.join(PATIENCE)
    assert broken() == said


def offering(pairs, by, of):
    return lambda: offers.offer(by, gives=[pairs[by].pk], wants=[pairs[of].pk])


def test_members_who_leave_while_they_offer_and_accept_leave_nothing_half_done(caplog):
    """Ten rounds of two who leave, and of those who offer and accept meanwhile: nobody waits in a circle."""
    caplog.set_level("INFO", logger="dropshop.core.transactions")
    for _ in range(10):
        one, two, other = (make_member() for _ in range(3))
        pairs = {member: make_open_pair(member) for member in (one, two, other)}
        waiting = [make_trade(one, two), make_trade(two, other), make_trade(other, one)]
        acts = [partial(erasure.erase, leaving) for leaving in (one, two)]
        acts += [partial(offers.accept, trade.pk, by=trade.receiver) for trade in waiting]
        acts += [offering(pairs, other, one), offering(pairs, two, other)]
        at_once(acts)
    assert (broken(), caplog.messages) == ([], [])


@pytest.mark.parametrize("locks", [True, False], ids=["with the lock", "control"])
def test_nobody_is_told_of_a_pair_by_the_name_of_who_has_just_left(monkeypatch, locks):
    """They leave when it is known what to tell, and before it is told. Without the pair's lock (the control) the name stays."""
    leaves, bob = make_member("leaving"), make_member()
    pair = make_open_pair(leaves)
    Want.objects.create(member=bob, sneaker=pair.sneaker)
    telling.of_pair(pair.pk, Telling.What.WANTED)
    tell = notices.notify

    def leave():
        erasure.erase(leaves)
        connection.close()

    other = threading.Thread(target=leave)

    def tells_late(*facts, **more):
        monkeypatch.setattr(notices, "notify", tell)
        other.start()
        assert wait_until(lambda: not other.is_alive() or lock_queue() > 0, PATIENCE, every=0.01)
        return tell(*facts, **more)

    monkeypatch.setattr(notices, "notify", tells_late)
    if not locks:
        monkeypatch.setattr(matching, "lock_pair", lambda pk: Pair.objects.get(pk=pk))
    assert telling.sweep() == 1
    other.join(PATIENCE)
    assert Notice.objects.filter(text__contains="leaving").exists() is not locks
