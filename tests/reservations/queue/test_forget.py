"""Places are kept for a year after their drop, and leave with their member what they wanted."""

from datetime import timedelta

import pytest

from community.personal_data import erasure
from community.personal_data.export import everything_about
from dropshop.core import retention
from dropshop.core.clock import database_time
from reservations.models import DropQueue, QueuePlace
from tests.make import make_members
from tests.reservations.queue.people import arrive, look, make_queue, started

pytestmark = pytest.mark.usefixtures("db")


def test_places_are_forgotten_a_year_after_their_drop():
    (old, _), (new, _) = started(1, 3), started(1, 2)
    for drop, days in ((old, 366), (new, 364)):
        DropQueue.objects.update_or_create(drop=drop, defaults={"finished_at": database_time() - timedelta(days=days)})
    assert retention.rules["places in queues"].enforce() == 3
    assert [*QueuePlace.objects.values_list("drop", flat=True)] == [new.pk] * 2


def test_an_erased_member_leaves_and_nobody_moves(bob):
    drop, members = make_queue({"8": 1, "9": 1}), make_members(4)
    arrive(drop, [*members[:2], bob, *members[2:]], drop.sizes.first().pk)
    drop.starts_at = database_time()
    drop.save(update_fields=["starts_at"])
    before = {pk: told["place"] for pk, told in look(drop, [*members, bob]).items()}
    erasure.erase(bob)
    after = look(drop, [*members, bob])
    assert {pk: told["place"] for pk, told in after.items()} == before
    assert (after[bob.pk]["state"], QueuePlace.objects.get(member=bob).sizes) == ("left", [])


def test_the_export_holds_each_place(bob):
    drop = make_queue({"8": 1, "9": 1})
    arrive(drop, [bob])
    (place,) = everything_about(bob)["shop"]["queue_places"]
    assert (place["drop"], place["ending"]) == (str(drop.pk), "")
