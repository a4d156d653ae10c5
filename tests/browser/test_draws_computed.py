"""The computation in the browser against the shop's own, on draws of every kind."""

import random
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from reservations.draws.allot import rank_lines
from reservations.draws.compute import draw
from reservations.draws.leaves import entry_lines
from tests.harness.shop import Shop
from tests.reservations.draws.files import BEACON, SEED, entries_of, person

Open = Callable[..., Page]
COMPUTE = """async ([csv, seed, beacon, loyalty, stock]) => {
  const { allot, inOrder, ranksCsv, readEntries } = await import("/static/js/draws/compute.js");
  const order = await inOrder(readEntries(csv), { seed, beacon, loyalty });
  return ranksCsv(order, allot(order, stock));
}"""


@pytest.mark.parametrize("loyalty", [False, True])
def test_the_browser_comes_to_the_same_ranks_as_the_shop(shop: Shop, open_page: Open, loyalty: bool) -> None:
    page = open_page("/")
    for seed in range(25):
        drawn = random.Random(seed)
        numbers, sizes = iter(range(10_000)), drawn.randint(1, 5)
        groups = [
            [
                person(
                    next(numbers), *drawn.sample(range(1, sizes + 1), drawn.randint(1, sizes)), losses=drawn.choice((0, 1, 9))
                )
                for _ in range(drawn.choice((1, 1, 2, 3, 4)))
            ]
            for _ in range(drawn.randint(1, 80))
        ]
        entries, stock = entries_of(*groups), [drawn.randint(0, 12) for _ in range(sizes)]
        ours = "".join(rank_lines(draw(entries, stock, seed=SEED, beacon=BEACON, loyalty=loyalty)))
        theirs = page.evaluate(COMPUTE, ["".join(entry_lines(entries)), SEED.hex(), BEACON, loyalty, stock])
        assert theirs == ours, f"seed {seed}"
