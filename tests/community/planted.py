"""Faults that are written behind the back of the guards, by the rule of the audit that finds them: (table, statement)."""

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
    "M1: more given back or taken back than was captured": (
        "reservations_payment",
        "UPDATE reservations_payment SET charged_back = 1 + amount - refunded WHERE status = 'captured'",
    ),
    "M1: a payment's refunded sum is not that of its refunds": (
        "reservations_refund",
        "UPDATE reservations_refund SET amount = amount + 1",
    ),
    "M1: a payment's charged back sum is not that of its chargebacks": (
        "reservations_chargeback",
        "UPDATE reservations_chargeback SET status = 'above'",
    ),
    "M1: a refund or chargeback of an order whose money was not taken, or in another currency": (
        "reservations_refund",
        "UPDATE reservations_refund SET currency = 'JPY'",
    ),
    "M1: an order that is refunded and whose money is not all with the shopper": (
        "reservations_purchase",
        "UPDATE reservations_purchase SET status = 'refunded'",
    ),
    "a withdrawal that nobody has settled by hand is settled, and its money is not all back": (
        "reservations_withdrawal",
        "UPDATE reservations_withdrawal SET settled_at = clock_timestamp()",
    ),
    "M5: the ledger's refunds are not those that were sent": (
        "reservations_ledgertransfer",
        "UPDATE reservations_ledgertransfer SET cause = 'refund:7' WHERE kind = 'refunded'",
    ),
    "M5: the ledger's chargebacks are not those that were taken, or won": (
        "reservations_ledgertransfer",
        "DELETE FROM reservations_ledgertransfer WHERE kind = 'charged_back'",
    ),
    "M5: money in a currency that ISO 4217 does not know": (
        "reservations_ledgerentry",
        "UPDATE reservations_ledgerentry SET currency = 'XXX'",
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
