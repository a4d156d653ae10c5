"""A drop that is called off: what each of those in its queue reads, and what nobody can do any more."""

import pytest

from drops import schedule
from drops.models import Drop
from dropshop.core.errors import DropshopError
from reservations.models import DropQueue
from reservations.queue.admit import admit, admit_due
from reservations.queue.join import join, leave
from tests.make import make_member, make_members, make_purchase, make_reservation
from tests.reservations.queue.people import arrive, look, make_queue, started, states

pytestmark = pytest.mark.usefixtures("db")


def call_off(drop, staff):
    schedule.call_off(drop.pk, by=staff, reason="The pairs are lost at sea.")
    return Drop.objects.get(pk=drop.pk)


def test_called_off_before_the_start(staff):
    drop, members = make_queue(2), make_members(3)
    arrive(drop, members)
    drop = call_off(drop, staff)
    assert states(drop, members) == ["over"] * 3
    assert look(drop, members)[members[0].pk]["called_off"] == "The pairs are lost at sea."
    with pytest.raises(DropshopError, match="called off"):
        join(make_member(), drop)


def test_called_off_in_each_state(staff):
    drop, members = started(4, 8)
    admit(drop)
    make_purchase(members[0], drop)
    hold = make_reservation(members[1], drop)
    leave(members[2].pk, drop.pk)
    admit(drop)
    drop = call_off(drop, staff)
    assert states(drop, members) == ["done", "over", "left", *["over"] * 5]
    assert admit_due() == 0
    assert DropQueue.objects.get(drop=drop).finished_at is not None
    hold.refresh_from_db()
    assert hold.status == "active"  # what is held may still be paid
    assert leave(members[4].pk, drop.pk) is True


def test_nobody_is_let_in_after_it(staff):
    drop, members = started(2, 4)
    drop = call_off(drop, staff)
    assert admit(drop) == 0
    assert states(drop, members) == ["over"] * 4
