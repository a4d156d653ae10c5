"""Acceptance 61: requests and people at the page get as large a part as they are; neither gains by being the other."""

import math

import pytest

from reservations.holds.reserve import HoldRequest, grant
from reservations.models import PurchaseRequest, RequestRound
from reservations.requests.bell import parts_of
from tests.harness.thorough import THOROUGH
from tests.make import make_members
from tests.reservations.requests.opening import at_the_page, coming_drop, file_many, open_now

pytestmark = pytest.mark.django_db
SURE = 5  # standard deviations: beyond them chance is no excuse


def is_likely(wins, tries, share):
    """Whether so many wins are within the bounds of the binomial distribution."""
    return abs(wins - tries * share) <= SURE * math.sqrt(tries * share * (1 - share)) + 0.5


def rush(drop, people, chance, *, size):
    """All people at the page reserve, in random order; how many got a pair."""
    in_order = chance.sample(people, len(people))
    for first in range(0, len(in_order), 200):
        claims = [HoldRequest(member.pk, chance.choice(size)) for member in in_order[first : first + 200]]
        grant(drop.pk, claims)
    return drop.reservations.filter(member__in=people).count()


def test_acceptance_61_both_get_their_share_over_many_drops(chance):
    """Three pairs of one size, 13 requests, 7 people: of 1.95 pairs for requests the rest is drawn anew for each drop."""
    people, asking = make_members(7), make_members(13)
    drops, pairs = 60 if THOROUGH else 20, 3
    won = {member.pk: 0 for member in (*people, *asking)}
    for _ in range(drops):
        drop = coming_drop({"9": pairs})
        at_the_page(drop, *people)
        file_many(drop, asking)
        open_now(drop)
        rush(drop, people, chance, size=[drop.sizes.get().pk])
        for hold in drop.reservations.all():
            won[hold.member_id] += 1
    by_request = sum(won[member.pk] for member in asking)
    assert sum(won.values()) == drops * pairs
    assert is_likely(by_request, drops * pairs, 13 / 20)
    assert all(is_likely(wins, drops, pairs / 20) for wins in won.values())


@pytest.mark.parametrize(
    ("requests", "people", "pairs"), [(500, 50, 10), pytest.param(50_000, 5_000, 1_000, marks=pytest.mark.thorough)]
)
def test_acceptance_61_a_crowd_of_requests_and_a_crowd_at_the_page(chance, requests, people, pairs):
    """Whoever comes first decides the round: the part of the requests is exact, and people get all the rest."""
    sizes = {f"{label}": pairs // 5 for label in range(8, 13)}
    drop, crowd = coming_drop(sizes), make_members(people)
    asking = make_members(requests)
    file_many(drop, asking)
    at_the_page(drop, *crowd, *chance.sample(asking, requests // 10))  # some look on besides: they count as requests
    open_now(drop)
    by_people = rush(drop, crowd, chance, size=[*drop.sizes.values_list("pk", flat=True)])
    by_request = PurchaseRequest.objects.filter(drop=drop, status="processing_payment").count()
    stored = RequestRound.objects.get(drop=drop)
    assert (stored.requests, stored.people) == (requests, people)
    assert by_request == sum(stored.parts.values())
    assert by_request + by_people == pairs
    assert is_likely(by_request, pairs, requests / (requests + people))
    assert is_likely(by_people, pairs, people / (requests + people))


def test_what_the_division_leaves_is_drawn_by_the_seed_with_just_that_chance(chance):
    sizes = [*coming_drop({"9": 1}).sizes.all()]
    seeds = (chance.randbytes(32) for _ in range(4000))
    kept = sum(sum(parts_of(seed, sizes, 3, 7).values()) for seed in seeds)
    assert is_likely(kept, 4000, 0.3)


def test_alone_each_side_gets_everything():
    drop = coming_drop({"9": 7, "10": 2})
    sizes = {size.pk: size.total for size in drop.sizes.all()}
    assert parts_of(b"seed", drop.sizes.all(), 5, 0) == sizes
    assert parts_of(b"seed", drop.sizes.all(), 0, 5) == dict.fromkeys(sizes, 0)
