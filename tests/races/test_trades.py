"""Acceptance 19 and 20, and trades under crowds: a pair has one owner, a trade one outcome, and nobody waits in a circle."""

import os
import signal
import subprocess
import sys
import threading
from urllib.parse import quote

import pytest
from django.db import connection

from community.models import Notice, Pair, PairMove, Shipment, Trade, TradeItem
from community.trades import offers as trades
from community.trades.errors import TooManyOffers
from community.trades.terms import Terms
from dropshop.core.errors import DropshopError
from tests.harness.patience import PATIENCE
from tests.make import make_members, make_open_pair, make_trade
from tests.races.auditor import faults
from tests.races.crowd import Meeting, at_once, codes, wait_for_lock_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]


def pks(*pairs):
    return [pair.pk for pair in pairs]


def unlocked_pairs(ids):
    return {pair.pk: pair for pair in Pair.objects.filter(pk__in=list(ids)).select_related("sneaker")}


def unlocked_trades(ids):
    return list(Trade.objects.filter(pk__in=list(ids)).select_related("proposer", "receiver").prefetch_related("items"))


# -- Acceptance 19: one pair in two trades ---------------------------------------------------------


def accept_both(monkeypatch, *, locks):
    """Alice has offered one pair to two members, who accept at once; without locks nobody looks twice."""
    alice, bob, charlie = make_members(3)
    wanted = make_open_pair(alice)
    offers = [make_trade(alice, other, gives=[wanted]) for other in (bob, charlie)]
    meeting = Meeting()
    lock = trades.lock_pairs if locks else unlocked_pairs

    def lock_then_pause(ids):
        held = lock(ids)
        meeting.meet()
        return held

    monkeypatch.setattr(trades, "lock_pairs", lock_then_pause)
    if not locks:
        monkeypatch.setattr(trades, "_lock_trades", unlocked_trades)
        monkeypatch.setattr(trades, "end_offers_with", lambda *_: [])
    return codes(at_once([lambda trade=trade: trades.accept(trade.pk, by=trade.receiver) for trade in offers]))


def test_acceptance_19_one_pair_in_two_trades_both_accepted_at_once_has_one_owner(monkeypatch):
    """Acceptance 19: one accept moves the pairs, the other learns that its offer is stale."""
    assert accept_both(monkeypatch, locks=True) == ["ok", "stale"]
    assert faults() == []
    assert sorted(Trade.objects.values_list("status", flat=True)) == ["accepted", "stale"]
    assert PairMove.objects.count() == 2


def test_acceptance_19_control_with_the_locks_off_the_second_owner_is_reported(monkeypatch):
    """Acceptance 19, control: both accepts succeed, and the audit names the pair that was given away twice."""
    assert accept_both(monkeypatch, locks=False) == ["ok", "ok"]
    assert "was given away by somebody who did not have it" in " ".join(faults())


# -- Acceptance 20: kill -9 mid-trade --------------------------------------------------------------

ACCEPT = """
import sys, time, uuid
import django
django.setup()
from community.trades import offers as trades
from community.models import Member, Pair

def halt(word):
    print(word, flush=True)
    time.sleep(60)

def pause_after(place, name):
    deed = getattr(place, name)
    def then_halt(*args, **kwargs):
        answer = deed(*args, **kwargs)
        halt(name)
        return answer
    setattr(place, name, then_halt)

where = {"a pair": (Pair, "save"), "everything": (trades, "end_offers_with"), "the commit": (trades, "accept")}[sys.argv[1]]
pause_after(*where)
trades.accept(uuid.UUID(sys.argv[2]), by=Member.objects.get(username=sys.argv[3]))
"""


def begin_to_accept(trade, halt_after):
    """A process of its own that accepts this trade in the test's database and stops where it is told."""
    database = connection.settings_dict
    host = quote(str(database["HOST"]), safe="")
    login = f"{database['USER']}:{database['PASSWORD']}" if database["PASSWORD"] else database["USER"]
    url = f"postgres://{login}@{host}:{database['PORT']}/{database['NAME']}"
    command = [sys.executable, "-c", ACCEPT, halt_after, str(trade.pk), trade.receiver.username]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "DATABASE_URL": url})


