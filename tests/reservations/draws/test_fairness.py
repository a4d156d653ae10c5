"""Thousands of draws: whose chance is whose (acceptance 46, 62). Each draw has a seed of its own, made of the number that is
said where a test fails."""

import math
import os
from collections import Counter

import pytest

from reservations.draws.compute import draw
from tests.reservations.draws.files import BEACON, entries_of, person

SEED = int(os.environ.get("DROPSHOP_SEED", "15"))
SIGMAS = 4.5  # of a fair draw one figure in 150,000 lies beyond


def chances(entries, stock, draws, *, loyalty=False, kind=lambda entry: len(entry.people)):
    """Of each kind of entry: how many heads were drawn for, how many of them got a pair."""
    asked, won = Counter(), Counter()
    for number in range(draws):
        places = draw(entries, stock, seed=f"{SEED}/{number}".encode(), beacon=BEACON, loyalty=loyalty)
        for place in places:
            asked[kind(place.entry)] += len(place.entry.people)
            won[kind(place.entry)] += len(place.sizes)
    return asked, won


def assert_alike(asked, won, heads=lambda kind: kind):
    """Every kind has the chance of all, within binomial bounds; the heads of an entry win together and count as one trial."""
    chance = won.total() / asked.total()
    for kind in asked:
        trials = asked[kind] / heads(kind)
        bound = SIGMAS * math.sqrt(chance * (1 - chance) / trials)
        share = won[kind] / asked[kind]
        assert abs(share - chance) < bound, f"seed {SEED}: {kind} wins {share:.4f}, all {chance:.4f}, bound {bound:.4f}"


def groups(counts, wish):
    """So many entries of each size of group; `wish` says what the person of a number asks for."""
    numbers = iter(range(100_000))
    return entries_of(
        *([person(n := next(numbers), *wish(n)) for _ in range(k)] for k, many in counts.items() for _ in range(many))
    )


# Ways in which groups and singles may meet: how many entries of one to four heads, the pairs of each size, who asks for what.
MEETINGS = {
    "one size": ({1: 240, 2: 30, 3: 20, 4: 15}, [60], lambda n: (1,)),
    "hardly a pair": ({1: 240, 2: 30, 3: 20, 4: 15}, [7], lambda n: (1,)),
    "mostly groups": ({1: 60, 2: 40, 3: 30, 4: 20}, [40], lambda n: (1,)),
    "pairs for most": ({1: 150, 2: 30, 3: 20, 4: 15}, [250], lambda n: (1,)),
    "five sizes": ({1: 240, 2: 30, 3: 20, 4: 15}, [12] * 5, lambda n: (n * 7919 % 5 + 1,)),
    "two choices of five": ({1: 240, 2: 30, 3: 20, 4: 15}, [12] * 5, lambda n: (n * 7919 % 5 + 1, (n * 7919 + 2) % 5 + 1)),
}


def assert_groups_are_singles(meeting, draws):
    counts, stock, wish = MEETINGS[meeting]
    asked, won = chances(groups(counts, wish), stock, draws)
    assert won.total() == draws * min(sum(stock), asked.total() // draws)
    assert_alike(asked, won)


@pytest.mark.parametrize("meeting", MEETINGS)
def test_the_chance_of_a_head_is_the_same_in_a_group(meeting):
    assert_groups_are_singles(meeting, draws=150)


@pytest.mark.thorough
@pytest.mark.parametrize("meeting", MEETINGS)
def test_the_chance_of_a_head_is_the_same_in_a_group_over_thousands_of_draws(meeting):
    assert_groups_are_singles(meeting, draws=2500)


def test_the_control_a_group_that_is_only_passed_over_loses(monkeypatch):
    """Without the rule for what is left of a few pairs, the simulation finds the groups' loss."""
    monkeypatch.setattr("reservations.draws.allot._Turns._freed", lambda self, wishes, some: None)
    with pytest.raises(AssertionError, match="wins"):
        assert_groups_are_singles("hardly a pair", draws=400)


@pytest.mark.parametrize("draws", [400, pytest.param(10_000, marks=pytest.mark.thorough)])
def test_every_rank_is_as_likely_as_any_other(draws):
    """Of each entry how often it had each rank: no figure, and not their spread, is beyond what chance does."""
    entries = entries_of(*([person(number, 1)] for number in range(20)))
    had = Counter()
    for number in range(draws):
        places = draw(entries, [5], seed=f"{SEED}/{number}".encode(), beacon=BEACON, loyalty=False)
        had.update((place.entry.leaf, rank) for rank, place in enumerate(places))
    expected = draws / 20
    bound = 5 * math.sqrt(expected * (1 - 1 / 20))
    assert all(abs(had[entry.leaf, rank] - expected) < bound for entry in entries for rank in range(20)), f"seed {SEED}"
    squares = sum((had[entry.leaf, rank] - expected) ** 2 / expected for entry in entries for rank in range(20))
    free = 19 * 19
    assert abs(squares - free) < SIGMAS * math.sqrt(2 * free), f"seed {SEED}: chi squared {squares:.0f} of {free}"


@pytest.mark.parametrize("draws", [600, pytest.param(6000, marks=pytest.mark.thorough)])
def test_a_loss_counts_as_much_as_is_said(draws):
    """For one pair the chance is the weight's share: 1, 1.15 for one loss, 2 for seven or more."""
    weights = {0: 100, 1: 115, 7: 200, 30: 200}
    entries = entries_of(*([person(number, 1, losses=lost)] for number, lost in enumerate((0, 0, 0, 1, 1, 7, 7, 30))))
    asked, won = chances(entries, [1], draws, loyalty=True, kind=lambda entry: entry.people[0].losses)
    everybody = sum(weights[entry.people[0].losses] for entry in entries)
    for lost, weight in weights.items():
        share, chance = won[lost] / asked[lost], weight / everybody
        bound = SIGMAS * math.sqrt(chance * (1 - chance) / asked[lost])
        assert abs(share - chance) < bound, f"seed {SEED}: {lost} losses win {share:.4f}, said {chance:.4f}"


@pytest.mark.parametrize("draws", [300, pytest.param(3000, marks=pytest.mark.thorough)])
def test_a_group_weighs_what_its_people_weigh_in_the_mean(draws):
    alone = [[person(number, 1, losses=2)] for number in range(12)]
    together = [[person(100 + 2 * number, 1, losses=4), person(101 + 2 * number, 1)] for number in range(6)]
    assert_alike(*chances(entries_of(*alone, *together), [4], draws, loyalty=True))
