"""The ledger: what is earned, spent and taken back, and what the database refuses whoever asks."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from community import karma
from community.models import KarmaAccount, KarmaEntry, KarmaRule, KarmaTransfer

pytestmark = pytest.mark.django_db


def test_an_award_moves_points_from_the_house_to_the_member(alice):
    transfer = karma.award(alice, "restock-confirmed", source="restock:1")
    assert karma.balance_of(alice) == 10
    assert sorted(transfer.entries.values_list("points", "balance")) == [(-10, None), (10, 10)]


def test_one_cause_is_rewarded_once(alice):
    first, second = (karma.award(alice, "restock-confirmed", source="restock:1") for _ in range(2))
    assert (first, karma.balance_of(alice)) == (second, 10)


def test_the_days_cap_is_the_rules(alice):
    KarmaRule.objects.filter(code="restock-confirmed").update(daily_cap=25)
    points = [karma.award(alice, "restock-confirmed", source=f"restock:{number}") for number in range(4)]
    assert ([transfer is not None for transfer in points], karma.balance_of(alice)) == ([True, True, True, False], 25)


def test_spending_more_than_there_is_is_refused_with_the_numbers(alice):
    with pytest.raises(karma.NotEnoughKarma) as refusal:
        karma.spend(alice, "raffle-entry", source="draw:1")
    assert (refusal.value.facts, KarmaTransfer.objects.count()) == ({"balance": 0, "needed": 5}, 0)


def test_what_is_taken_back_after_it_was_spent_is_paid_of_the_next_points(alice):
    karma.award(alice, "restock-confirmed", source="restock:1")
    karma.spend(alice, "raffle-entry", source="draw:1")
    for _ in range(2):
        karma.take_back(alice, "restock-confirmed", source="restock:1")
    assert (karma.balance_of(alice), alice.karma.owed) == (0, 5)
    karma.award(alice, "restock-confirmed", source="restock:2")
    alice.karma.refresh_from_db()
    assert (karma.balance_of(alice), alice.karma.owed) == (5, 0)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE community_karmatransfer SET note = 'other'",
        "DELETE FROM community_karmatransfer",
        "UPDATE community_karmaentry SET points = 1000",
        "DELETE FROM community_karmaentry",
    ],
)
def test_the_database_refuses_to_change_or_delete_what_is_written(alice, change):
    karma.award(alice, "restock-confirmed", source="restock:1")
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_the_database_keeps_the_balance_and_lets_nobody_else_write_it(alice):
    karma.award(alice, "restock-confirmed", source="restock:1")
    with pytest.raises(IntegrityError), transaction.atomic():
        KarmaAccount.objects.filter(member=alice).update(balance=1000)


def one_sided(member):
    with transaction.atomic():
        half = KarmaTransfer.objects.create(rule_id="given-by-staff", member=member, source="nothing")
        KarmaEntry.objects.create(transfer=half, account=member.karma, points=5)
        connection.check_constraints()  # what COMMIT would ask


def test_the_database_refuses_a_transfer_with_one_side(alice):
    karma.award(alice, "restock-confirmed", source="restock:1")
    with pytest.raises(IntegrityError, match="sum to zero"):
        one_sided(alice)


def test_the_database_refuses_a_negative_balance(alice):
    karma.award(alice, "restock-confirmed", source="restock:1")
    half = KarmaTransfer.objects.create(rule_id="given-by-staff", member=alice, source="nothing")
    with pytest.raises(IntegrityError), transaction.atomic():
        KarmaEntry.objects.create(transfer=half, account=alice.karma, points=-11)