def test_acceptance_20_kill_minus_9_in_the_middle_of_a_trade_moves_every_pair_or_none():
    """Acceptance 20: killed after the first pair, before COMMIT, and after it: none, none, all; what was lost can be done."""
    offers = {place: make_trade(*make_members(2)) for place in ("a pair", "everything", "the commit")}
    running = {place: begin_to_accept(trade, place) for place, trade in offers.items()}
    for process in running.values():
        assert process.stdout.readline() != ""  # it stands in the middle of the trade, holding its locks
    for process in running.values():
        process.send_signal(signal.SIGKILL)
        assert process.wait(PATIENCE) == -signal.SIGKILL
        process.stdout.close()
    for place, trade in offers.items():
        # Accepting waits for the locks of the dead, if PostgreSQL has not yet noticed.
        if place != "the commit":
            items = TradeItem.objects.filter(trade=trade).select_related("pair")
            assert [item.pair.owner_id == item.giver_id for item in items] == [True, True]
            assert not PairMove.objects.filter(trade=trade).exists()
        assert trades.accept(trade.pk, by=trade.receiver).status == "accepted"
        assert [item.pair.owner_id == item.giver_id for item in trade.items.select_related("pair")] == [False, False]
        assert PairMove.objects.filter(trade=trade).count() == 2
    assert faults() == []


# -- Crowds ----------------------------------------------------------------------------------------


def test_thirty_accept_one_trade_and_it_is_carried_out_once():
    trade = make_trade(*make_members(2))
    assert codes(at_once([lambda: trades.accept(trade.pk, by=trade.receiver)] * 30)) == ["ok"] * 30
    assert (PairMove.objects.count(), Shipment.objects.count()) == (2, 2)
    assert Notice.objects.filter(kind="trade-accepted").count() == 1
    assert faults() == []


OUTCOMES = {
    "accepted": "already_accepted",
    "rejected": "already_rejected",
    "countered": "already_countered",
    "withdrawn": "already_withdrawn",
}


def answer_in_every_way(trade, more, chance):
    """Thirty threads, each with one of the four answers: what each wished and what it got."""
    gives, wants = Terms.from_trade(trade).turned
    acts = {
        "accepted": lambda: trades.accept(trade.pk, by=trade.receiver),
        "rejected": lambda: trades.reject(trade.pk, by=trade.receiver),
        "withdrawn": lambda: trades.withdraw(trade.pk, by=trade.proposer),
        "countered": lambda: trades.counter(trade.pk, by=trade.receiver, gives={*gives, more.pk}, wants=wants),
    }
    wishes = [*acts] * 7 + ["accepted", "countered"]
    chance.shuffle(wishes)
    return list(zip(wishes, at_once([acts[wish] for wish in wishes]), strict=True))


def test_thirty_accept_reject_counter_and_withdraw_and_exactly_one_thing_happened(chance):
    alice, bob = make_members(2)
    for trade in [make_trade(alice, bob) for _ in range(4)]:
        answers = answer_in_every_way(trade, make_open_pair(bob), chance)
        trade.refresh_from_db()
        happened = str(trade.status)
        for wish, answer in answers:
            assert isinstance(answer, DropshopError) == (wish != happened)
            if wish != happened:
                assert answer.code == OUTCOMES[happened]
        assert Trade.objects.filter(answers=trade).count() == (happened == "countered")
        assert PairMove.objects.filter(trade=trade).count() == (2 if happened == "accepted" else 0)
    assert faults() == []


def test_offers_over_the_same_pairs_accepted_in_parallel_leave_each_pair_one_owner_and_nobody_in_a_circle(chance, caplog):
    """Thirty threads; not one deadlock, though every trade shares pairs with others and ends those it beats."""
    caplog.set_level("INFO", logger="dropshop.core.transactions")
    members = make_members(6)
    closets = {member.pk: [make_open_pair(member) for _ in range(3)] for member in members}
    acts, offers = [], []
    for _ in range(60):
        one, other = chance.sample(members, 2)
        gives, wants = (pks(*chance.sample(closets[side.pk], chance.randint(1, 3))) for side in (one, other))
        try:
            offers.append(trades.offer(one, gives=gives, wants=wants).trade)
        except TooManyOffers:
            continue
    for trade in offers:
        acts.append(lambda trade=trade: trades.accept(trade.pk, by=trade.receiver))
        one, other = chance.sample(members, 2)
        gives, wants = (pks(*chance.sample(closets[side.pk], 2)) for side in (one, other))
        acts.append(lambda one=one, gives=gives, wants=wants: trades.offer(one, gives=gives, wants=wants))
        acts.append(lambda trade=trade: trades.withdraw(trade.pk, by=trade.proposer) if chance.random() < 0.1 else None)
        acts.append(lambda wants=wants: trades.end_offers_with(wants[:1], "It is gone.") if chance.random() < 0.1 else None)
    chance.shuffle(acts)
    answers = at_once(acts, threads=30)
    assert "concurrent_update" not in codes(answers)
    assert [record.getMessage() for record in caplog.records if "40P01" in record.getMessage()] == []
    assert faults() == []
    assert Trade.objects.filter(status="accepted").count() >= 1


