"""`manage.py audit`: says that all is well, and finds every fault that is planted behind the back of the guards."""

import io
from contextlib import suppress

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from community.karma import ledger as karma
from community.models import Folder, Pair, PairMove, Rating, Trade, TradeItem
from dropshop.core.clock import database_time
from dropshop.management.commands.audit import RULES
from reservations.payments.errors import PaymentDeclined
from reservations.purchases.buy import buy
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
    """A sale, at the second attempt, and a hold."""
    drop = make_drop(5)
    declined = make_reservation(alice, drop)
    with suppress(PaymentDeclined):
        buy(declined.pk, member=alice, address=ADDRESS, payment_method="test_declined")
    make_purchase(alice, drop)
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


PLANTED = {
    "K1: a transfer that does not sum to zero, or has not two sides": (
        "community_karmaentry",
        """DELETE FROM community_karmaentry WHERE account_id = (SELECT id FROM community_karmaaccount WHERE name = 'spent')
        AND transfer_id = (SELECT id FROM community_karmatransfer WHERE source = 'draw:1')""",
    ),
    "K1: a transfer that moved the points of another member": (
        "community_karmatransfer",
        """UPDATE community_karmatransfer SET member_id = (SELECT id FROM community_member WHERE username = 'bob')
        WHERE source = 'draw:1'""",
    ),
    "K1: a balance that is not the sum of its entries": (
        "community_karmaaccount",
        "UPDATE community_karmaaccount SET balance = balance + 1 WHERE member_id IS NOT NULL",
    ),
    "K1: an entry whose balance is not the sum of all entries up to it": (
        "community_karmaentry",
        "UPDATE community_karmaentry SET balance = 7 WHERE points = -5 AND balance IS NOT NULL",
    ),
    "K1: a balance below zero, now or at any time": (
        "community_karmaaccount",
        "UPDATE community_karmaaccount SET balance = -1 WHERE member_id IS NOT NULL",
    ),
    "K1: the members' points are not what the house has issued less what was spent": (
        "community_karmaentry",
        """UPDATE community_karmaentry SET points = points - 1
        WHERE account_id = (SELECT id FROM community_karmaaccount WHERE name = 'issued')""",
    ),
    "K1: one cause, twice": (
        "community_karmatransfer",
        """INSERT INTO community_karmatransfer (id, rule_id, member_id, source, note)
        SELECT gen_random_uuid(), rule_id, member_id, source, note FROM community_karmatransfer WHERE source = 'draw:1'""",
    ),
    "S1: the counters do not balance or are below zero": ("drops_size", "UPDATE drops_size SET available = available + 1"),
    "S1: reserved is not the number of active holds": (
        "drops_size",
        "UPDATE drops_size SET reserved = reserved + 1, available = available - 1",
    ),
    "S4: sold is not the number of purchases whose pair is not for sale again": (
        "drops_size",
        "UPDATE drops_size SET sold = sold + 1, available = available - 1",
    ),
    "S4: oversold, more pairs held and sold than there are": ("drops_size", "UPDATE drops_size SET total = 1"),
    "H4: a purchase whose hold ended in another way, or a completed hold without its purchase": (
        "reservations_reservation",
        "UPDATE reservations_reservation SET status = 'cancelled' WHERE status = 'completed'",
    ),
    "H2: a member with two active holds in one drop": (
        "reservations_reservation",
        """INSERT INTO reservations_reservation
        (id, drop_id, size_id, member_id, status, price, currency, created_at, expires_at, extensions)
        SELECT gen_random_uuid(), drop_id, size_id, member_id, status, price, currency, created_at, expires_at, extensions
        FROM reservations_reservation WHERE status = 'active'""",
    ),
    "M1: a hold with two captured payments": (
        "reservations_payment",
        "UPDATE reservations_payment SET status = 'captured'",
    ),
    "M1: a captured payment without a sale": (
        "reservations_payment",
        "UPDATE reservations_payment SET reservation_id = (SELECT id FROM reservations_reservation WHERE status = 'active')",
    ),
    "M5: a transfer that does not sum to zero in one currency, or has not two sides": (
        "reservations_ledgerentry",
        "DELETE FROM reservations_ledgerentry WHERE account_id = 'sales'",
    ),
    "M5: an entry without its transfer or its account": (
        "reservations_ledgerentry",
        "UPDATE reservations_ledgerentry SET account_id = 'pocket' WHERE account_id = 'sales'",
    ),
    "M5: a settled payment that has left money on an account that returns to zero": (
        "reservations_ledgertransfer",
        "DELETE FROM reservations_ledgertransfer WHERE kind = 'captured'",
    ),
    "M5: the ledger's captured payments are not those that are captured": (
        "reservations_payment",
        "UPDATE reservations_payment SET status = 'authorised' WHERE status = 'captured'",
    ),
    "M5: the ledger's voided payments are not those whose money the bank refuses for good": (
        "reservations_payment",
        "UPDATE reservations_payment SET status = 'uncaptured' WHERE status = 'captured'",
    ),
    "M5: money set aside in the ledger for a payment that is no sale": (
        "reservations_payment",
        "UPDATE reservations_payment SET status = 'voided' WHERE status = 'captured'",
    ),
    "M5: what was captured is not the sum of its payment": (
        "reservations_ledgerentry",
        "UPDATE reservations_ledgerentry SET amount = amount * 2",
    ),
    "M5: a paid purchase without its captured transfer": (
        "reservations_ledgertransfer",
        "UPDATE reservations_ledgertransfer SET kind = 'voided' WHERE kind = 'captured'",
    ),
    "M5: one cause, twice": (
        "reservations_ledgertransfer",
        """INSERT INTO reservations_ledgertransfer (payment_id, kind)
        SELECT payment_id, kind FROM reservations_ledgertransfer WHERE kind = 'captured'""",
    ),
}
PLANTED_TRADES = {
    "T1: a pair that is not with whom its last move, or its purchase, left it": (
        "UPDATE community_pair SET owner_id = (SELECT id FROM community_member WHERE username = 'alice')"
    ),
    "T1: a pair that was given away by somebody who did not have it": (
        """INSERT INTO community_pairmove (pair_id, giver_id, taker_id, trade_id)
        SELECT pair_id, giver_id, taker_id, trade_id FROM community_pairmove LIMIT 1"""
    ),
    "T1: a pair promised in a trade that is not on its way, or that it is no part of": (
        "UPDATE community_trade SET completed_at = clock_timestamp()"
    ),
    "T1: a pair of an accepted trade on its way that is not promised in it": "UPDATE community_pair SET promised_in_id = NULL",
    "T1: an accepted trade that did not move each of its pairs once, and back where it was undone": (
        "DELETE FROM community_pairmove WHERE id = (SELECT min(id) FROM community_pairmove)"
    ),
    "T1: a pair moved by a trade that was not accepted, or by one that it is no part of": (
        "UPDATE community_trade SET status = 'rejected'"
    ),
}


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
