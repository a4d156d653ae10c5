"""Closets under threads: one purchase is one pair, and a pair is changed before a trade takes it or not by its old owner."""

import threading
from contextlib import suppress

import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet

from community.closet import folders, hooks
from community.closet import pairs as closet
from community.closet.bought import add_purchase
from community.models import Pair, Trade
from community.trades import offers
from dropshop.machine.processes import wait_until
from reservations.orders import moves
from reservations.refunds.cancel import cancel
from tests.harness.patience import PATIENCE
from tests.make import make_drop, make_member, make_pair, make_purchase
from tests.races.crowd import Meeting, at_once, codes, lock_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]
ONCE = "community_pair_purchase_id_key"


def put_in_by_many_clicks(monkeypatch, clicks):
    """All click at once, and whoever has stored a pair waits for another who has, before looking at what is there."""
    member, meeting = make_member(), Meeting()
    bought, stored = make_purchase(member, make_drop(1)), Pair.objects.bulk_create

    def store_then_meet(*args, **options):
        pairs = stored(*args, **options)
        meeting.meet()
        return pairs

    def click():
        with suppress(Pair.MultipleObjectsReturned):  # the slower one may find two, and takes its own back: no answer
            return add_purchase(member, bought.pk)

    monkeypatch.setattr(Pair.objects, "bulk_create", store_then_meet)
    answers = at_once([click] * clicks, threads=min(clicks, 12))
    return answers, Pair.objects.filter(purchase=bought).count()


def test_thirty_clicks_on_one_purchase_are_one_pair(monkeypatch):
    answers, pairs = put_in_by_many_clicks(monkeypatch, 30)
    assert (pairs, {pair.pk for pair, _ in answers}) == (1, {Pair.objects.get().pk})
    assert sorted(is_new for _, is_new in answers) == [False] * 29 + [True]


def test_control_without_the_unique_index_two_clicks_are_two_pairs(monkeypatch):
    """The control: with the index away, the same clicks put one purchase in twice."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {Pair._meta.db_table} DROP CONSTRAINT {ONCE}")
    try:
        answers, pairs = put_in_by_many_clicks(monkeypatch, 2)
        assert pairs + answers.count(None) == 2
    finally:
        Pair.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {Pair._meta.db_table} ADD CONSTRAINT {ONCE} UNIQUE (purchase_id)")


def put_in_while_cancelled(monkeypatch):
    """Pairs in the closet once its order was cancelled while the buyer put it in."""
    order, staff, met = make_purchase(make_member(), make_drop(1)), make_member(is_staff=True), Meeting()
    stored, ended = Pair.objects.bulk_create, moves.move
    monkeypatch.setattr(Pair.objects, "bulk_create", lambda *given, **more: (met.meet(), stored(*given, **more))[1])
    monkeypatch.setattr(moves, "move", lambda *given, **more: (ended(*given, **more), met.meet())[0])
    at_once([lambda: add_purchase(order.member, order.pk), lambda: cancel(order.pk, by=staff, reason="By mistake.")])
    return Pair.objects.filter(removed_at=None).count()


def test_the_pair_of_an_order_that_is_cancelled_meanwhile_is_in_no_closet(monkeypatch):
    assert put_in_while_cancelled(monkeypatch) == 0


def test_control_without_the_lock_on_the_order_its_pair_stays(monkeypatch):
    monkeypatch.setattr(QuerySet, "select_for_update", lambda query, **how: query)
    assert put_in_while_cancelled(monkeypatch) == 1


def edited_while_accepted(change):
    """Bob accepts Alice's offer while she changes the pairs she gives, all at once; what became of both."""
    alice, bob = make_member(), make_member()
    given, wanted = [make_pair(alice, for_trade=True) for _ in range(3)], make_pair(bob, for_trade=True)
    trade = offers.offer(alice, gives=[pair.pk for pair in given], wants=[wanted.pk]).trade
    ids = [pair.pk for pair in given][::-1]
    accepted, edited = at_once([lambda: offers.accept(trade.pk, by=bob), lambda: change(alice, ids)])
    trade.refresh_from_db()
    owners = {pair.owner_id for pair in Pair.objects.filter(pk__in=ids)}
    return trade.status, codes([accepted]), codes([edited]), owners == {bob.pk}


