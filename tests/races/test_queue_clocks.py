"""S3 for queues: server processes whose clocks are an hour early and late tell the same places and the same end of a turn."""

from dropshop.machine.processes import wait_until
from reservations.queue.admit import admit
from tests.harness.patience import PATIENCE
from tests.make import make_members
from tests.reservations.queue.people import arrive, begin, make_queue
from tests.shopper import Shopper

OF_A_PLACE = ("state", "place", "of", "ahead", "admitted_until")


def told_states(drop, asked):
    """What each member is told by all processes: one state, where they tell the same places."""
    told = {}
    for url, member in asked:
        with Shopper(url, member) as shopper:
            place = shopper.get(f"/api/v1/drops/{drop.pk}/queue").json()
            told.setdefault(member.pk, set()).add(tuple(place[name] for name in OF_A_PLACE))
    return sorted([state for state, *_ in facts] for facts in told.values())


def test_a_process_whose_clock_is_an_hour_wrong_tells_what_the_others_tell(shop):
    drop, members = make_queue(2, starts_in=1800), make_members(5)
    asked = [(url, member) for member in members for url in shop.urls]
    for url, member in asked:
        with Shopper(url, member) as shopper:
            assert shopper.post(f"/api/v1/drops/{drop.pk}/queue").json()["state"] == "before"
    begin(drop)
    late = make_members(1)
    arrive(drop, late)
    admit(drop)
    asked += [(url, late[0]) for url in shop.urls]
    # What all share is remembered for half a second: who asks sooner may read what was before the verdict.
    assert wait_until(lambda: told_states(drop, asked) == [["admitted"]] * 2 + [["cannot_win"]] * 4, PATIENCE)
    with Shopper(shop.urls[0], late[0]) as shopper:
        assert shopper.post(f"/api/v1/drops/{drop.pk}/reserve").json()["missing"] == ["turn"]
