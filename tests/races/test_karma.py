"""Acceptance 18: points under race, and the control that shows what happens without the account's lock."""

import pytest
from django.db import IntegrityError, connection

from community.karma import ledger
from community.models import KarmaAccount, KarmaEntry, KarmaRule, KarmaTransfer
from dropshop.core.clock import database_time
from tests.harness.emptying import truncate
from tests.make import make_member, make_members
from tests.races.auditor import NotTrue, audit
from tests.races.crowd import Meeting, at_once, codes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]
CROWD = 30
THREADS = 15


def member_with(points):
    """Somebody whom staff gave so many points."""
    member = make_member()
    if points:
        ledger.give(member, points, by=make_member(is_staff=True), reason="to begin with", key="start")
    return member


def spend_at_once(member, times):
    return codes(
        at_once(
            [lambda n=n: ledger.spend(member, "raffle-entry", source=f"draw:{n}") for n in range(times)],
            threads=min(times, THREADS),
        )
    )


def unlocked(members):
    """`lock_accounts` without its lock."""
    return list(KarmaAccount.objects.filter(member__in=members).order_by("pk"))


def without_lock(monkeypatch, *, reading):
    """Two act at once without the lock: both have read by `reading`, a function of karma, before anybody moves a point."""
    read, meeting = getattr(ledger, reading), Meeting()

    def read_together(*facts):
        found = read(*facts)
        meeting.meet()
        return found

    monkeypatch.setattr(ledger, "lock_accounts", unlocked)
    monkeypatch.setattr(ledger, reading, read_together)


@pytest.fixture
def without_check(transactional_db):
    """The table's own refusal of a negative balance is gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'karma_balance_not_negative'")
        (definition,) = cursor.fetchone()
        cursor.execute("ALTER TABLE community_karmaaccount DROP CONSTRAINT karma_balance_not_negative")
        yield
        for table in ("karmaentry", "karmatransfer", "karmaaccount"):
            truncate(cursor, f"community_{table}")
        cursor.execute(f"ALTER TABLE community_karmaaccount ADD CONSTRAINT karma_balance_not_negative {definition}")


def test_acceptance_18_a_balance_of_5_and_30_spends_of_5_at_once():
    """Acceptance 18: one succeeds; the ledger's sum is the balance."""
    member = member_with(5)
    assert spend_at_once(member, CROWD) == ["not_enough_karma"] * 29 + ["ok"]
    entries = KarmaEntry.objects.filter(account=member.karma).order_by("pk")
    assert list(entries.values_list("points", "balance")) == [(5, 5), (-5, 0)]
    assert ledger.balance_of(member) == 0
    audit()


def test_acceptance_18_control_without_the_lock_and_the_check_the_overdraft_is_reported(monkeypatch, without_check):
    """The same spends, the lock off and the CHECK dropped: more than one succeeds, and the audit must say so."""
    member = member_with(5)
    without_lock(monkeypatch, reading="_locked")
    assert spend_at_once(member, 2) == ["ok", "ok"]
    with pytest.raises(NotTrue, match="a balance below zero"):
        audit()


def test_acceptance_18_without_the_lock_the_database_still_refuses_the_overdraft(monkeypatch):
    """The second line of defence: the CHECK turns the bug into an error."""
    member = member_with(5)
    without_lock(monkeypatch, reading="_locked")
    with pytest.raises(IntegrityError):
        spend_at_once(member, 2)
    audit()


def test_30_awards_of_one_cause_at_once_are_one_transfer():
    """K1: one entry per source and reason; all are told of the same transfer."""
    member = make_member()
    award = [lambda: ledger.award(member, "restock-confirmed", source="restock:1")] * CROWD
    answers = at_once(award, threads=THREADS)
    assert len({transfer.pk for transfer in answers}) == 1
    assert (ledger.balance_of(member), KarmaTransfer.objects.count()) == (10, 1)
    audit()


def test_control_without_the_lock_one_cause_is_held_to_one_award_by_the_database_alone(monkeypatch):
    """Without it the second award is an accident: IntegrityError instead of the first one's transfer."""
    member = member_with(1)
    without_lock(monkeypatch, reading="_done")
    with pytest.raises(IntegrityError):
        at_once([lambda: ledger.award(member, "restock-confirmed", source="restock:1")] * 2)
    audit()


def test_30_spends_and_awards_mixed_leave_the_right_sum(chance):
    """Whatever the order: what was earned less what was spent, and never below zero in between."""
    member = member_with(20)
    KarmaRule.objects.filter(pk="restock-confirmed").update(daily_cap=None)
    spends = [lambda n=n: ledger.spend(member, "raffle-entry", source=f"draw:{n}") for n in range(15)]
    awards = [lambda n=n: ledger.award(member, "restock-confirmed", source=f"restock:{n}") for n in range(15)]
    acts = spends + awards
    chance.shuffle(acts)
    spent = sum(
        isinstance(answer, KarmaTransfer) and answer.rule_id == "raffle-entry" for answer in at_once(acts, threads=THREADS)
    )
    assert ledger.balance_of(member) == 20 + 150 - 5 * spent
    audit()


@pytest.fixture
def one_day(monkeypatch):
    """The day does not end meanwhile."""
    begun = ledger.start_of_day(database_time())
    monkeypatch.setattr(ledger, "start_of_day", lambda moment: begun)


def test_30_awards_at_once_never_pass_the_days_cap(one_day):
    """The cap of the rule is 50 points a day; what is left of it is given, and not a point more."""
    member = make_member()
    awards = [lambda n=n: ledger.award(member, "restock-confirmed", source=f"restock:{n}") for n in range(CROWD)]
    answers = at_once(awards, threads=THREADS)
    assert (ledger.balance_of(member), sum(answer is not None for answer in answers)) == (50, 5)
    audit()


def test_control_without_the_lock_the_cap_is_passed(monkeypatch, one_day):
    """Two read the same rest of the day."""
    member = member_with(1)
    KarmaRule.objects.filter(pk="restock-confirmed").update(daily_cap=10)
    without_lock(monkeypatch, reading="_left_today")
    at_once([lambda n=n: ledger.award(member, "restock-confirmed", source=f"restock:{n}") for n in range(2)])
    assert ledger.balance_of(member) == 21


def test_many_accounts_locked_for_one_deed_do_not_wait_for_each_other_in_a_ring(chance):
    """Deeds that reward several members lock all their accounts first, in one order, whatever order they were named in."""
    members = make_members(6)

    def reward(number):
        from django.db import transaction

        some = chance.sample(members, 4)

        def deed():
            with transaction.atomic():
                ledger.lock_accounts([member.pk for member in some])
                for member in some:
                    ledger.award(member, "trade-completed", source=f"trade:{number}")

        return deed

    at_once([reward(number) for number in range(20)], threads=10)
    audit()
