"""H3, H4: more time, giving back, and the one end of every hold, with the name of what happened for whoever comes later."""

from datetime import timedelta

import pytest

from dropshop.core.clock import iso
from dropshop.core.errors import ConcurrentUpdate, NotFound
from reservations.holds.errors import AlreadyCancelled, AlreadyPurchased, ExtensionUsed, HoldExpired
from reservations.holds.lifecycle import cancel, end_holds, expire_overdue, extend
from reservations.purchases.buy import buy
from tests.make import ADDRESS, lapse, make_drop, make_members, make_reservation

pytestmark = pytest.mark.django_db


def purchase(reservation_id, *, member):
    return buy(reservation_id, member=member, address=ADDRESS, payment_method="test_ok")


def counters(drop):
    size = drop.sizes.get()
    return size.available, size.reserved, size.sold


def test_h3_more_time_is_given_once_and_adds_hold_seconds(alice):
    drop = make_drop(1, hold_seconds=60)
    hold = make_reservation(alice, drop)
    version = drop.sizes.get().version
    more = extend(hold.pk, member=alice)
    assert more.expires_at == hold.expires_at + timedelta(seconds=60)
    assert more.extensions_left == 0
    assert drop.sizes.get().version > version, "its next expiry is another, and screens must hear of it"
    with pytest.raises(ExtensionUsed) as refused:
        extend(hold.pk, member=alice)
    assert refused.value.facts == {"expires_at": iso(more.expires_at)}


def test_h3_a_drop_may_allow_more_or_no_extensions(alice, bob):
    generous, strict = make_drop(1, max_extensions=2), make_drop(1, max_extensions=0)
    hold = make_reservation(alice, generous)
    assert [extend(hold.pk, member=alice).extensions_left for _ in range(2)] == [1, 0]
    with pytest.raises(ExtensionUsed):
        extend(make_reservation(bob, strict).pk, member=bob)


def test_giving_back_frees_the_pair_and_doing_it_twice_changes_nothing(alice):
    drop = make_drop(1)
    hold = make_reservation(alice, drop)
    assert cancel(hold.pk, member=alice).status == "cancelled"
    before = drop.sizes.get().version
    assert cancel(hold.pk, member=alice).status == "cancelled"
    assert counters(drop) == (1, 0, 0)
    assert drop.sizes.get().version == before


def test_the_sweep_ends_every_overdue_hold_and_no_other():
    drops = [make_drop(5), make_drop(5)]
    holds = [make_reservation(member, drop) for drop in drops for member in make_members(3)]
    lapse(holds[0], holds[1], holds[3])
    assert expire_overdue() == 2
    assert [type(hold).objects.get(pk=hold.pk).status for hold in holds] == [
        *("expired", "expired", "active"),
        *("expired", "active", "active"),
    ]
    assert [counters(drop) for drop in drops] == [(4, 1, 0), (3, 2, 0)]
    assert expire_overdue() == 0


@pytest.mark.parametrize(
    ("ending", "named"),
    [
        ("bought", {extend: AlreadyPurchased, cancel: AlreadyPurchased}),
        ("cancelled", {extend: AlreadyCancelled, purchase: AlreadyCancelled}),
        ("lapsed", {extend: HoldExpired, cancel: HoldExpired, purchase: HoldExpired}),
        ("swept", {extend: HoldExpired, cancel: HoldExpired, purchase: HoldExpired}),
    ],
)
def test_h4_whoever_comes_after_the_end_gets_the_name_of_what_happened(alice, ending, named):
    drop = make_drop(1)
    hold = make_reservation(alice, drop)
    facts = {}
    if ending == "bought":
        facts = {"purchase": str(purchase(hold.pk, member=alice).purchase.pk)}
    elif ending == "cancelled":
        cancel(hold.pk, member=alice)
    else:
        lapse(hold)
        facts = {"expires_at": iso(hold.expires_at)}
        if ending == "swept":
            assert expire_overdue() == 1
    before = counters(drop)
    for late, name in named.items():
        with pytest.raises(name) as refused:
            late(hold.pk, member=alice)
        assert refused.value.facts == facts
    assert counters(drop) == before
    assert expire_overdue() == (1 if ending == "lapsed" else 0)


def test_nobody_touches_somebody_elses_hold_or_learns_that_it_exists(alice, charlie):
    hold = make_reservation(alice, make_drop(1))
    for deed in (extend, cancel, purchase):
        with pytest.raises(NotFound):
            deed(hold.pk, member=charlie)
    hold.refresh_from_db()
    assert (hold.status, hold.extensions, hold.pinned_until) == ("active", 0, None)


@pytest.mark.django_db(transaction=True)
def test_screens_and_the_owner_are_told_after_the_commit_and_only_the_owner_of_the_hold(heard, alice, bob):
    drop = make_drop(1)
    hold = make_reservation(alice, drop)
    cancel(hold.pk, member=alice)
    lapse(make_reservation(bob, drop))
    expire_overdue()
    assert [event["type"] for event in heard.events] == [
        *("stock-updated", "reservation-created"),
        *("reservation-ended", "stock-recovered"),
        *("stock-updated", "reservation-created"),
        *("reservation-ended", "stock-recovered"),
    ]
    versions = [event["version"] for event in heard.of("stock-updated", "stock-recovered")]
    assert versions == sorted(set(versions)), "L1: every message has a later version"
    assert [event["available"] for event in heard.of("stock-updated", "stock-recovered")] == [0, 1, 0, 1]
    private = heard.of("reservation-created", "reservation-ended")
    assert [event["to"] for event in private] == [str(alice.pk)] * 2 + [str(bob.pk)] * 2
    assert [event["reservation"]["status"] for event in private] == ["active", "cancelled", "active", "expired"]


@pytest.mark.django_db(transaction=True)
def test_nobody_is_told_of_what_was_rolled_back(heard, alice):
    from django.db import transaction

    drop = make_drop(1)
    with transaction.atomic():
        make_reservation(alice, drop)
        transaction.set_rollback(True)
    assert heard.events == []
    assert counters(drop) == (1, 0, 0)


@pytest.mark.parametrize("status", ["completed", "expired", "cancelled"])
def test_h4_an_end_that_comes_second_undoes_itself_whoever_forgot_to_look(alice, status):
    """The last guard: compare-and-set, also where the caller's own check was wrong."""
    hold = make_reservation(alice, make_drop(1))
    cancel(hold.pk, member=alice)
    with pytest.raises(ConcurrentUpdate):
        end_holds([hold], status, hold.expires_at)
    hold.refresh_from_db()
    assert hold.status == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_a_pair_that_came_back_and_is_gone_again_is_not_announced_as_recovered(heard, alice, bob):
    drop = make_drop(1)
    lapse(make_reservation(alice, drop))
    heard.events.clear()
    make_reservation(bob, drop)
    (told,) = heard.of("stock-updated", "stock-recovered")
    assert (told["type"], told["available"], told["reserved"]) == ("stock-updated", 0, 1)
