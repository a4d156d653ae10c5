"""`manage.py audit`: says that all is well, and finds every fault that is planted behind the back of the guards."""

import io
from contextlib import suppress

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from community.karma import ledger as karma
from community.models import Folder, Pair, PairMove, Rating, Trade, TradeItem
from dropshop.core.clock import database_time
from dropshop.core.money import Money
from dropshop.management.commands.audit import RULES
from reservations.models import Payment
from reservations.payments.errors import PaymentDeclined
from reservations.purchases.buy import buy
from reservations.refunds import refund, send
from reservations.refunds.reports import report_chargeback
from reservations.withdrawals.withdraw import withdraw
from tests.community.planted import PLANTED, PLANTED_TRADES
from tests.harness.emptying import truncate
from tests.make import ADDRESS, make_drop, make_member, make_purchase, make_reservation, make_sneaker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]


@pytest.fixture
def ledger(alice, bob):
    """Points earned, spent, taken back and owed, in two accounts."""
    karma.award(alice, "restock-confirmed", source="restock:1")
    karma.spend(alice, "raffle-entry", source="draw:1")
    karma.take_back(alice, "restock-confirmed", source="restock:1")
    karma.award(bob, "trade-completed", source="trade:1")


@pytest.fixture
def sales(alice, bob):
    """A sale, at the second attempt, of which a part was refunded and another charged back; one withdrawn from; and a hold."""
    drop = make_drop(5)
    declined = make_reservation(alice, drop)
    with suppress(PaymentDeclined):
        buy(declined.pk, member=alice, address=ADDRESS, payment_method="test_declined")
    bought = make_purchase(alice, drop)
    refund.ask(bought.pk, Money(1000, "USD"), by=bob, reason="A scratch.")
    send.sweep()
    report_chargeback(Payment.objects.get(status="captured"), Money(2000, "USD"), reference="dp_1")
    withdraw(make_purchase(make_member(), drop).pk, name="Carol", email="carol@example.com")
    make_reservation(bob, drop)


@pytest.fixture
def trade(alice, bob):
    """Accepted and on its way: alice's pair is bob's, and bob's is alice's."""
    mine, theirs = (Pair.objects.create(owner=owner, sneaker=make_sneaker(), size="9") for owner in (alice, bob))
    trade = Trade.objects.create(proposer=alice, receiver=bob, status="accepted", decided_at=database_time())
    for pair, giver, taker in ((mine, alice, bob), (theirs, bob, alice)):
        TradeItem.objects.create(trade=trade, pair=pair, giver=giver)
        PairMove.objects.create(trade=trade, pair=pair, giver=giver, taker=taker)
        Pair.objects.filter(pk=pair.pk).update(owner=taker, promised_in=trade)
    return trade


GUARDS = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I CASCADE', conrelid::regclass, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype IN ('c', 'u')
UNION ALL
SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)
  FROM pg_index WHERE indrelid = %(table)s::regclass AND indisunique AND indpred IS NOT NULL"""


@pytest.fixture
def plant():
    """`plant(table, statement)` writes to a table whose triggers and constraints are gone, as if they had failed.

    What was planted is cleared away before they come back.
    """
    gone = {}

    def without_guards(table, statement, values=()):
        with connection.cursor() as cursor:
            cursor.execute(GUARDS, {"table": table})
            gone[table] = cursor.fetchall()
            for leave, _ in gone[table]:
                cursor.execute(leave)
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(statement, values)
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    yield without_guards
    with connection.cursor() as cursor:
        for table, guards in gone.items():
            truncate(cursor, table)
            for _, come_back in guards:
                cursor.execute(come_back)


def audited():
    """What the command says, and the rules that it found broken."""
    said = io.StringIO()
    with suppress(CommandError):
        call_command("audit", stdout=said)
    lines = said.getvalue().splitlines()
    return said.getvalue(), [line.removeprefix("FOUND  ") for line in lines if line.startswith("FOUND")]


def test_a_shop_with_sales_points_and_trades_keeps_every_rule(ledger, sales, trade):
    said, found = audited()
    assert found == []
    assert "none   S1: the counters do not balance or are below zero" in said
    assert said.splitlines()[-1] == f"All {len(RULES)} rules hold."


def test_the_command_leaves_with_1_and_names_the_first_rows(ledger, alice, plant):
    more = "UPDATE community_karmaaccount SET balance = balance + 100 WHERE member_id = %s"
    plant("community_karmaaccount", more, [alice.pk])
    with pytest.raises(CommandError, match="2 of") as error:
        call_command("audit", stdout=io.StringIO())
    assert error.value.returncode == 1
    assert str(alice.pk) in audited()[0]


@pytest.mark.parametrize("rule", PLANTED)
def test_a_fault_in_sales_and_points_is_found(ledger, sales, plant, rule):
    plant(*PLANTED[rule])
    assert rule in audited()[1]


@pytest.mark.parametrize("rule", PLANTED_TRADES)
def test_a_fault_in_pairs_and_trades_is_found(trade, plant, rule):
    plant("community_pairmove", PLANTED_TRADES[rule])
    assert rule in audited()[1]


def test_a_pair_on_a_strangers_shelf_is_found(trade, charlie):
    Pair.objects.update(folder=Folder.objects.create(member=charlie, name="Mine"))
    assert audited()[1] == ["T1: a pair on a shelf of somebody else's closet"]


def test_an_offer_of_what_is_promised_and_a_third_who_gives_are_found(trade, alice, bob, charlie):
    offer = Trade.objects.create(proposer=alice, receiver=bob)
    TradeItem.objects.create(trade=offer, pair=Pair.objects.filter(owner=alice).get(), giver=charlie)
    assert audited()[1] == [
        "T1: a pair in a trade that neither side of it gives, or moved to a third",
        "T1: a pending offer with a pair that is promised, gone, or another's",
    ]


def test_a_rating_before_the_end_is_found(trade, alice, bob):
    Rating.objects.create(trade=trade, rater=alice, rated=bob, stars=5)
    assert audited()[1] == ["a rating of a trade that is not completed, or by somebody else"]


def test_all_is_read_at_one_moment(alice):
    """Points that are earned while it looks do not look like a fault."""
    from dropshop.operating import audit

    with audit.connect() as reader, reader.transaction():
        before = [rows for _, rows in audit.findings(reader, audit.KARMA)]
        karma.award(make_member(), "restock-confirmed", source="restock:9")
        ((seen,),) = reader.execute("SELECT count(*) FROM community_karmaentry").fetchall()
    assert (before, seen) == ([[]] * len(audit.KARMA), 0)
