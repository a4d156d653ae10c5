"""In a queue a request is a place as anybody's."""

import pytest

from reservations.models import PurchaseRequest, QueuePlace
from reservations.queue.admit import admit
from reservations.queue.join import join, leave
from reservations.requests import carry_out
from reservations.requests.filing import withdraw
from tests.make import make_members, make_request
from tests.reservations.requests.opening import carried_out, coming_drop, open_now, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def drop():
    return coming_drop({"9": 1, "10": 1}, mode="queue")


def test_it_takes_a_place_when_it_is_filed_and_a_pair_when_its_turn_comes(drop, alice, bob):
    make_request(alice, drop, "10")
    join(bob, drop)
    place = QueuePlace.objects.get(member=alice)
    assert place.sizes == [drop.sizes.get(label="10").pk]
    open_now(drop)
    carry_out.carry_out(drop.pk)
    assert statuses(drop) == {"in_queue": 1}
    admit(drop)
    carried_out(drop)
    assert statuses(drop) == {"success": 1}
    assert alice.purchases.get().size.label == "10"


def test_a_member_who_has_a_place_keeps_it(drop, alice):
    join(alice, drop)
    make_request(alice, drop)
    assert QueuePlace.objects.filter(member=alice).count() == 1


def test_whoever_leaves_the_queue_ends_the_request(drop, alice):
    make_request(alice, drop)
    open_now(drop)
    carry_out.carry_out(drop.pk)
    leave(alice.pk, drop.pk)
    carry_out.carry_out(drop.pk)
    assert statuses(drop) == {"left_queue": 1}


def test_a_turn_that_passes_without_a_pair_ends_the_request(drop, alice):
    make_request(alice, drop, "9")
    drop.sizes.filter(label="9").update(total=0, available=0)
    open_now(drop)
    carry_out.carry_out(drop.pk)
    admit(drop)
    carried_out(drop)
    assert statuses(drop) == {"in_queue": 1}
    QueuePlace.objects.update(admitted_at="2020-01-01T00:00:00Z", admitted_until="2020-01-01T00:05:00Z")
    admit(drop)
    carried_out(drop)
    assert statuses(drop) == {"turn_passed": 1}


def test_while_it_waits_in_a_queue_it_may_be_withdrawn_and_the_place_stays(drop, alice):
    request = make_request(alice, drop)
    open_now(drop)
    carry_out.carry_out(drop.pk)
    assert withdraw(request.pk, member=alice).status == "withdrawn"
    assert QueuePlace.objects.get(member=alice).ended_at is None


def test_requests_and_people_stand_in_one_order(drop, chance):
    """Of many more than there are pairs, those who are let in first get them, however they came."""
    members = make_members(12)
    for member in members:
        if chance.random() < 0.5:
            make_request(member, drop)
        else:
            join(member, drop)
    open_now(drop)
    carry_out.carry_out(drop.pk)
    admit(drop)
    let_in = {*QueuePlace.objects.filter(admitted_at__isnull=False).values_list("member", flat=True)}
    carried_out(drop)
    served = {*PurchaseRequest.objects.filter(status="success").values_list("member", flat=True)}
    asked = {*PurchaseRequest.objects.values_list("member", flat=True)}
    assert served == let_in & asked
