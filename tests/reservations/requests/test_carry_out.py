"""Purchase requests from filing to the end: pairs, payments, reasons and notices."""

import hashlib
from datetime import timedelta

import pytest

from community.models import Notice
from dropshop.core.clock import iso
from reservations.holds.errors import RequestStands
from reservations.holds.reserve import HoldRequest, grant
from reservations.models import PurchaseRequest, RequestMove, RequestRound
from reservations.requests import bell, carry_out
from tests.make import make_drop, make_member, make_members, make_request, make_reservation
from tests.reservations.requests.opening import at_the_page, carried_out, coming_drop, open_now, statuses, to_the_end

pytestmark = pytest.mark.django_db


def moves_of(request):
    return [*RequestMove.objects.filter(request=request).values_list("was", "to", "reason")]


def test_a_request_is_carried_out_at_the_start_and_paid_by_the_saved_method(alice):
    drop = coming_drop({"9": 1})
    request = make_request(alice, drop)
    open_now(drop)
    carried_out(drop)
    request.refresh_from_db()
    sale = alice.purchases.get()
    assert (request.status, request.reservation_id, request.place) == ("success", sale.reservation_id, 1)
    assert sale.status == "paid"
    assert moves_of(request) == [("entered", "processing_payment", ""), ("processing_payment", "success", "")]
    carried_out(drop)
    assert [*Notice.objects.filter(member=alice).values_list("kind", "url")] == [("request_bought", sale.get_absolute_url())]
    stored = RequestRound.objects.get(drop=drop)
    assert (stored.requests, stored.people, stored.done_at is not None) == (1, 0, True)


def test_those_without_a_pair_wait_for_the_second_round_and_are_then_told_why_and_at_which_place(alice, bob):
    drop = coming_drop({"9": 1})
    for member in (alice, bob):
        make_request(member, drop)
    open_now(drop)
    carried_out(drop)
    assert statuses(drop) == {"success": 1, "in_queue": 1}
    assert not Notice.objects.exists()
    to_the_end(drop)
    assert statuses(drop) == {"success": 1, "taken": 1}
    loser = PurchaseRequest.objects.get(status="failed")
    assert loser.place == 2
    notice = Notice.objects.get(kind="request_failed")
    assert notice.member_id == loser.member_id
    assert "Your place was 2 of 2; 1 pairs were kept for requests." in notice.text


def test_how_the_pairs_were_shared_can_be_computed_again(alice, sign_in):
    drop = coming_drop({"9": 1, "10": 1})
    at_the_page(drop, *make_members(1))
    request = make_request(alice, drop)
    browser = sign_in(alice)
    assert browser.get(f"/api/v1/purchase-requests/{request.pk}").json()["round"] is None
    open_now(drop)
    to_the_end(drop)
    told = browser.get(f"/api/v1/purchase-requests/{request.pk}").json()["round"]
    assert (told["requests"], told["people"]) == (1, 1)
    assert hashlib.sha256(bytes.fromhex(told["seed"])).hexdigest() == told["commitment"]
    sizes = [*drop.sizes.order_by("position")]
    for size in sizes:
        size.available = size.total
    parts = bell.parts_of(bytes.fromhex(told["seed"]), sizes, 1, 1)
    assert told["parts"] == [{"size": size.label, "pairs": parts[size.pk]} for size in sizes]


def test_the_order_is_that_of_the_seed():
    drop = coming_drop({"9": 2})
    requests = {make_request(member, drop).pk: member for member in make_members(6)}
    from reservations.seeds.seal import sealed

    order = bell.ordered(sealed(drop.pk).secret, requests)
    open_now(drop)
    carried_out(drop)
    assert {*PurchaseRequest.objects.filter(status="success").values_list("pk", flat=True)} == {*order[:2]}
    places = PurchaseRequest.objects.order_by("place").values_list("pk", flat=True)
    assert [*places] == order


def test_each_gets_the_first_of_its_sizes_that_is_left():
    drop = coming_drop({"9": 1, "10": 1, "11": 1})
    for member in make_members(3):
        make_request(member, drop, "10", "9")
    open_now(drop)
    carried_out(drop)
    assert {size.label: size.sold for size in drop.sizes.all()} == {"9": 1, "10": 1, "11": 0}
    assert statuses(drop) == {"success": 2, "in_queue": 1}


