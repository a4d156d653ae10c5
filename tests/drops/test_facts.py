"""What screens are told of a drop: absolute, true at one moment, and three states kept apart (L1, L2, L5)."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from drops.facts import drop_facts, find_drop, snapshot
from drops.models import Access
from dropshop.core.clock import iso
from reservations.holds.lifecycle import cancel, extend
from tests.make import lapse, make_drop, make_member, make_members, make_purchase, make_reservation

pytestmark = pytest.mark.django_db


def stock_of(drop, label="One size"):
    (facts,) = drop_facts([drop])
    (size,) = [size for size in facts["sizes"] if size["size"] == label]
    return {name: size[name] for name in ("total", "available", "reserved", "sold", "next_expiry")}


def test_a_lapsed_hold_reads_as_available_before_anybody_swept(alice, bob):
    """Acceptance 7 (facts): sweeper and beat stopped, the time passes: the pair reads available."""
    drop = make_drop(2)
    gone, standing = make_reservation(alice, drop), make_reservation(bob, drop)
    lapse(gone)
    assert stock_of(drop) == {
        "total": 2,
        "available": 1,
        "reserved": 1,
        "sold": 0,
        "next_expiry": iso(standing.expires_at),
    }
    size = drop.sizes.get()
    assert (size.available, size.reserved) == (0, 2), "nothing was swept"


def test_l2_available_all_held_and_sold_out_are_three_things(alice):
    drop = make_drop(1)
    assert stock_of(drop) == {"total": 1, "available": 1, "reserved": 0, "sold": 0, "next_expiry": None}
    hold = make_reservation(alice, drop)
    expected = {"total": 1, "available": 0, "reserved": 1, "sold": 0}
    assert stock_of(drop) == expected | {"next_expiry": iso(hold.expires_at)}
    later = extend(hold.pk, member=alice)
    assert stock_of(drop) == expected | {"next_expiry": iso(later.expires_at)}
    cancel(hold.pk, member=alice)
    make_purchase(alice, drop)
    assert stock_of(drop) == {"total": 1, "available": 0, "reserved": 0, "sold": 1, "next_expiry": None}


def test_the_next_expiry_is_that_of_the_first_hold_which_still_stands():
    drop = make_drop({"9": 5, "10": 5})
    *holds, lapsed = [make_reservation(member, drop, "9") for member in make_members(4)]
    elsewhere = make_reservation(make_member(), drop, "10")
    lapse(lapsed)
    assert stock_of(drop, "9")["next_expiry"] == iso(min(hold.expires_at for hold in holds))
    assert stock_of(drop, "10")["next_expiry"] == iso(elsewhere.expires_at)


def test_l5_only_members_who_opted_in_are_named(alice, bob):
    drop = make_drop(5, limit_per_member=2)
    make_purchase(bob, drop)
    make_purchase(alice, drop)
    make_purchase(alice, drop)
    (facts,) = drop_facts([drop])
    assert [sale["buyer"] for sale in facts["recent_buyers"]] == ["alice", "alice", "someone"]
    assert facts["top_purchasers"] == [{"buyer": "alice", "pairs": 2}]
    assert "bob" not in str(facts)


def test_the_ticker_ends_after_ten_names_and_the_ranking_after_five():
    drop = make_drop(12)
    for member in make_members(12, shows_name=True):
        make_purchase(member, drop)
    (facts,) = drop_facts([drop])
    assert (len(facts["recent_buyers"]), len(facts["top_purchasers"])) == (10, 5)


def test_one_drop_and_three_take_the_same_number_of_statements(alice):
    from drops.models import Drop

    drops = [make_drop({"9": 2, "10": 2}) for _ in range(3)]
    for drop in drops:
        make_purchase(alice, drop, "9")
        make_reservation(make_member(), drop, "10")
    counts = []
    for some in (drops[:1], drops):
        fresh = list(Drop.objects.filter(pk__in=[drop.pk for drop in some]))
        with CaptureQueriesContext(connection) as asked:
            facts = drop_facts(fresh, viewer=alice)
        assert [len(one["recent_buyers"]) for one in facts] == [1] * len(some)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 5


def test_the_drops_come_in_the_order_they_were_given():
    drops = [make_drop(1) for _ in range(3)][::-1]
    assert [facts["id"] for facts in drop_facts(drops)] == [str(drop.pk) for drop in drops]
    assert drop_facts([]) == []


def test_a_drop_is_found_by_id_and_by_slug_and_a_draft_is_not():
    drop, draft = make_drop(1, slug="moon-boot"), make_drop(1, published=False)
    assert find_drop(drop.pk) == find_drop(str(drop.pk)) == find_drop("moon-boot") == drop
    assert [find_drop(draft.pk), find_drop(draft.slug), find_drop(uuid4()), find_drop("nothing"), find_drop("")] == [None] * 5


@pytest.mark.parametrize("name", ["\x00", "a\x00b", "x" * 5000, "'; --", "🥾"])
def test_no_name_a_stranger_may_send_breaks_the_search(name):
    assert find_drop(name) is None
    assert snapshot(name) is None


def test_the_snapshot_has_everything_a_screen_needs_and_keeps_closed_drops_closed(alice):
    drop = make_drop({"9": 2})
    told = snapshot(drop.slug)
    assert told["type"] == "snapshot"
    assert told["drop"] == str(drop.pk)
    assert [(size["size"], size["available"], size["version"]) for size in told["sizes"]] == [("9", 2, 1)]
    assert set(told) == {
        *("type", "drop", "title", "price", "phase", "starts_at", "ends_at", "called_off", "sizes"),
        *("recent_buyers", "top_purchasers", "server_time", "complete"),
    }
    closed = make_drop(1, access=Access.MEMBERS)
    told = [snapshot(closed.pk, viewer=viewer) for viewer in (None, alice)]
    assert [(one["complete"], len(one["sizes"])) for one in told] == [(False, 0), (True, 1)]
