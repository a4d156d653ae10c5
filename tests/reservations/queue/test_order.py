"""Who stands where: a random order for all who were there at the start, then as they came."""

import random

import pytest

from drops.models import Drop
from reservations.queue.join import leave
from reservations.queue.order import PURPOSE, forget_order, order_of
from reservations.seeds.seal import rank, sealed
from tests.make import make_members
from tests.reservations.queue.people import arrive, begin, look, make_queue, started


def places(drop, members):
    found = look(drop, members)
    return [found[member.pk]["place"] for member in members]


@pytest.mark.usefixtures("db")
class TestTheOrder:
    def test_nobody_has_a_place_before_the_start(self):
        drop, members = make_queue(), make_members(5)
        arrive(drop, members)
        assert order_of(drop) is None
        assert places(drop, members) == [None] * 5

    def test_who_was_there_at_the_start_stands_by_the_seed_whenever_they_came(self):
        drop, members = make_queue(), make_members(50)
        for member in members:
            arrive(drop, [member])
        begin(drop)
        secret = sealed(drop.pk).secret
        drawn = sorted(members, key=lambda member: rank(secret, PURPOSE, str(member.pk)))
        assert places(drop, drawn) == [*range(1, 51)]
        assert drawn != members

    def test_later_arrivals_follow_as_they_came(self):
        drop, early = started(3, 5)
        late = make_members(4)
        arrive(drop, late[:2])
        assert places(drop, late[:2]) == [6, 7]
        arrive(drop, late[2:])
        assert places(drop, early + late) == [*range(1, 10)]

    def test_another_process_makes_the_same_order(self):
        drop, early = started(3, 20)
        late = make_members(5)
        for member in late:
            arrive(drop, [member])
        before = places(drop, early + late)
        forget_order(drop.pk)
        assert places(drop, early + late) == before == [*range(1, 26)]

    def test_who_left_before_the_start_has_no_place(self):
        drop, members = make_queue(), make_members(3)
        arrive(drop, members)
        leave(members[0].pk, drop.pk)
        begin(drop)
        assert sorted(places(drop, members[1:])) == [1, 2]
        assert places(drop, members[:1]) == [None]

    def test_who_leaves_keeps_a_place_that_nobody_takes(self):
        drop, members = started(3, 6)
        leave(members[1].pk, drop.pk)
        assert places(drop, members) == [1, 2, 3, 4, 5, 6]
        assert [look(drop, [member])[member.pk]["ahead"] for member in members[2:]] == [1, 2, 3, 4]

    def test_who_joins_again_stands_at_the_end(self):
        drop, members = started(3, 3)
        leave(members[0].pk, drop.pk)
        arrive(drop, members[:1])
        assert places(drop, members) == [4, 2, 3]

    def test_joining_twice_changes_nothing(self):
        drop, members = started(3, 3)
        arrive(drop, members)
        assert places(drop, members) == [1, 2, 3]


def test_how_many_wait_is_counted_like_a_list(db, chance: random.Random):
    """The memory of bytes beside a plain list, over random arrivals, leaves and sizes."""
    drop, _ = started({"8": 5, "9": 5}, 0)
    sizes = [*drop.sizes.values_list("pk", flat=True)]
    plain = []
    for _ in range(60):
        if plain and chance.random() < 0.4:
            entry = chance.choice(plain)
            leave(entry["member"].pk, drop.pk)
            entry["waits"] = False
        else:
            (member,) = make_members(1)
            wish = chance.choice([None, *sizes])
            arrive(drop, [member], *([wish] if wish else []))
            plain.append({"member": member, "waits": True, "wish": wish})
        order = order_of(drop)
        before = [entry for entry in plain if entry["waits"]]
        assert (len(order), order.waiting) == (len(plain), len(before))
        place = chance.randint(1, len(plain))
        ahead = [entry for entry in plain[: place - 1] if entry["waits"]]
        assert order.ahead_of(place) == len(ahead)
        assert [order.ahead_wanting(place, wish) for wish in (None, *sizes)] == [
            sum(entry["wish"] == wish for entry in ahead) for wish in (None, *sizes)
        ]
        waiting = [index + 1 for index, entry in enumerate(plain) if entry["waits"]]
        assert [order.place_with(count) for count in range(len(waiting) + 1)] == [*waiting, None]


def test_the_order_of_a_drop_is_made_with_one_reading_of_its_rows(db, django_assert_num_queries):
    drop, _ = started(3, 10)
    forget_order(drop.pk)
    drop = Drop.objects.get(pk=drop.pk)
    with django_assert_num_queries(4):  # a settled moment, the sizes, the arrivals, the seed
        order_of(drop)
    arrive(drop, make_members(2))
    with django_assert_num_queries(3):  # a settled moment, what is new, what has changed
        order_of(drop)
