"""What may happen to a request between its filing and its end."""

from datetime import timedelta

import pytest

from community.personal_data import erasure
from drops.models import Drop
from drops.stock import counters
from dropshop.core.clock import database_time
from reservations.holds.origins import Origin
from reservations.models import PurchaseRequest, RequestMove, SavedMethod
from reservations.payment_methods import saved
from reservations.purchases import ask_bank
from reservations.requests import bell, carry_out
from tests.make import make_members, make_request, make_reservation
from tests.reservations.requests.opening import carried_out, coming_drop, file_many, open_now, statuses, to_the_end

pytestmark = pytest.mark.django_db


def test_an_erased_member_takes_part_no_more_and_is_forgotten(alice):
    drop = coming_drop({"9": 1})
    request = make_request(alice, drop)
    erasure.erase(alice)
    request.refresh_from_db()
    assert (request.status, request.address, request.payment_method) == ("withdrawn", None, None)
    open_now(drop)
    to_the_end(drop)
    assert statuses(drop) == {"withdrawn": 1}
    assert [(size.available, size.reserved) for size in drop.sizes.all()] == [(1, 0)]


def test_the_pair_of_a_member_who_is_erased_while_it_is_held_goes_back(alice):
    drop = coming_drop({"9": 1})
    make_request(alice, drop)
    open_now(drop)
    bell.decide_first_round(drop.pk)
    erasure.erase(alice)
    to_the_end(drop)
    assert statuses(drop) == {"account_closed": 1}
    assert not alice.purchases.exists()
    assert not alice.reservations.active().exists()


def test_a_member_whose_account_was_closed_gets_no_pair(alice):
    drop = coming_drop({"9": 1})
    make_request(alice, drop)
    alice.is_active = False
    alice.save()
    open_now(drop)
    carried_out(drop)
    assert statuses(drop) == {"account_closed": 1}


def test_a_size_that_was_taken_away(alice, staff):
    drop = coming_drop({"9": 1, "10": 1})
    make_request(alice, drop, "9")
    counters.adjust(drop.sizes.get(label="9").pk, total=0, reason="Lost", by=staff)
    open_now(drop)
    to_the_end(drop)
    assert statuses(drop) == {"sizes_gone": 1}


def test_a_drop_that_was_over_before_anybody_came_to_its_requests(alice):
    drop = coming_drop({"9": 1})
    make_request(alice, drop)
    now = database_time()
    Drop.objects.filter(pk=drop.pk).update(starts_at=now - timedelta(hours=2), ends_at=now - timedelta(hours=1))
    carried_out(drop)
    assert statuses(drop) == {"closed": 1}


def test_a_drop_that_became_a_draw(alice):
    drop = coming_drop({"9": 1})
    make_request(alice, drop)
    Drop.objects.filter(pk=drop.pk).update(mode="draw")
    open_now(drop)
    carried_out(drop)
    assert statuses(drop) == {"draw": 1}


def test_a_card_that_was_removed(alice):
    drop = coming_drop({"9": 1})
    make_request(alice, drop)
    saved.remove(SavedMethod.objects.get().pk, alice)
    open_now(drop)
    carried_out(drop)
    assert statuses(drop) == {"payment_method_gone": 1}
    assert drop.sizes.get().sold == 0


def test_one_address_gets_as_many_pairs_as_the_drop_allows():
    drop = coming_drop({"9": 5}, limit_per_address=2)
    file_many(drop, make_members(4))
    open_now(drop)
    carried_out(drop)
    assert statuses(drop) == {"success": 2, "address_refused": 2}


def test_one_network_holds_no_more_pairs_by_requests_than_by_hand(settings):
    settings.HOLDS_AT_ONCE = {"network": 2, "device": 2}
    drop = coming_drop({"9": 5})
    for member in make_members(4):
        make_request(member, drop, origin=Origin("the same network", ""))
    open_now(drop)
    bell.decide_first_round(drop.pk)
    assert statuses(drop) == {"processing_payment": 2, "limit_reached": 2}


def test_a_pair_that_its_owner_gives_back_while_it_waits_for_the_bank(alice):
    from reservations.holds import lifecycle

    drop = coming_drop({"9": 2})
    make_request(alice, drop)
    open_now(drop)
    bell.decide_first_round(drop.pk)
    lifecycle.cancel(alice.reservations.get().pk, member=alice)
    carried_out(drop)
    assert statuses(drop) == {"given_back": 1}


def test_a_pair_that_nobody_pays_for_in_time_is_free_again(alice, bob):
    """No worker runs: the page waits for nobody, and what is held for requests lapses as any hold."""
    from tests.make import lapse

    drop = coming_drop({"9": 1})
    make_request(alice, drop)
    open_now(drop)
    with pytest.raises(Exception, match="held"):
        make_reservation(bob, drop)
    lapse(alice.reservations.get())
    assert make_reservation(bob, drop).status == "active"
    carried_out(drop)
    assert statuses(drop) == {"hold_expired": 1}


def test_the_table_of_moves_refuses_what_it_does_not_have(alice):
    from reservations.requests.models import MOVES, Status
    from reservations.requests.moves import Moving, move_each

    request = make_request(alice, coming_drop())
    for was in Status:
        for to in Status:
            if to not in MOVES[was]:
                with pytest.raises(ValueError, match="cannot become"):
                    move_each(was, to, [Moving(request.pk)])
    assert move_each(Status.IN_QUEUE, Status.FAILED, [Moving(request.pk, "taken")]) == set()
    assert PurchaseRequest.objects.get().status == "entered"
    assert not RequestMove.objects.exists()


def test_nothing_is_given_where_the_drop_was_called_off_as_the_first_round_began(alice):
    drop = coming_drop({"9": 1})
    make_request(alice, drop)
    open_now(drop)
    Drop.objects.filter(pk=drop.pk).update(called_off_at=database_time(), called_off_because="No parcel.")
    bell.decide_first_round(drop.pk)
    assert not alice.reservations.exists()
    to_the_end(drop)
    assert statuses(drop) == {"called_off": 1}


@pytest.mark.django_db(transaction=True)
def test_a_payment_that_fails_holds_no_other_up(monkeypatch):
    drop = coming_drop({"9": 3})
    file_many(drop, make_members(3))
    open_now(drop)
    bell.decide_first_round(drop.pk)
    broken, advance = drop.reservations.first().pk, ask_bank.advance

    def fail(attempts, *more):
        if broken in {attempt.intent.reservation_id for attempt in attempts if attempt.intent}:
            raise ZeroDivisionError
        advance(attempts, *more)

    monkeypatch.setattr(ask_bank, "advance", fail)
    carried_out(drop)
    assert statuses(drop) == {"success": 2, "processing_payment": 1}
    monkeypatch.undo()
    carried_out(drop)
    assert statuses(drop) == {"success": 3}


def test_a_drop_that_fails_holds_no_other_up(monkeypatch):
    drops = [coming_drop({"9": 1}) for _ in range(2)]
    for drop in drops:
        file_many(drop, make_members(1))
        open_now(drop)
    work = carry_out.carry_out

    def fail(drop_id):
        if drop_id == drops[0].pk:
            raise ZeroDivisionError
        work(drop_id)

    monkeypatch.setattr(carry_out, "carry_out", fail)
    assert carry_out.sweep() == 2
    assert [statuses(drop) for drop in drops] == [{"entered": 1}, {"processing_payment": 1}]