def take_out_of_trade(member, ids):
    return closet.change_each(ids, member=member, changes={"for_trade": False})


def remove(member, ids):
    return closet.remove_each(ids, member=member)


# Either the trade took the pairs, and they are no longer hers to change; or she changed them, and the offer is stale.
EITHER = {
    (Trade.Status.ACCEPTED, ("ok",), ("not_found",), True),
    (Trade.Status.STALE, ("stale",), ("ok",), False),
}


@pytest.mark.parametrize("change", [take_out_of_trade, remove])
def test_pairs_are_changed_before_a_trade_takes_them_or_not_at_all(change):
    ends = set()
    for _ in range(3):
        status, accepted, edited, moved = edited_while_accepted(change)
        ends.add((status, tuple(accepted), tuple(edited), moved))
    assert ends <= EITHER, ends


def test_control_without_the_locks_a_traded_pair_is_changed_by_its_old_owner(monkeypatch):
    """The control: the same two, with pairs only read and not locked by whoever changes them, and a pause after reading."""
    meeting = Meeting()

    def read_then_pause(member, pair_ids, *, no_key=True):
        pairs = list(Pair.objects.filter(owner=member, pk__in=pair_ids).select_related("sneaker").order_by("pk"))
        meeting.meet()
        return pairs

    accept = offers.accept

    def accept_then_meet(*args, **options):
        try:
            return accept(*args, **options)
        finally:
            meeting.meet()

    monkeypatch.setattr(closet, "_lock", read_then_pause)
    monkeypatch.setattr(hooks.pairs_changed, "filled", lambda pairs, because: [])
    monkeypatch.setattr(offers, "accept", accept_then_meet)
    status, accepted, edited, moved = edited_while_accepted(take_out_of_trade)
    assert (status, tuple(accepted), tuple(edited), moved) not in EITHER


def test_two_bulk_edits_over_the_same_pairs_in_opposite_orders_both_go_through():
    alice = make_member()
    ids = [make_pair(alice, visibility="members").pk for _ in range(6)]
    acts = [
        lambda turned=turned: closet.change_each(
            ids[::-1] if turned else ids, member=alice, changes={"folder": "Attic" if turned else "Cellar"}
        )
        for turned in (False, True) * 5
    ]
    assert codes(at_once(acts)) == ["ok"] * 10
    assert len(set(alice.pairs.values_list("folder", flat=True))) == 1
    assert sorted(alice.folders.values_list("name", flat=True)) == ["Attic", "Cellar"]


def move_onto_a_folder_that_goes(monkeypatch):
    """A folder is removed at the moment between finding it and putting a pair on it; what became of both."""
    alice, found, gone = make_member(), threading.Event(), threading.Event()
    pair, attic, named = make_pair(alice), alice.folders.create(name="Attic"), folders.named

    def find_then_wait(member, name):
        folder = named(member, name)
        found.set()
        assert wait_until(lambda: gone.is_set() or lock_queue() > 0, PATIENCE, every=0.01)
        return folder

    def remove_once_found():
        found.wait(PATIENCE)
        folders.remove(attic.pk, member=alice)
        gone.set()

    monkeypatch.setattr(folders, "named", find_then_wait)
    move = at_once([lambda: closet.change(pair.pk, member=alice, changes={"folder": "Attic"}), remove_once_found])[0]
    pair.refresh_from_db()
    return codes([move]), pair.folder, alice.folders.count()


def test_a_folder_goes_after_the_pair_that_was_being_put_on_it_has_come(monkeypatch):
    assert move_onto_a_folder_that_goes(monkeypatch) == (["ok"], None, 0)


def test_control_without_its_lock_the_pair_is_put_on_a_folder_that_is_gone(monkeypatch):
    """The control: the folder only read, its key fails the commit."""
    monkeypatch.setattr(folders, "_kept", lambda found: found)
    with pytest.raises(IntegrityError):
        move_onto_a_folder_that_goes(monkeypatch)
