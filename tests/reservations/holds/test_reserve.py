"""Reserving: H1, H2, H3, H6, H7, S4, and the name of every refusal."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from drops.models import Access, Drop
from dropshop.core.clock import iso
from dropshop.core.errors import Busy, Forbidden, Invalid, NotFound
from reservations.holds.errors import AllHeld, CoolingDown, LimitReached, SoldOut
from reservations.holds.lifecycle import cancel
from reservations.holds.reserve import HoldRequest, grant, reserve
from reservations.models import Reservation
from tests.make import lapse, make_drop, make_member, make_members, make_purchase, make_reservation

pytestmark = pytest.mark.django_db


def counters(drop, label="One size"):
    size = drop.sizes.get(label=label)
    return size.available, size.reserved, size.sold


def test_h1_a_hold_lasts_hold_seconds_from_the_grant_at_the_price_of_that_moment(alice):
    drop = make_drop({"9": 2}, hold_seconds=90, price=12345, currency="EUR")
    granted = reserve(member=alice, drop=drop, size=drop.sizes.get())
    hold = Reservation.objects.get(pk=granted.reservation.pk)
    assert granted.created
    assert hold.expires_at - hold.created_at == timedelta(seconds=90)
    assert (hold.status, hold.price, hold.currency, hold.extensions) == ("active", 12345, "EUR", 0)
    assert counters(drop, "9") == (1, 1, 0)
    Drop.objects.filter(pk=drop.pk).update(price=99999)
    assert Reservation.objects.get(pk=hold.pk).money.amount == "123.45"


def test_h2_the_database_refuses_a_second_active_hold_of_a_member_in_a_drop(alice):
    drop = make_drop({"9": 2, "10": 2})
    hold = make_reservation(alice, drop, "9")
    with pytest.raises(IntegrityError), transaction.atomic():
        Reservation.objects.create(
            drop=drop,
            size=drop.sizes.get(label="10"),
            member=alice,
            price=1,
            currency="USD",
            created_at=hold.created_at,
            expires_at=hold.expires_at,
        )


def test_h3_reserving_again_returns_the_hold_unchanged_also_for_another_size(alice):
    drop = make_drop({"9": 2, "10": 2})
    first = make_reservation(alice, drop, "9")
    for label in ("9", "10"):
        again = reserve(member=alice, drop=drop, size=drop.sizes.get(label=label))
        assert not again.created
        assert again.reservation == first
        assert again.reservation.expires_at == first.expires_at
        assert again.reservation.size.label == "9"
    assert (counters(drop, "9"), counters(drop, "10")) == ((1, 1, 0), (2, 0, 0))


def test_a_drop_with_one_size_needs_no_choice_and_others_do(alice):
    assert reserve(member=alice, drop=make_drop(1)).reservation.size.label == "One size"
    for run in ({"9": 1, "10": 1}, {}):
        with pytest.raises(Invalid) as refused:
            reserve(member=alice, drop=make_drop(run))
        assert list(refused.value.facts["errors"]) == ["size"]


def test_s4_a_lapsed_hold_is_free_to_the_next_shopper_though_nobody_swept(alice, bob):
    """Acceptance 7: sweeper and beat stopped, 60 s pass: the pair reads available and can be reserved."""
    drop = make_drop(1)
    hold = make_reservation(alice, drop)
    with pytest.raises(AllHeld):
        reserve(member=bob, drop=drop)
    lapse(hold)
    assert reserve(member=bob, drop=drop).created
    hold.refresh_from_db()
    assert hold.status == "expired"
    assert counters(drop) == (0, 1, 0)


def test_a_member_whose_hold_lapsed_may_take_another_size_though_nobody_swept(alice):
    drop = make_drop({"9": 1, "10": 1})
    hold = make_reservation(alice, drop, "10")
    lapse(hold)
    assert reserve(member=alice, drop=drop, size=drop.sizes.get(label="9")).created
    assert (counters(drop, "9"), counters(drop, "10")) == ((0, 1, 0), (1, 0, 0))


def test_l2_all_held_says_when_a_pair_may_return_and_sold_out_says_it_will_not(alice, bob, charlie):
    drop = make_drop(2)
    first = make_reservation(alice, drop)
    make_reservation(bob, drop)
    with pytest.raises(AllHeld) as refused:
        reserve(member=charlie, drop=drop)
    assert refused.value.facts == {"size": "One size", "retry_at": iso(first.expires_at)}
    cancel(first.pk, member=alice)
    make_purchase(alice, drop)
    with pytest.raises(AllHeld):
        reserve(member=charlie, drop=drop)
    for hold in bob.reservations.all():
        cancel(hold.pk, member=bob)
    make_purchase(bob, drop)
    with pytest.raises(SoldOut) as refused:
        reserve(member=charlie, drop=drop)
    assert refused.value.facts == {"size": "One size"}


def test_h6_the_limit_counts_purchases_and_the_hold_over_all_sizes(alice):
    drop = make_drop({"9": 5, "10": 5}, limit_per_member=2)
    make_purchase(alice, drop, "9")
    held = make_reservation(alice, drop, "10")
    assert not reserve(member=alice, drop=drop, size=drop.sizes.get(label="9")).created
    cancel(held.pk, member=alice)
    make_purchase(alice, drop, "10")
    with pytest.raises(LimitReached) as refused:
        reserve(member=alice, drop=drop, size=drop.sizes.get(label="9"))
    assert refused.value.facts == {"limit": 2}
    assert reserve(member=alice, drop=make_drop(1)).created, "another drop has a limit of its own"


def test_h6_a_refunded_pair_does_not_count(alice):
    drop = make_drop(5)
    purchase = make_purchase(alice, drop)
    purchase.status = "refunded"
    purchase.save()
    assert reserve(member=alice, drop=drop).created


def test_h7_after_two_lapses_a_member_waits_five_minutes(alice, bob):
    drop = make_drop(5)
    lapse(make_reservation(alice, drop))
    lapse(make_reservation(alice, drop))
    with pytest.raises(CoolingDown) as refused:
        reserve(member=alice, drop=drop)
    last = max(alice.reservations.values_list("expires_at", flat=True))
    assert refused.value.facts == {"retry_at": iso(last + timedelta(minutes=5))}
    assert 290 < refused.value.retry_after <= 300
    assert reserve(member=bob, drop=drop).created
    assert reserve(member=alice, drop=make_drop(1)).created, "another drop has not seen her lapse"
    alice.reservations.filter(drop=drop).update(
        expires_at=last - timedelta(seconds=301), created_at=last - timedelta(seconds=361)
    )
    assert reserve(member=alice, drop=drop).created


def test_h7_a_hold_that_was_given_back_or_bought_is_no_lapse(alice):
    drop = make_drop(9, limit_per_member=9)
    for _ in range(3):
        cancel(make_reservation(alice, drop).pk, member=alice)
        make_purchase(alice, drop)
    assert reserve(member=alice, drop=drop).created


def test_h7_the_drop_says_how_many_lapses_and_how_long(alice):
    drop = make_drop(5, lapses_allowed=1, cooldown_seconds=60)
    lapse(make_reservation(alice, drop))
    with pytest.raises(CoolingDown) as refused:
        reserve(member=alice, drop=drop)
    assert 50 < refused.value.retry_after <= 60


def test_nobody_reserves_in_a_draft_in_no_drop_or_in_another_drops_size(alice):
    draft, drop, other = make_drop(1, published=False), make_drop(1), make_drop(1)
    for drop_id, size_id in (
        (draft.pk, draft.sizes.get().pk),
        (uuid4(), drop.sizes.get().pk),
        (drop.pk, other.sizes.get().pk),
        (drop.pk, 987654321),
    ):
        (answer,) = grant(drop_id, [HoldRequest(alice.pk, size_id)])
        assert isinstance(answer, NotFound)
    assert not Reservation.objects.exists()


def test_a_closed_account_and_a_stranger_get_no_pair(alice):
    drop = make_drop(2)
    alice.is_active = False
    alice.save()
    size = drop.sizes.get()
    answers = grant(drop.pk, [HoldRequest(alice.pk, size.pk), HoldRequest(uuid4(), size.pk)])
    assert [type(answer) for answer in answers] == [Forbidden, Forbidden]
    assert counters(drop) == (2, 0, 0)


def test_every_member_may_reserve_in_a_members_only_drop(alice):
    assert reserve(member=alice, drop=make_drop(1, access=Access.MEMBERS)).created


def test_a_batch_takes_as_many_statements_for_two_hundred_as_for_two():
    """Also where most are refused, and where lapsed holds must end first: nobody waits for a statement per shopper."""
    drop = make_drop({"9": 60, "10": 20})
    lapsed = [make_reservation(member, drop, "9") for member in make_members(40)]
    lapse(*lapsed)
    small = make_drop({"9": 1, "10": 1})
    lapse(make_reservation(make_member(), small, "9"))
    counts = []
    for some, size in ((small, 2), (drop, 200)):
        ids = list(some.sizes.values_list("pk", flat=True))
        # Two for each pair, so that somebody is refused in either drop.
        claims = [HoldRequest(member.pk, ids[place % 2]) for place, member in enumerate(make_members(size * 2))]
        with CaptureQueriesContext(connection) as asked:
            answers = grant(some.pk, claims)
        assert len(answers) == size * 2
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert (counters(drop, "9"), counters(drop, "10")) == ((0, 60, 0), (0, 20, 0))


def test_the_database_refuses_a_hold_of_another_drops_size():
    hold = make_reservation(make_member(), make_drop(1))
    Reservation.objects.filter(pk=hold.pk).update(size=make_drop(1).sizes.get())
    with pytest.raises(IntegrityError, match="reservation_size_in_its_drop"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_database_refuses_a_hold_of_a_drop_that_is_gone():
    hold = make_reservation(make_member(), make_drop(1))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE reservations_reservation SET drop_id = gen_random_uuid() WHERE id = %s", [hold.pk])
        with pytest.raises(IntegrityError, match="reservation_size_in_its_drop"):
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_who_is_answered_elsewhere_by_then_gets_nothing_and_the_others_what_is_theirs(alice):
    """Asked under the lock, and again where the batch is decided again; the control is whoever waits still."""
    drop, (gone, stays), asked = make_drop(3), make_members(2), []
    size = drop.sizes.get()

    def given_up():
        asked.append("FOR NO KEY UPDATE" in statements.captured_queries[-1]["sql"])
        return True

    claims = [HoldRequest(gone.pk, size.pk, given_up=given_up) for _ in range(2)]
    claims += [HoldRequest(stays.pk, size.pk, given_up=lambda: False), HoldRequest(alice.pk, size.pk)]
    for _ in range(2):
        with CaptureQueriesContext(connection) as statements:
            first, second, *others = grant(drop.pk, claims)
        assert isinstance(first, Busy)
        assert isinstance(second, Busy)
        assert [granted.reservation.member_id for granted in others] == [stays.pk, alice.pk]
        assert counters(drop) == (1, 2, 0)
    assert asked == [True, True]  # once for both
