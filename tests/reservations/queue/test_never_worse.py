"""F3: whatever happens, no place of anybody's gets worse."""

from datetime import timedelta

import pytest

from dropshop.core.clock import database_time
from reservations.models import QueuePlace
from reservations.queue.admit import admit
from reservations.queue.join import choose, leave
from reservations.queue.order import forget_order
from tests.harness.thorough import THOROUGH
from tests.make import make_members, make_purchase, make_reservation
from tests.reservations.queue.people import arrive, begin, look, make_queue

FINAL = {"left", "lapsed", "done"}


class Crowd:
    """People of one queue to whom random things happen."""

    def __init__(self, chance):
        self.chance, self.drop, self.members = chance, make_queue({"8": 4, "9": 4}), []
        self.sizes = [*self.drop.sizes.all()]
        for _ in range(chance.randint(1, 3)):
            self.come()
        if chance.random() < 0.5:
            leave(self.anybody().pk, self.drop.pk)
        begin(self.drop)

    def anybody(self):
        return self.chance.choice(self.members)

    def come(self):
        fresh = make_members(self.chance.randint(1, 6))
        again = [self.anybody()] if self.members and self.chance.random() < 0.3 else []
        arrive(self.drop, fresh + again)
        self.members += fresh

    def go(self):
        leave(self.anybody().pk, self.drop.pk)

    def want(self):
        member = self.anybody()
        if QueuePlace.objects.filter(drop=self.drop, member=member, ended_at=None).exists():
            choose(member, self.drop, [self.chance.choice(self.sizes)])

    def use(self):
        turns = QueuePlace.objects.filter(drop=self.drop, admitted_at__isnull=False, ended_at=None).select_related("member")
        size = next((size for size in self.drop.sizes.all() if size.available), None)
        if turns and size:
            self.chance.choice([make_reservation, make_purchase])(self.chance.choice(turns).member, self.drop, size)

    def let_pass(self):
        now = database_time()
        QueuePlace.objects.filter(drop=self.drop, admitted_at__isnull=False, ended_at=None).update(
            admitted_at=now - timedelta(hours=1), admitted_until=now - timedelta(seconds=1)
        )

    def restart(self):
        forget_order(self.drop.pk)

    def let_in(self):
        admit(self.drop)

    def told(self):
        return look(self.drop, self.members)


@pytest.mark.parametrize("round_", range(3 * THOROUGH))
def test_no_place_ever_gets_worse(db, chance, round_):
    crowd = Crowd(chance)
    before = crowd.told()
    deeds = [crowd.come, crowd.go, crowd.want, crowd.let_pass, crowd.restart, crowd.let_in, crowd.let_in]
    for _ in range(25):
        deed = chance.choice(deeds)
        deed()
        now = crowd.told()
        for member, was in before.items():
            now_is = now[member]
            came_again = was["state"] in FINAL and now_is["state"] not in FINAL
            if came_again or was["place"] is None:  # a new arrival, or one that was over before the start
                continue
            assert now_is["place"] == was["place"], deed
            if was["ahead"] is not None and now_is["ahead"] is not None:
                assert now_is["ahead"] <= was["ahead"], deed
            if was["state"] == "admitted":
                assert now_is["state"] != "waiting", deed
        places = [told["place"] for told in now.values() if told["place"] is not None]
        assert len({*places}) == len(places)
        before = now
