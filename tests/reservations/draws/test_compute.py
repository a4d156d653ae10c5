"""The computation of a draw, piece by piece: what is in docs/draws.md, checked."""

import math
import random

import pytest

from reservations.draws.allot import allot
from reservations.draws.compute import ONE, commitment_of, draw, in_order, lot_of, minus_log, weighed
from reservations.draws.leaves import Entry, Malformed, Person, entry_lines, make_entry, mark_of, read_entries, root_of
from tests.reservations.draws.files import BEACON, DROP, SEED, entries_of, person

FIRST = b"\x00" * 31 + b"\xff"  # lots in their order; the coin, in their last eight bytes, is small


def lots(*lists, coin=0):
    """Entries in this order of rank: of each the sizes of its people."""
    return [
        (number.to_bytes(24) + coin.to_bytes(8), Entry(str(number), tuple(Person("", 0, sizes) for sizes in people)))
        for number, people in enumerate(lists)
    ]


def got(order, stock):
    return [place.sizes for place in allot(order, stock)]


def test_the_vectors_of_the_document():
    mark = mark_of("00112233445566778899aabbccddeeff", "2b1f8c1e-6f57-4a4d-8f0e-1f9f2a3b4c5d")
    assert mark == "853338fa25ac51ebeeafbdcee3ee062f60a3f04f3d1702b4a42e967ac82515ba"
    entry = make_entry(DROP, [Person(mark, 0, (3, 4))])
    assert entry.leaf == "8ed52c36d9e0f71c1da12751ba596bdc762c12dc59aaee53006c7a8a7f210e63"
    assert root_of([entry.leaf]) == "247889f57290809537c144aa1695cae293cddb817ed55fff7f4f153a00c25877"
    assert commitment_of(SEED) == "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
    lot = lot_of(SEED, BEACON, entry.leaf)
    assert lot.hex() == "07659c0b0fc1f5de5633ea833f6821b5391da5405b9d7a532d199ce11d2aef70"
    assert minus_log(ONE) == 0
    assert minus_log(1) == 818323753292969962163
    assert minus_log(ONE // 3) == 20265819725292939627
    assert weighed(lot, [Person(mark, 1, (3,))]) == 470309285103181563


@pytest.mark.parametrize("number", [1, 2, 3, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, ONE - 1, ONE])
def test_the_logarithm_is_right_to_the_fifteenth_digit(number):
    assert minus_log(number) / ONE == pytest.approx(-math.log(number / ONE), rel=1e-15, abs=1e-18)


def test_entries_stand_in_the_order_of_their_lots():
    entries = entries_of(*([person(number, 1)] for number in range(50)))
    order = in_order(entries, SEED, BEACON, loyalty=False)
    assert [lot for lot, _ in order] == sorted(lot_of(SEED, BEACON, entry.leaf) for entry in entries)


def test_loyalty_without_losses_changes_nothing():
    entries = entries_of(*([person(number, 1)] for number in range(50)))
    assert in_order(entries, SEED, BEACON, loyalty=True) == in_order(entries, SEED, BEACON, loyalty=False)


def test_losses_do_not_count_where_loyalty_is_off():
    entries = entries_of(*([person(number, 1, losses=number % 9)] for number in range(50)))
    order = in_order(entries, SEED, BEACON, loyalty=False)
    assert order == sorted(order)


def test_each_gets_the_first_of_their_sizes_that_is_left():
    order = lots([(1, 2)], [(1, 2)], [(1, 2)], [(2, 3)], [(3,)])
    assert got(order, [1, 1, 2]) == [(1,), (2,), (), (3,), (3,)]


def test_the_rest_waits_for_each_size_in_order_of_rank():
    places = allot(lots([(1,)], [(1, 2)], [(2, 1)], [(1,), (1,)], [(1,)]), [1, 0])
    assert [place.waits for place in places] == [(), ((1, 1), (2, 1)), ((1, 2), (2, 2)), ((1, 3),), ((1, 5),)]


def test_a_group_wins_as_a_whole_and_finds_the_choice_by_which_all_get_one():
    assert got(lots([(1, 2), (1,)]), [1, 1]) == [(2, 1)]


def test_a_group_that_nothing_is_left_for_loses():
    assert got(lots([(1,)], [(1,), (1,)]), [1]) == [(1,), ()]


def test_singles_who_won_last_step_back_for_a_group_that_wins_its_coin():
    order = lots([(1,)], [(1,)], [(1,), (1,)])
    places = allot(order, [3])
    assert [place.sizes for place in places] == [(1,), (), (1, 1)]
    assert [place.stepped_back for place in places] == [False, True, False]


def test_whoever_steps_back_gets_what_else_they_asked_for():
    places = allot(lots([(1,)], [(1, 2)], [(1,), (1,)], *[[(3,)]] * 20), [3, 1, 0])
    assert [place.sizes for place in places][:3] == [(1,), (2,), (1, 1)]
    assert not any(place.stepped_back for place in places)


def test_a_group_that_loses_its_coin_leaves_the_pairs_to_the_next():
    order = lots([(1,)], [(1,)], [(1,), (1,)], [(1,)], coin=ONE - 1)
    assert got(order, [3]) == [(1,), (1,), (), (1,)]


def test_a_group_takes_no_pair_from_a_group():
    assert got(lots([(1,), (1,)], [(1,), (1,)]), [3]) == [(1, 1), ()]


@pytest.mark.parametrize("seed", range(40))
def test_no_pair_is_given_twice_and_none_is_left_that_somebody_waits_for(seed):
    drawn = random.Random(seed)
    stock = [drawn.randint(0, 6) for _ in range(4)]
    people = [
        [tuple(drawn.sample(range(1, 5), drawn.randint(1, 3))) for _ in range(drawn.choice((1, 1, 1, 2, 3, 4)))]
        for _ in range(30)
    ]
    order = [(drawn.randbytes(32), entry) for _, entry in lots(*people)]
    places = allot(sorted(order), stock)
    for size, pairs in enumerate(stock, 1):
        given = sum(place.sizes.count(size) for place in places)
        waiting = [place for place in places if len(place.entry.people) == 1 and dict(place.waits).get(size)]
        assert given == pairs or (given < pairs and not waiting), f"seed {seed}"
    for place in places:
        assert len(place.sizes) in (0, len(place.entry.people))
        assert all(size in person.sizes for size, person in zip(place.sizes, place.entry.people, strict=False))


def test_a_list_is_read_as_it_was_written():
    entries = entries_of([person(1, 2, 1)], [person(2, 1), person(3, 3, 2, losses=4)])
    assert read_entries(entry_lines(entries), DROP, 3) == entries


def test_what_is_wrong_with_a_list_is_named():
    entries = entries_of([person(1, 2, 1)], [person(2, 1)])
    head, first, second = entry_lines(entries)
    for lines, fault in {
        (first, second): "entries.csv does not begin with its columns",
        (head, second, first): "line 3: the leaves are not in order",
        (head, first, first): "line 3: the leaves are not in order",
        (head, first.replace(":0:", ":1:")): "line 2: the leaf is not the hash of its entry",
    }.items():
        with pytest.raises(Malformed, match=f"^{fault}$"):
            read_entries(lines, DROP, 2)
    for text in ("", "x", "a:0:", "a:0:4", "a:0:1>1", "a:b:1", "a:0:1+" * 4 + "a:0:1"):
        with pytest.raises(Malformed, match=r"^line 2: this is no entry$"):
            read_entries([head, f"{make_text(text)},{text}"], DROP, 3)


def make_text(text):
    from reservations.draws.leaves import leaf_of

    return leaf_of(DROP, text)


def test_another_seed_or_beacon_is_another_draw():
    entries = entries_of(*([person(number, 1)] for number in range(20)))

    def ranks(seed, beacon):
        return [place.entry for place in draw(entries, [3], seed=seed, beacon=beacon, loyalty=False)]

    assert ranks(SEED, BEACON) == ranks(SEED, BEACON)
    assert ranks(SEED, BEACON) != ranks(SEED, "drand:00") != ranks(bytes(32), "drand:00")
