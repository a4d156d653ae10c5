"""The shop against its reference model: any sequence of deeds gives the same answers, stock and facts.

`make thorough` looks at twenty times as many sequences.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Count, F
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from drops.facts import drop_facts
from drops.stock import counters as stock
from dropshop.core.errors import DropshopError
from dropshop.operating.audit import LEDGER
from reservations.holds import lifecycle
from reservations.holds import reserve as holds
from reservations.models import Payment, Purchase, Reservation, TestCharge
from reservations.purchases import buy as purchases
from reservations.purchases import reconcile
from tests.harness.thorough import DRAWN, THOROUGH
from tests.make import ADDRESS, make_drop, make_member, make_members
from tests.model.reference import LIMIT, Line, Reference
from tests.races.auditor import faults

SIZES = ("9", "10")
MEMBERS = st.integers(0, 3)


def said(deed: Any) -> str:
    """The deed's answer in a word."""
    try:
        answer = deed()
    except DropshopError as refusal:
        return refusal.code
    return "ok" if getattr(answer, "created", True) else "same"


class ShopMachine(RuleBasedStateMachine):
    """A drop of two sizes and four members; time passes by moving the drop's times into the past, never by waiting."""

    @initialize(totals=st.tuples(st.integers(0, 3), st.integers(1, 3)))
    def open(self, totals: tuple[int, int]) -> None:
        self.model = Reference({label: Line(total) for label, total in zip(SIZES, totals, strict=True)})
        self.drop = make_drop(dict(zip(SIZES, totals, strict=True)), limit_per_member=LIMIT, open_for=10**6)
        self.sizes = {size.label: size for size in self.drop.sizes.all()}
        self.members, self.staff = make_members(4), make_member()
        self.seen: dict[str, tuple[int, tuple[int, ...]]] = {}

    def pair(self, member: int) -> tuple[Any, Any]:
        """The member's newest hold, here and in the model."""
        newest = self.members[member].reservations.order_by("created_at").last()
        return newest, self.model.last(member)

    @rule(member=MEMBERS, size=st.sampled_from(SIZES))
    def reserve(self, member: int, size: str) -> None:
        found = said(lambda: holds.reserve(member=self.members[member], drop=self.drop, size=self.sizes[size]))
        assert found == self.model.reserve(member, size)

    @precondition(lambda self: self.model.holds)
    @rule(member=MEMBERS, more=st.booleans())
    def extend_or_cancel(self, member: int, more: bool) -> None:
        hold, expected = self.pair(member)
        if hold is not None:
            deed, model = (lifecycle.extend, self.model.extend) if more else (lifecycle.cancel, self.model.cancel)
            assert said(lambda: deed(hold.pk, member=hold.member)) == model(expected)

    @precondition(lambda self: self.model.holds)
    @rule(member=MEMBERS, card=st.sampled_from(["test_ok", "test_ok", "test_declined", "test_timeout"]))
    def buy(self, member: int, card: str) -> None:
        hold, expected = self.pair(member)
        if hold is not None:
            found = said(lambda: purchases.buy(hold.pk, member=hold.member, address=ADDRESS, payment_method=card))
            assert found == self.model.buy(expected, card)

    @rule(seconds=st.sampled_from([10, 30, 50, 60, 90, 310]))
    def time_passes(self, seconds: int) -> None:
        self.model.now += seconds
        shift = timedelta(seconds=seconds)
        times = "created_at", "expires_at", "pinned_until", "ended_at", "offered_at", "offered_by"
        self.drop.reservations.update(**{name: F(name) - shift for name in times})
        Payment.objects.filter(reservation__drop=self.drop).update(created_at=F("created_at") - shift)

    @rule()
    def sweep(self) -> None:
        lifecycle.expire_overdue()
        self.model.sweep()

    @rule()
    def settle(self) -> None:
        reconcile.reconcile_open()
        self.model.settle()

    @rule(size=st.sampled_from(SIZES), total=st.integers(0, 4))
    def adjust(self, size: str, total: int) -> None:
        found = said(lambda: stock.adjust(self.sizes[size].pk, total=total, reason="Counted", by=self.staff))
        assert found == self.model.adjust(size, total)

    @invariant()
    def the_stock_is_the_models_and_its_version_rises_with_every_change(self) -> None:
        for size in self.drop.sizes.all():
            counters = (size.total, size.available, size.reserved, size.sold)
            assert counters == self.model.counters(size.label)
            assert size.total == size.available + size.reserved + size.sold
            version, before = self.seen.get(size.label, (0, ()))
            assert size.version > version or (size.version == version and counters == before)
            self.seen[size.label] = size.version, counters

    @invariant()
    def screens_are_told_what_the_model_knows(self) -> None:
        (facts,) = drop_facts([self.drop])
        told = {
            size["size"]: (size["total"], size["available"], size["reserved"], size["sold"], bool(size["next_expiry"]))
            for size in facts["sizes"]
        }
        assert told == {label: self.model.facts(label) for label in SIZES}

    @invariant()
    def every_hold_stands_as_in_the_model_and_nobody_has_more_than_the_rules_allow(self) -> None:
        numbers = {member.pk: number for number, member in enumerate(self.members)}
        stored = self.drop.reservations.order_by("created_at").values_list("member", "size__label", "status")
        found = [(numbers[member], label, status) for member, label, status in stored]
        assert sorted(found) == sorted((hold.member, hold.size, hold.status) for hold in self.model.holds)
        mine = Reservation.objects.filter(drop=self.drop).order_by().values("member")
        assert not mine.filter(status="active").annotate(n=Count("pk")).filter(n__gt=1).exists()
        assert not mine.filter(status__in=["active", "completed"]).annotate(n=Count("pk")).filter(n__gt=LIMIT).exists()

    @invariant()
    def each_sale_took_its_price_once_and_nothing_else_took_any(self) -> None:
        sold = Purchase.objects.filter(drop=self.drop).count()
        keys = [str(pk) for pk in Payment.objects.filter(reservation__drop=self.drop).values_list("pk", flat=True)]
        taken = TestCharge.objects.filter(key__in=keys, captured__gt=0)
        assert list(taken.values_list("captured", flat=True)) == [self.drop.price] * sold
        assert faults(LEDGER) == []


@DRAWN
@pytest.mark.django_db
def test_any_sequence_of_deeds_does_what_the_reference_model_says(silent_bank):
    run_state_machine_as_test(
        ShopMachine,
        settings=settings(
            max_examples=10 * THOROUGH,
            stateful_step_count=25,
            derandomize=THOROUGH == 1,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
def test_control_a_shop_that_breaks_a_rule_is_found_out(silent_bank, monkeypatch):
    """The machine is worth something only if it fails: here lapsed holds are never ended."""
    for module in (lifecycle, holds):
        monkeypatch.setattr(module, "reclaim", lambda locked, moment: set())
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            ShopMachine,
            settings=settings(
                max_examples=40,
                stateful_step_count=25,
                derandomize=True,
                database=None,
                print_blob=False,
                report_multiple_bugs=False,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )


@pytest.fixture
def silent_bank(settings):
    """The silent bank is not waited for; its payments, and pairs that rest, are looked at as soon as any time has passed."""
    settings.PAYMENT_TIMEOUT = 0
    settings.GIVE_BACK_RESTS = 9.9