def test_the_first_shopper_after_the_start_finds_the_part_of_the_requests_taken(alice, bob):
    drop = coming_drop({"9": 4})
    people = make_members(2)
    at_the_page(drop, *people, alice)
    for member in (alice, bob):
        make_request(member, drop)
    open_now(drop)
    hold = make_reservation(people[0], drop)
    assert hold.status == "active"
    assert statuses(drop) == {"processing_payment": 2}
    assert [*drop.sizes.values_list("available", "reserved")] == [(1, 3)]
    stored = RequestRound.objects.get(drop=drop)
    assert (stored.requests, stored.people, [*stored.parts.values()]) == (2, 2, [2])


def test_whoever_has_a_request_that_waits_does_not_reserve_besides_until_it_is_over(alice):
    drop = coming_drop({"9": 2})
    at_the_page(drop, *make_members(500))
    for member in (alice, *make_members(1)):
        make_request(member, drop)
    open_now(drop)
    waiting = PurchaseRequest.objects.filter(status="entered")
    with pytest.raises(RequestStands) as refusal:
        make_reservation(alice, drop)
    assert refusal.value.code == "request_stands"
    assert waiting.count() == 2
    to_the_end(drop)
    assert statuses(drop) == {"success": 2}


def test_a_minute_after_the_start_nobody_need_wait_for_their_request_though_no_worker_has_come(alice):
    drop = coming_drop({"9": 2})
    make_request(alice, drop)
    open_now(drop, seconds_ago=59)
    with pytest.raises(RequestStands) as refusal:
        make_reservation(alice, drop)
    assert refusal.value.facts["retry_at"] == iso(drop.starts_at + timedelta(seconds=60))
    open_now(drop, seconds_ago=60)
    assert make_reservation(alice, drop).status == "active"
    to_the_end(drop)
    assert statuses(drop) == {"limit_reached": 1}
    assert alice.reservations.get().status == "active"


def test_what_people_have_left_after_half_a_minute_goes_to_requests_in_their_order():
    drop = coming_drop({"9": 4})
    at_the_page(drop, *make_members(4))
    for member in make_members(4):
        make_request(member, drop)
    open_now(drop)
    carried_out(drop)
    assert statuses(drop) == {"success": 2, "in_queue": 2}
    to_the_end(drop)
    assert statuses(drop) == {"success": 4}


def test_a_card_that_is_declined_gives_the_pair_back_and_the_next_gets_it(alice, bob):
    drop = coming_drop({"9": 1})
    make_request(alice, drop, token="test_declined")
    open_now(drop)
    carried_out(drop)
    assert statuses(drop) == {"payment_declined": 1}
    assert alice.reservations.get().status == "cancelled"


def test_a_card_that_wants_a_confirmation_is_declined(alice):
    drop = coming_drop({"9": 1})
    make_request(alice, drop, token="test_confirm")
    open_now(drop)
    carried_out(drop)
    assert statuses(drop) == {"payment_declined": 1}


@pytest.mark.django_db(transaction=True)
def test_a_bank_that_takes_its_time_is_waited_for_by_the_bank_threads(alice):
    drop = coming_drop({"9": 1})
    make_request(alice, drop, token="test_slow")
    open_now(drop)
    carried_out(drop)
    assert statuses(drop) == {"success": 1}


def test_a_price_above_the_latest_price_is_not_paid(alice):
    drop = coming_drop({"9": 1})
    make_request(alice, drop)
    drop.price += 1
    drop.save()
    open_now(drop)
    to_the_end(drop)
    assert statuses(drop) == {"price_above": 1}


def test_a_drop_without_requests_asks_the_desk_for_nothing_more(alice, django_assert_num_queries):
    drop = make_drop({"9": 1})
    size = drop.sizes.get().pk
    with django_assert_num_queries(5):  # lock, reading, writing, and the savepoint of the test
        grant(drop.pk, [HoldRequest(alice.pk, size)])


def test_a_drop_that_was_called_off_ends_its_requests(alice, staff):
    from drops.schedule import call_off

    drop = coming_drop({"9": 1})
    make_request(alice, drop)
    call_off(drop.pk, by=staff, reason="The parcel did not come.")
    carry_out.sweep()
    assert statuses(drop) == {"called_off": 1}
    assert Notice.objects.get().kind == "request_failed"


def test_a_member_who_lacks_something_gets_none(alice):
    drop = coming_drop({"9": 1})
    make_request(alice, drop)
    drop.min_karma = 5
    drop.save()
    open_now(drop)
    to_the_end(drop)
    assert statuses(drop) == {"requirement_missing": 1}


def test_later_than_ten_seconds_nothing_is_kept_for_requests(alice):
    drop = coming_drop({"9": 1})
    make_request(make_member(), drop)
    open_now(drop, seconds_ago=11)
    assert make_reservation(alice, drop).status == "active"
    carried_out(drop)
    assert statuses(drop) == {"in_queue": 1}
