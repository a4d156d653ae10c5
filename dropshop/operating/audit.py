"""What is true in every committed state, as questions to the tables: each finds the rows that break its rule.

Knows the rules and the tables, and nothing of the code that writes them. `manage.py audit` asks all of it, the auditor of
the race tests (`tests/races/auditor.py`) asks what sales must keep while they run.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg

from dropshop.core import connections

Rules = dict[str, str]

STOCK: Rules = {
    "S1: the counters do not balance or are below zero": """
        SELECT id, total, available, reserved, sold FROM drops_size
        WHERE total <> available + reserved + sold OR least(total, available, reserved, sold) < 0""",
    "S1: reserved is not the number of active holds": """ -- and of returned pairs that rest
        SELECT s.id, s.reserved, count(r.id) FROM drops_size s
        LEFT JOIN reservations_reservation r ON r.size_id = s.id AND (r.status = 'active' OR r.offered_at IS NOT NULL)
        GROUP BY s.id HAVING s.reserved <> count(r.id)""",
    "S4: sold is not the number of purchases whose pair is not for sale again": """
        SELECT s.id, s.sold, count(p.id) FROM drops_size s
        LEFT JOIN reservations_purchase p ON p.size_id = s.id AND NOT p.restocked GROUP BY s.id HAVING s.sold <> count(p.id)""",
    "S4: oversold, more pairs held and sold than there are": """
        SELECT s.id, s.total FROM drops_size s WHERE s.total <
        (SELECT count(*) FROM reservations_reservation r
          WHERE r.size_id = s.id AND (r.status = 'active' OR r.offered_at IS NOT NULL))
        + (SELECT count(*) FROM reservations_purchase p WHERE p.size_id = s.id AND NOT p.restocked)""",
    "H2: a member with two active holds in one drop": """
        SELECT drop_id, member_id FROM reservations_reservation WHERE status = 'active'
        GROUP BY drop_id, member_id HAVING count(*) > 1""",
    "H4: a purchase whose hold ended in another way, or a completed hold without its purchase": """
        SELECT r.id, r.status, p.id FROM reservations_reservation r
        FULL JOIN reservations_purchase p ON p.reservation_id = r.id
        WHERE (r.status = 'completed') <> (p.id IS NOT NULL)""",
}
MONEY: Rules = {
    "M1: a captured payment without a sale": """
        SELECT y.id FROM reservations_payment y LEFT JOIN reservations_purchase p ON p.reservation_id = y.reservation_id
        WHERE y.status = 'captured' AND p.id IS NULL""",
    "M1: a hold with two captured payments": """
        SELECT reservation_id, count(*) FROM reservations_payment WHERE status = 'captured'
        GROUP BY reservation_id HAVING count(*) > 1""",
    "M1: a sale whose price, shipping and added tax are not the sum of its payment": """
        SELECT p.id, p.number, p.price, p.shipping, p.tax, y.id, y.amount FROM reservations_purchase p
        JOIN reservations_payment y ON y.reservation_id = p.reservation_id
        WHERE y.status IN ('authorised', 'captured', 'uncaptured')
        AND (p.price + p.shipping + CASE WHEN p.tax_included THEN 0 ELSE p.tax END, p.currency) <> (y.amount, y.currency)""",
}
# Each payment's row and its transfers say the same, at every moment: they are written by one transaction.
LEDGER: Rules = {
    "M5: a transfer that does not sum to zero in one currency, or has not two sides": """
        SELECT t.id, t.payment_id, t.kind, sum(e.amount) FROM reservations_ledgertransfer t
        LEFT JOIN reservations_ledgerentry e ON e.transfer_id = t.id GROUP BY t.id
        HAVING count(e.id) < 2 OR sum(e.amount) <> 0 OR min(e.currency) <> max(e.currency)""",
    "M5: an entry without its transfer or its account": """
        SELECT e.id, e.transfer_id, e.account_id FROM reservations_ledgerentry e
        WHERE NOT EXISTS (SELECT FROM reservations_ledgertransfer t WHERE t.id = e.transfer_id)
        OR NOT EXISTS (SELECT FROM reservations_ledgeraccount a WHERE a.code = e.account_id)""",
    "M5: a settled payment that has left money on an account that returns to zero": """
        SELECT y.id, e.account_id, e.currency, sum(e.amount) FROM reservations_payment y
        JOIN reservations_ledgertransfer t ON t.payment_id = y.id JOIN reservations_ledgerentry e ON e.transfer_id = t.id
        JOIN reservations_ledgeraccount a ON a.code = e.account_id
        WHERE a.clears AND y.settled_at IS NOT NULL
        GROUP BY y.id, e.account_id, e.currency HAVING sum(e.amount) <> 0""",
    "M5: the ledger's captured payments are not those that are captured": """
        SELECT y.id, y.status, t.id FROM reservations_payment y
        LEFT JOIN reservations_ledgertransfer t ON t.payment_id = y.id AND t.kind = 'captured'
        WHERE (y.status = 'captured') <> (t.id IS NOT NULL)""",
    "M5: the ledger's voided payments are not those whose money the bank refuses for good": """
        SELECT y.id, y.status, t.id FROM reservations_payment y
        LEFT JOIN reservations_ledgertransfer t ON t.payment_id = y.id AND t.kind = 'voided'
        WHERE (y.status = 'uncaptured') <> (t.id IS NOT NULL)""",
    "M5: money set aside in the ledger for a payment that is no sale": """
        SELECT y.id, y.status FROM reservations_payment y
        JOIN reservations_ledgertransfer t ON t.payment_id = y.id AND t.kind = 'authorised'
        WHERE y.status NOT IN ('authorised', 'captured', 'uncaptured')""",
    "M5: what was captured is not the sum of its payment": """
        SELECT y.id, y.amount, y.currency, sum(e.amount) FROM reservations_payment y
        JOIN reservations_ledgertransfer t ON t.payment_id = y.id AND t.kind = 'captured'
        LEFT JOIN reservations_ledgerentry e ON e.transfer_id = t.id AND e.account_id = 'provider' AND e.currency = y.currency
        GROUP BY y.id HAVING coalesce(sum(e.amount), 0) <> y.amount""",
    "M5: a paid purchase without its captured transfer": """
        SELECT p.id, p.number FROM reservations_purchase p
        WHERE p.status IN ('paid', 'packed', 'shipped', 'delivered') AND NOT EXISTS (
            SELECT FROM reservations_payment y
            JOIN reservations_ledgertransfer t ON t.payment_id = y.id AND t.kind = 'captured'
            WHERE y.reservation_id = p.reservation_id)""",
    "M5: money in a currency that ISO 4217 does not know": """
        SELECT t.payment_id, t.kind, t.cause, e.account_id, e.amount FROM reservations_ledgerentry e
        JOIN reservations_ledgertransfer t ON t.id = e.transfer_id WHERE e.currency = 'XXX'""",
    "M5: one cause, twice": """
        SELECT payment_id, kind, cause, count(*) FROM reservations_ledgertransfer
        GROUP BY payment_id, kind, cause HAVING count(*) > 1""",
}
# What goes back: the payment's sums, the refunds and chargebacks, and the ledger say the same at every moment.
MONEY_BACK: Rules = {
    "M1: more given back or taken back than was captured": """
        SELECT id, amount, refunded, charged_back FROM reservations_payment
        WHERE refunded + charged_back > CASE status WHEN 'captured' THEN amount ELSE 0 END
        OR least(refunded, charged_back) < 0""",
    "M1: a payment's refunded sum is not that of its refunds": """
        SELECT y.id, y.refunded, sum(r.amount) FROM reservations_payment y
        JOIN reservations_purchase p ON p.reservation_id = y.reservation_id
        LEFT JOIN reservations_refund r ON r.purchase_id = p.id AND r.status IN ('waiting', 'approved', 'sent')
        WHERE y.status = 'captured' GROUP BY y.id HAVING y.refunded <> coalesce(sum(r.amount), 0)""",
    "M1: a payment's charged back sum is not that of its chargebacks": """
        SELECT y.id, y.charged_back, sum(c.amount) FROM reservations_payment y
        JOIN reservations_purchase p ON p.reservation_id = y.reservation_id
        LEFT JOIN reservations_chargeback c ON c.purchase_id = p.id AND c.status = 'taken'
        WHERE y.status = 'captured' GROUP BY y.id HAVING y.charged_back <> coalesce(sum(c.amount), 0)""",
    "M1: a refund or chargeback of an order whose money was not taken, or in another currency": """
        SELECT back.purchase_id, back.amount, back.currency FROM (
            SELECT purchase_id, amount, currency FROM reservations_refund
            UNION ALL SELECT purchase_id, amount, currency FROM reservations_chargeback WHERE status <> 'won') AS back
        JOIN reservations_purchase p ON p.id = back.purchase_id
        WHERE back.currency <> p.currency OR NOT EXISTS (
            SELECT FROM reservations_payment y WHERE y.reservation_id = p.reservation_id AND y.status = 'captured')""",
    "M1: an order that is refunded and whose money is not all with the shopper": """
        SELECT p.id, p.number, p.price, p.shipping, p.tax, sum(r.amount) FROM reservations_purchase p
        LEFT JOIN reservations_refund r ON r.purchase_id = p.id AND r.status = 'sent'
        WHERE p.status = 'refunded' GROUP BY p.id
        HAVING coalesce(sum(r.amount), 0) <> p.price + p.shipping + CASE WHEN p.tax_included THEN 0 ELSE p.tax END""",
    "a withdrawal that nobody has settled by hand is settled, and its money is not all back": """
        SELECT w.id, p.number, y.amount, w.settled_at FROM reservations_withdrawal w
        JOIN reservations_purchase p ON p.id = w.purchase_id
        JOIN reservations_payment y ON y.reservation_id = p.reservation_id AND y.status = 'captured'
        WHERE w.settled_at IS NOT NULL AND w.settled_by_id IS NULL AND y.amount <> (
            SELECT coalesce(sum(back.amount), 0) FROM (
                SELECT amount FROM reservations_refund WHERE purchase_id = p.id AND status = 'sent'
                UNION ALL SELECT amount FROM reservations_chargeback WHERE purchase_id = p.id AND status = 'taken') AS back)""",
    "M5: the ledger's refunds are not those that were sent": """
        SELECT sent.id, booked.id FROM (
            SELECT y.id AS payment_id, 'refund:' || r.n AS cause, r.amount, r.id FROM reservations_refund r
            JOIN reservations_purchase p ON p.id = r.purchase_id
            JOIN reservations_payment y ON y.reservation_id = p.reservation_id AND y.status = 'captured'
            WHERE r.status = 'sent') AS sent
        FULL JOIN (
            SELECT t.payment_id, t.cause, -e.amount AS amount, t.id FROM reservations_ledgertransfer t
            LEFT JOIN reservations_ledgerentry e ON e.transfer_id = t.id AND e.account_id = 'provider'
            WHERE t.kind = 'refunded' AND NOT EXISTS (
                SELECT FROM reservations_ledgertransfer back
                WHERE (back.payment_id, back.kind, back.cause) = (t.payment_id, 'came_back', t.cause))
            ) AS booked USING (payment_id, cause, amount)
        WHERE sent.id IS NULL OR booked.id IS NULL""",
    "M5: the ledger's chargebacks are not those that were taken, or won": """
        SELECT y.id, y.charged_back, sum(e.amount) FROM reservations_payment y
        LEFT JOIN reservations_ledgertransfer t ON t.payment_id = y.id AND t.kind IN ('charged_back', 'won_back')
        LEFT JOIN reservations_ledgerentry e ON e.transfer_id = t.id AND e.account_id = 'chargebacks'
        GROUP BY y.id HAVING y.charged_back <> coalesce(sum(e.amount), 0)""",
}
# The books of the built-in test bank, which knows what the shop has asked of it.
BANK: Rules = {
    "M1: captured without a sale": """
        SELECT c.id FROM reservations_testcharge c WHERE c.captured > 0 AND NOT EXISTS (
            SELECT FROM reservations_payment y JOIN reservations_purchase p ON p.reservation_id = y.reservation_id
            WHERE y.id::text = c.key)""",
    "M1: captured twice for one hold": """
        SELECT y.reservation_id FROM reservations_testcharge c JOIN reservations_payment y ON y.id::text = c.key
        WHERE c.captured > 0 GROUP BY y.reservation_id HAVING count(*) > 1""",
    "M1: given back by the bank, and not promised by the shop": """
        SELECT t.key, t.amount, r.status, r.amount FROM reservations_testrefund t LEFT JOIN (
            SELECT 'refund:' || p.number || ':' || r.n AS key, r.amount, r.status FROM reservations_refund r
            JOIN reservations_purchase p ON p.id = r.purchase_id) AS r USING (key)
        WHERE t.key LIKE 'refund:%' AND (r.status IN ('approved', 'sent') AND r.amount = t.amount) IS NOT TRUE""",
}
KARMA: Rules = {
    "K1: a transfer that does not sum to zero, or has not two sides": """
        SELECT transfer_id, sum(points), count(*) FROM community_karmaentry
        GROUP BY transfer_id HAVING sum(points) <> 0 OR count(*) <> 2""",
    "K1: a transfer that moved the points of another member": """
        SELECT t.id, t.member_id FROM community_karmatransfer t
        WHERE EXISTS (SELECT FROM community_karmaentry e WHERE e.transfer_id = t.id) AND NOT EXISTS (
            SELECT FROM community_karmaentry e JOIN community_karmaaccount a ON a.id = e.account_id
            WHERE e.transfer_id = t.id AND a.member_id = t.member_id)""",
    "K1: a balance that is not the sum of its entries": """
        SELECT a.id, a.member_id, a.balance, coalesce(sum(e.points), 0) FROM community_karmaaccount a
        LEFT JOIN community_karmaentry e ON e.account_id = a.id
        WHERE a.member_id IS NOT NULL GROUP BY a.id HAVING a.balance <> coalesce(sum(e.points), 0)""",
    "K1: an entry whose balance is not the sum of all entries up to it": """
        SELECT id, balance, running FROM (
            SELECT e.id, e.balance, sum(e.points) OVER (PARTITION BY e.account_id ORDER BY e.id) AS running
            FROM community_karmaentry e JOIN community_karmaaccount a ON a.id = e.account_id WHERE a.member_id IS NOT NULL
        ) AS entries WHERE balance IS DISTINCT FROM running""",
    "K1: a balance below zero, now or at any time": """
        SELECT a.id, a.member_id, a.balance, min(e.balance) FROM community_karmaaccount a
        LEFT JOIN community_karmaentry e ON e.account_id = a.id
        WHERE a.member_id IS NOT NULL GROUP BY a.id HAVING least(a.balance, min(e.balance)) < 0""",
    "K1: the members' points are not what the house has issued less what was spent": """
        SELECT members.points, house.points FROM
        (SELECT coalesce(sum(balance), 0) AS points FROM community_karmaaccount WHERE member_id IS NOT NULL) AS members,
        (SELECT coalesce(sum(e.points), 0) AS points FROM community_karmaentry e
         JOIN community_karmaaccount a ON a.id = e.account_id WHERE a.member_id IS NULL) AS house
        WHERE members.points + house.points <> 0""",
    "K1: one cause, twice": """
        SELECT member_id, rule_id, source, count(*) FROM community_karmatransfer
        GROUP BY member_id, rule_id, source HAVING count(*) > 1""",
}
PAIRS: Rules = {
    "T1: a pair that is not with whom its last move, or its purchase, left it": """
        SELECT p.id, p.owner_id FROM community_pair p
        LEFT JOIN LATERAL (
            SELECT taker_id FROM community_pairmove m WHERE m.pair_id = p.id ORDER BY m.id DESC LIMIT 1) AS last ON true
        LEFT JOIN reservations_purchase s ON s.id = p.purchase_id
        WHERE p.owner_id <> coalesce(last.taker_id, s.member_id, p.owner_id)""",
    "T1: a pair that was given away by somebody who did not have it": """
        SELECT id, pair_id, giver_id FROM (
            SELECT m.id, m.pair_id, m.giver_id,
                   lag(m.taker_id, 1, s.member_id) OVER (PARTITION BY m.pair_id ORDER BY m.id) AS holder
            FROM community_pairmove m JOIN community_pair p ON p.id = m.pair_id
            LEFT JOIN reservations_purchase s ON s.id = p.purchase_id
        ) AS moves WHERE holder <> giver_id""",
    "T1: a pair promised in a trade that is not on its way, or that it is no part of": """
        SELECT p.id, p.promised_in_id FROM community_pair p JOIN community_trade t ON t.id = p.promised_in_id
        WHERE t.status <> 'accepted' OR t.completed_at IS NOT NULL OR t.undone_at IS NOT NULL
        OR NOT EXISTS (SELECT FROM community_tradeitem i WHERE i.trade_id = t.id AND i.pair_id = p.id)""",
    "T1: a pair of an accepted trade on its way that is not promised in it": """
        SELECT p.id, t.id, p.promised_in_id FROM community_trade t JOIN community_tradeitem i ON i.trade_id = t.id
        JOIN community_pair p ON p.id = i.pair_id
        WHERE t.status = 'accepted' AND t.completed_at IS NULL AND t.undone_at IS NULL
        AND p.promised_in_id IS DISTINCT FROM t.id""",
    "T1: a pair on a shelf of somebody else's closet": """
        SELECT p.id, p.owner_id, f.member_id FROM community_pair p JOIN community_folder f ON f.id = p.folder_id
        WHERE f.member_id <> p.owner_id""",
}
TRADES: Rules = {
    "T1: an accepted trade that did not move each of its pairs once, and back where it was undone": """
        SELECT t.id, i.pair_id FROM community_trade t JOIN community_tradeitem i ON i.trade_id = t.id
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE m.giver_id = i.giver_id) AS there,
                   count(*) FILTER (WHERE m.taker_id = i.giver_id) AS back
            FROM community_pairmove m WHERE m.trade_id = t.id AND m.pair_id = i.pair_id) AS moves
        WHERE t.status = 'accepted'
        AND (moves.there, moves.back) <> (1, CASE WHEN t.undone_at IS NULL THEN 0 ELSE 1 END)""",
    "T1: a pair moved by a trade that was not accepted, or by one that it is no part of": """
        SELECT m.id, m.pair_id, m.trade_id FROM community_pairmove m JOIN community_trade t ON t.id = m.trade_id
        WHERE t.status <> 'accepted'
        OR NOT EXISTS (SELECT FROM community_tradeitem i WHERE i.trade_id = t.id AND i.pair_id = m.pair_id)""",
    "T1: a pair in a trade that neither side of it gives, or moved to a third": """
        SELECT t.id, i.pair_id, i.giver_id FROM community_trade t JOIN community_tradeitem i ON i.trade_id = t.id
        WHERE i.giver_id NOT IN (t.proposer_id, t.receiver_id)
        UNION ALL
        SELECT t.id, m.pair_id, m.taker_id FROM community_trade t JOIN community_pairmove m ON m.trade_id = t.id
        WHERE m.giver_id NOT IN (t.proposer_id, t.receiver_id) OR m.taker_id NOT IN (t.proposer_id, t.receiver_id)""",
    "T1: a pending offer with a pair that is promised, gone, or another's": """
        SELECT t.id, p.id FROM community_trade t JOIN community_tradeitem i ON i.trade_id = t.id
        JOIN community_pair p ON p.id = i.pair_id
        WHERE t.status = 'pending'
        AND (p.promised_in_id IS NOT NULL OR p.removed_at IS NOT NULL OR p.owner_id <> i.giver_id)""",
    "a rating of a trade that is not completed, or by somebody else": """
        SELECT r.id, r.trade_id FROM community_rating r JOIN community_trade t ON t.id = r.trade_id
        WHERE (t.completed_at IS NULL AND t.undone_at IS NULL) OR r.rater_id NOT IN (t.proposer_id, t.receiver_id)
        OR r.rated_id NOT IN (t.proposer_id, t.receiver_id)""",
}
ROWS_SHOWN = 5  # rows of a rule that is broken


class Finding(NamedTuple):
    """What one rule came to: the first of the rows that break it, none where it holds."""

    rule: str
    rows: list[Any]


def connect() -> psycopg.Connection[Any]:
    """A reader of its own, where the models read at this moment; each of its transactions sees one moment of the shop."""
    reader = connections.connect(options="")  # whoever reads for minutes may be idle for some seconds
    reader.isolation_level, reader.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
    return reader


def findings(reader: psycopg.Connection[Any], rules: Rules) -> Iterator[Finding]:
    """Every rule, all at one moment. The names come from the rules' own statements, so that nothing is to be escaped."""
    with reader.transaction():
        for rule, question in rules.items():
            yield Finding(rule, reader.execute(f"{question} LIMIT {ROWS_SHOWN}".encode()).fetchall())