def in_a_circle(monkeypatch, caplog, *, ordered):
    """Two trades of the same two pairs; a pause between the two locks, which are taken in the order of ids, or in mine."""
    caplog.set_level("INFO", logger="dropshop.core.transactions")
    alice, bob = make_members(2)
    mine, theirs = make_open_pair(alice), make_open_pair(bob)
    offers = [
        make_trade(alice, bob, gives=[mine], wants=[theirs]),
        make_trade(bob, alice, gives=[theirs], wants=[mine]),
    ]
    meeting, lock, turn = Meeting(), trades.lock_pairs, iter((False, True))

    def one_after_the_other(ids):
        held, ids = {}, sorted(ids, reverse=not ordered and next(turn, False))
        for pk in ids:
            held |= lock([pk])
            meeting.meet()
        return held

    monkeypatch.setattr(trades, "lock_pairs", one_after_the_other)
    monkeypatch.setattr(trades, "end_offers_with", lambda *_: [])
    at_once([lambda trade=trade: trades.accept(trade.pk, by=trade.receiver) for trade in offers])
    return sum("40P01" in record.getMessage() for record in caplog.records)


def test_locks_in_the_order_of_ids_make_no_circle(monkeypatch, caplog):
    """The race whose control stands below."""
    assert in_a_circle(monkeypatch, caplog, ordered=True) == 0


def test_control_locks_in_any_other_order_do(monkeypatch, caplog):
    """PostgreSQL breaks the circle after a second, and the deed is done again."""
    assert in_a_circle(monkeypatch, caplog, ordered=False) >= 1
    monkeypatch.undo()
    assert PairMove.objects.count() == 2


def test_thirty_offers_between_two_and_ten_of_them_wait(monkeypatch):
    alice, bob = make_members(2)
    pairs = [(make_open_pair(alice), make_open_pair(bob)) for _ in range(30)]
    acts = [lambda one=one, other=other: trades.offer(alice, gives=pks(one), wants=pks(other)) for one, other in pairs]
    assert codes(at_once(acts)) == ["limit_reached"] * 20 + ["ok"] * 10
    Trade.objects.update(status="withdrawn", decided_at="2026-01-01T00:00:00Z")
    monkeypatch.setattr(trades, "_lock_between", lambda *_: None)
    meeting, waiting = Meeting(parties=30), trades._waiting

    def count_then_pause(*sides):
        found = waiting(*sides)
        meeting.meet()
        return found

    monkeypatch.setattr(trades, "_waiting", count_then_pause)
    assert codes(at_once(acts)).count("ok") > 10  # the control: counted without the lock, the limit does not hold


def test_an_offer_made_while_its_pair_is_being_traded_waits_and_is_refused(monkeypatch):
    alice, bob, charlie = make_members(3)
    wanted, mine = make_open_pair(bob), make_open_pair(charlie)
    trade, carry_out = make_trade(alice, bob, wants=[wanted]), trades._carry_out

    def once_somebody_waits(*args):
        locked.set()
        wait_for_lock_queue()
        carry_out(*args)

    monkeypatch.setattr(trades, "_carry_out", once_somebody_waits)
    locked = threading.Event()

    def offer_late():
        assert locked.wait(PATIENCE)
        return trades.offer(charlie, gives=pks(mine), wants=pks(wanted))

    answers = at_once([lambda: trades.accept(trade.pk, by=bob), offer_late])
    assert codes(answers) == ["invalid", "ok"]
    assert faults() == []
