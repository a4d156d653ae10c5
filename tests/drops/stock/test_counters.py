"""S1, S2, S5: the counters balance whatever anybody tries, and only the deeds move them."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from drops.models import Size, StockAdjustment
from drops.stock import counters as stock
from dropshop.core.errors import Invalid, NotFound
from reservations.holds.reserve import HoldRequest, grant, reserve
from tests.make import make_drop, make_members, make_purchase, make_reservation

pytestmark = pytest.mark.django_db


def counters(size):
    size.refresh_from_db()
    return size.total, size.available, size.reserved, size.sold


@pytest.mark.parametrize(
    "nonsense",
    [
        {"sold": F("sold") + 1},
        {"available": F("available") - 1},
        {"total": F("total") + 1},
        {"available": F("available") - 4, "reserved": F("reserved") + 4},
        {"available": F("available") + 1, "reserved": F("reserved") - 1},
        {"available": F("available") + 1, "sold": F("sold") - 1},
    ],
)
def test_s1_the_database_refuses_counters_that_do_not_balance_or_are_below_zero(nonsense):
    size = make_drop(3).sizes.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Size.objects.filter(pk=size.pk).update(**nonsense)
    assert counters(size) == (3, 3, 0, 0)


def sell(locked, pairs):
    """As if so many holds of the size ended as sales."""
    ended = "SELECT %(size)s::bigint AS size_id FROM generate_series(1, %(pairs)s)"
    sizes, counts = stock.sell_ended({locked.pk: locked}, {"ended": ended}, ended="ended", size=locked.pk, pairs=pairs)
    assert (sizes, counts) == ([locked], [pairs])


def test_s1_every_move_of_a_pair_raises_the_version():
    size = make_drop(5).sizes.get()
    seen = [size.version]
    for member in make_members(2):
        make_reservation(member, size.drop)
        seen.append(Size.objects.get(pk=size.pk).version)
    with transaction.atomic():
        locked = stock.lock_sizes([size.pk])[size.pk]
        for move in (stock.release, sell):
            move(locked, 1)
            seen.append(Size.objects.get(pk=size.pk).version)
        stock.bump_version(locked)
        seen.append(Size.objects.get(pk=size.pk).version)
    assert seen == sorted(set(seen))
    assert counters(size) == (5, 4, 0, 1)
    assert (locked.total, locked.available, locked.reserved, locked.sold, locked.version) == (5, 4, 0, 1, seen[-1])


def test_s2_a_size_is_locked_in_a_way_that_lets_inserts_point_at_it(django_assert_num_queries):
    drop = make_drop({"9": 1, "10": 1})
    pks = sorted(drop.sizes.values_list("pk", flat=True), reverse=True)
    with transaction.atomic(), django_assert_num_queries(1) as asked:
        locked = stock.lock_sizes(pks)
    assert list(locked) == sorted(locked)
    assert "FOR NO KEY UPDATE" in asked[0]["sql"]
    assert "ORDER BY" in asked[0]["sql"]


def test_s5_staff_raise_and_lower_the_total_with_a_reason_on_record(staff):
    size = make_drop(5).sizes.get()
    raised = stock.adjust(size.pk, total=8, reason="  A box was found ", by=staff)
    assert counters(size) == (8, 8, 0, 0)
    assert raised.version == size.version == 2
    stock.adjust(size.pk, total=2, reason="Water damage", by=staff)
    assert counters(size) == (2, 2, 0, 0)
    assert list(StockAdjustment.objects.order_by("pk").values_list("by", "total_before", "total_after", "reason")) == [
        (staff.pk, 5, 8, "A box was found"),
        (staff.pk, 8, 2, "Water damage"),
    ]


def test_s5_the_same_total_again_changes_nothing(staff):
    size = make_drop(5).sizes.get()
    assert stock.adjust(size.pk, total=5, reason="Counted", by=staff).version == 1
    assert not StockAdjustment.objects.exists()


def test_acceptance_21_a_total_below_what_is_held_and_sold_is_refused_with_the_numbers(staff):
    """Acceptance 21: 90 sold or held, staff set total 80: refused, with the numbers."""
    drop = make_drop(100)
    members = make_members(90)
    for member in members[:3]:
        make_purchase(member, drop)
    size = drop.sizes.get()
    grant(drop.pk, [HoldRequest(member.pk, size.pk) for member in members[3:]])
    with transaction.atomic():
        sell(stock.lock_sizes([size.pk])[size.pk], 47)
    with pytest.raises(stock.BelowCommitted) as refused:
        stock.adjust(size.pk, total=80, reason="Too many", by=staff)
    assert refused.value.facts == {"reserved": 40, "sold": 50, "minimum": 90, "total": 80}
    assert (refused.value.code, refused.value.status) == ("below_committed", 409)
    assert counters(size) == (100, 10, 40, 50)
    assert not StockAdjustment.objects.exists()
    stock.adjust(size.pk, total=90, reason="Exactly what is committed", by=staff)
    assert counters(size) == (90, 0, 40, 50)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_s5_an_adjustment_wants_a_reason_that_fits(staff, reason):
    size = make_drop(5).sizes.get()
    with pytest.raises(Invalid) as refused:
        stock.adjust(size.pk, total=6, reason=reason, by=staff)
    assert list(refused.value.facts["errors"]) == ["reason"]
    assert counters(size) == (5, 5, 0, 0)


@pytest.mark.parametrize("total", [-1, 1_000_001, 10**12])
def test_s5_a_total_beyond_all_sense_is_refused(staff, total):
    size = make_drop(5).sizes.get()
    with pytest.raises(Invalid) as refused:
        stock.adjust(size.pk, total=total, reason="Absurd", by=staff)
    assert list(refused.value.facts["errors"]) == ["total"]


def test_an_adjustment_of_a_size_that_is_not_there_is_not_found(staff):
    with pytest.raises(NotFound):
        stock.adjust(987654321, total=1, reason="Why not", by=staff)


def test_a_size_that_is_raised_after_selling_out_sells_again(staff, alice, bob):
    drop = make_drop(1)
    make_purchase(alice, drop)
    stock.adjust(drop.sizes.get().pk, total=2, reason="A box was found", by=staff)
    assert reserve(member=bob, drop=drop).created


def test_acceptance_22_saving_a_size_as_an_old_form_would_leaves_the_counters_alone(staff):
    """Acceptance 22 (deed side): a form opened before 30 sales and saved after may write what it shows, never the counters."""
    drop = make_drop(40)
    form = Size.objects.get(drop=drop)
    for member in make_members(2):
        make_purchase(member, drop)
    make_reservation(staff, drop)
    form.label, form.total, form.available = "One", 50, 50
    form.save()
    assert counters(form) == (40, 37, 1, 2)
    assert form.label == "One"
    editable = {field.name for field in Size._meta.fields if field.editable}
    assert not {"available", "reserved", "sold", "version"} & editable
