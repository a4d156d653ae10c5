"""Conflation: the newest fact wins, a return is not hidden, everything is bounded."""

from hypothesis import given
from hypothesis import strategies as st

from dropshop.core.live.conflation import MAX_SALES, ConflatedQueue

from .browsers import fact

KINDS = st.sampled_from(["stock-updated", "stock-recovered"])
FACTS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["9", "10"]), st.integers(0, 9), KINDS))


def taken(pending: ConflatedQueue) -> list[dict]:
    return [waiting.event for waiting in pending.take()]


@given(FACTS)
def test_of_every_size_the_newest_version_goes_out_once(facts):
    pending = ConflatedQueue()
    for drop, size, version, kind in facts:
        pending.put(fact(drop, size, version, kind))

    newest = {}
    for drop, size, version, _ in facts:
        newest[drop, size] = max(version, newest.get((drop, size), -1))
    assert {(f["drop"], f["size"]): f["version"] for f in pending_facts(pending)} == newest
    assert len(pending) == 0


def pending_facts(pending: ConflatedQueue) -> list[dict]:
    facts = taken(pending)
    assert len({(f["drop"], f["size"]) for f in facts}) == len(facts)
    return facts


@given(FACTS)
def test_stock_that_came_back_is_told_even_if_a_later_change_swallowed_the_message(facts):
    pending = ConflatedQueue()
    for drop, size, version, kind in facts:
        pending.put(fact(drop, size, version, kind))

    came_back = {(drop, size) for drop, size, _, kind in facts if kind == "stock-recovered"}
    assert {(f["drop"], f["size"]) for f in taken(pending) if f["type"] == "stock-recovered"} == came_back


def test_the_newest_counters_survive_whatever_order_they_come_in():
    pending = ConflatedQueue()
    pending.put(fact("a", "9", 7, available=3))
    pending.put(fact("a", "9", 6, "stock-recovered", available=4))

    assert taken(pending) == [fact("a", "9", 7, "stock-recovered", available=3)]


def test_sales_keep_their_order_and_only_the_newest_twenty_of_a_drop_are_told():
    pending = ConflatedQueue()
    for number in range(50):
        pending.put({"type": "purchase-created", "drop": "a", "number": number})
    pending.put({"type": "purchase-created", "drop": "b", "number": 0})

    told = [(event["drop"], event["number"]) for event in taken(pending)]
    assert told == [("a", number) for number in range(50 - MAX_SALES, 50)] + [("b", 0)]


def test_of_a_drops_schedule_the_last_word_is_told():
    pending = ConflatedQueue()
    for phase in ("upcoming", "live", "ended"):
        pending.put({"type": "drop-updated", "drop": "a", "phase": phase})

    assert taken(pending) == [{"type": "drop-updated", "drop": "a", "phase": "ended"}]


def test_messages_to_a_member_are_all_kept_in_order():
    pending = ConflatedQueue()
    sent = [{"type": "reservation-created", "to": "m", "number": number} for number in range(100)]
    for message in sent:
        pending.put(message)

    assert taken(pending) == sent
