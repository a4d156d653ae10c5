"""The ledger: what is earned, spent and taken back, and what the database refuses whoever asks."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, ProgrammingError, connection, transaction

from community.karma import ledger
from community.models import KarmaAccount, KarmaEntry, KarmaLevel, KarmaRule, KarmaTransfer, Notice
from dropshop.core.errors import Forbidden, Invalid

pytestmark = pytest.mark.django_db


def test_an_award_moves_points_from_the_house_to_the_member(alice):
    transfer = ledger.award(alice, "restock-confirmed", source="restock:1")
    assert ledger.balance_of(alice) == 10
    assert sorted(transfer.entries.values_list("points", "balance")) == [(-10, None), (10, 10)]


def test_one_cause_is_rewarded_once(alice):
    first, second = (ledger.award(alice, "restock-confirmed", source="restock:1") for _ in range(2))
    assert (first, ledger.balance_of(alice)) == (second, 10)


def test_the_days_cap_is_the_rules(alice):
    KarmaRule.objects.filter(code="restock-confirmed").update(daily_cap=25)
    points = [ledger.award(alice, "restock-confirmed", source=f"restock:{number}") for number in range(4)]
    assert ([transfer is not None for transfer in points], ledger.balance_of(alice)) == ([True, True, True, False], 25)


def test_spending_more_than_there_is_is_refused_with_the_numbers(alice):
    with pytest.raises(ledger.NotEnoughKarma) as refusal:
        ledger.spend(alice, "raffle-entry", source="draw:1")
    assert (refusal.value.facts, KarmaTransfer.objects.count()) == ({"balance": 0, "needed": 5}, 0)


def test_what_is_taken_back_after_it_was_spent_is_paid_of_the_next_points(alice):
    ledger.award(alice, "restock-confirmed", source="restock:1")
    ledger.spend(alice, "raffle-entry", source="draw:1")
    for _ in range(2):
        ledger.take_back(alice, "restock-confirmed", source="restock:1")
    assert (ledger.balance_of(alice), alice.karma.owed) == (0, 5)
    ledger.award(alice, "restock-confirmed", source="restock:2")
    alice.karma.refresh_from_db()
    assert (ledger.balance_of(alice), alice.karma.owed) == (5, 0)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE community_karmatransfer SET note = 'other'",
        "DELETE FROM community_karmatransfer",
        "UPDATE community_karmaentry SET points = 1000",
        "DELETE FROM community_karmaentry",
        "TRUNCATE community_karmatransfer CASCADE",
        "TRUNCATE community_karmaentry",
        "TRUNCATE community_karmaaccount CASCADE",
    ],
)
def test_the_database_refuses_to_change_delete_or_empty_what_is_written(alice, change):
    ledger.award(alice, "restock-confirmed", source="restock:1")
    connection.check_constraints()  # what COMMIT would ask
    refused = "Cannot (update or delete rows from|truncate the)"
    with pytest.raises(ProgrammingError, match=refused), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_the_database_keeps_the_balance_and_lets_nobody_else_write_it(alice):
    ledger.award(alice, "restock-confirmed", source="restock:1")
    with pytest.raises(IntegrityError), transaction.atomic():
        KarmaAccount.objects.filter(member=alice).update(balance=1000)


def one_sided(member):
    with transaction.atomic():
        half = KarmaTransfer.objects.create(rule_id="given-by-staff", member=member, source="nothing")
        KarmaEntry.objects.create(transfer=half, account=member.karma, points=5)
        connection.check_constraints()  # what COMMIT would ask


def test_the_database_refuses_a_transfer_with_one_side(alice):
    ledger.award(alice, "restock-confirmed", source="restock:1")
    with pytest.raises(IntegrityError, match="sum to zero"):
        one_sided(alice)


def test_the_database_refuses_a_negative_balance(alice):
    ledger.award(alice, "restock-confirmed", source="restock:1")
    half = KarmaTransfer.objects.create(rule_id="given-by-staff", member=alice, source="nothing")
    with pytest.raises(IntegrityError), transaction.atomic():
        KarmaEntry.objects.create(transfer=half, account=alice.karma, points=-11)


def test_the_same_cause_may_earn_by_two_rules_and_each_is_taken_back_by_itself(alice):
    for rule in ("restock-confirmed", "confirmed-rightly"):
        ledger.award(alice, rule, source="restock:1")
    ledger.take_back(alice, "restock-confirmed", source="restock:1")
    assert ledger.balance_of(alice) == 2
    ledger.take_back(alice, "confirmed-rightly", source="restock:1")
    assert ledger.balance_of(alice) == 0


def test_what_was_never_given_is_not_taken_back(alice):
    assert ledger.take_back(alice, "restock-confirmed", source="restock:1") is None
    assert (ledger.balance_of(alice), KarmaTransfer.objects.count()) == (0, 0)


def test_a_rule_that_is_switched_off_earns_and_costs_nothing(alice):
    KarmaRule.objects.update(active=False)
    assert ledger.award(alice, "restock-confirmed", source="restock:1") is None
    assert ledger.spend(alice, "raffle-entry", source="draw:1").entries.count() == 0
    assert ledger.balance_of(alice) == 0


def test_a_cost_never_pays_whatever_number_staff_wrote(alice):
    KarmaRule.objects.filter(pk="raffle-entry").update(points=50)
    ledger.spend(alice, "raffle-entry", source="draw:1")
    assert ledger.balance_of(alice) == 0


def test_staff_give_and_take_with_a_reason_once_per_form(alice, staff):
    for _ in range(2):
        given = ledger.give(alice, 30, by=staff, reason="For the event", key="form-1")
    for _ in range(2):
        taken = ledger.take(alice, 12, by=staff, reason="Spam", key="form-2")
    assert ledger.balance_of(alice) == 18
    assert [(done.rule_id, done.by, done.note) for done in (given, taken)] == [
        ("given-by-staff", staff, "For the event"),
        ("taken-by-staff", staff, "Spam"),
    ]


def test_staff_take_no_more_than_there_is_and_move_nothing_of_their_own(alice, staff):
    with pytest.raises(ledger.NotEnoughKarma) as refusal:
        ledger.take(alice, 1, by=staff, reason="Spam", key="form-1")
    assert refusal.value.facts == {"balance": 0, "needed": 1}
    with pytest.raises(Forbidden):
        ledger.give(staff, 1, by=staff, reason="For me", key="form-2")
    for points in (0, -5, ledger.MAX_POINTS_BY_HAND + 1):
        with pytest.raises(Invalid):
            ledger.give(alice, points, by=staff, reason="A slip", key="form-3")
    assert KarmaTransfer.objects.count() == 0


def test_what_staff_give_pays_what_is_owed(alice, staff):
    ledger.award(alice, "restock-confirmed", source="restock:1")
    ledger.spend(alice, "raffle-entry", source="draw:1")
    ledger.take_back(alice, "restock-confirmed", source="restock:1")
    ledger.give(alice, 8, by=staff, reason="Never mind", key="form-1")
    alice.karma.refresh_from_db()
    assert (ledger.balance_of(alice), alice.karma.owed) == (3, 0)


def test_a_level_comes_with_the_points_and_goes_with_them(alice, staff):
    def unlocked():
        level = ledger.level_of(alice)
        return level.name, level.confirm_weight, level.may_post_links

    assert unlocked() == ("Newcomer", 1, False)
    ledger.give(alice, 100, by=staff, reason="", key="1")
    assert unlocked() == ("Trusted", 2, True)
    ledger.spend(alice, "raffle-entry", source="draw:1")
    assert unlocked() == ("Regular", 1, True)
    ledger.take(alice, 80, by=staff, reason="", key="2")
    assert unlocked() == ("Newcomer", 1, False)
    told = list(Notice.objects.filter(member=alice).order_by("created_at").values_list("kind", "text", "url"))
    assert told == [
        ("karma-level", "You reached the level Trusted.", "/karma/"),
        ("karma-level", "You have fewer points now and lost the level Trusted.", "/karma/"),
        ("karma-level", "You have fewer points now and lost the level Regular.", "/karma/"),
    ]


def test_below_the_lowest_level_there_is_none(alice):
    KarmaLevel.objects.filter(threshold=0).delete()
    assert (ledger.level_of(alice), ledger.level_of(AnonymousUser())) == (None, None)


def test_the_levels_of_many_are_asked_at_once(alice, bob, staff, django_assert_num_queries):
    ledger.give(alice, 25, by=staff, reason="", key="1")
    with django_assert_num_queries(2):
        found = ledger.levels_of([alice.pk, bob.pk, staff.pk])
    assert {pk: level.name for pk, level in found.items()} == {alice.pk: "Regular", bob.pk: "Newcomer", staff.pk: "Newcomer"}


def test_the_members_screens_learn_the_balance_after_the_commit(alice, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        ledger.award(alice, "restock-confirmed", source="restock:1")
        ledger.spend(alice, "raffle-entry", source="draw:1")
        assert heard.events == []
    told = [{name: event[name] for name in ("to", "balance", "points")} for event in heard.of("karma-updated")]
    assert told == [{"to": str(alice.pk), "balance": 10, "points": 10}, {"to": str(alice.pk), "balance": 5, "points": -5}]
    first, second = (event["version"] for event in heard.of("karma-updated"))
    assert second > first
