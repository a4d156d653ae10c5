"""The crowd as it comes: its shares, and requests that are what their kind says."""

import json
import random
from collections import Counter

import pytest

from bench.people import Person
from bench.scenarios.on_sale import ANSWERS, MALFORMED, STALE, Earlier, Requests, mixed
from dropshop.core.clock import database_time
from reservations.passes import tokens
from tests.make import make_member


def test_of_ten_seven_are_ordinary_and_one_is_of_each_other_sort() -> None:
    kinds = Counter(mixed(1000, random.Random(1)))
    assert kinds["ordinary"] == 700
    assert kinds["again"] == 100
    assert sum(kinds[kind] for kind in STALE) == 100
    assert sum(kinds[kind] for kind in MALFORMED) == 100
    assert set(kinds) == set(ANSWERS)


def test_any_number_can_be_had() -> None:
    assert len(mixed(23, random.Random(1))) == 23


@pytest.mark.django_db
def test_each_kind_is_what_it_is_called() -> None:
    holder, lapsed, stranger = (Person(make_member(), "session") for _ in range(3))
    earlier = Earlier([holder])
    earlier.add_lapsed([lapsed])
    requests = Requests(earlier, 80)
    assert earlier.count == 2

    def sent(kind: str, person: Person = stranger) -> tuple[str, dict[str, str], str]:
        head, _, body = requests.of(kind, person).partition("\r\n\r\n")
        line, *headers = head.split("\r\n")
        return line.split()[1], dict(header.split(": ", 1) for header in headers), body

    address, headers, body = sent("ordinary")
    assert (address, json.loads(body)) == (f"/api/v1/drops/{earlier.drop.pk}/reserve", {"size": "9"})
    assert tokens.open_pass(headers["X-Drop-Pass"]).member_id == stranger.member.pk
    assert sent("lapsed", lapsed)[0] == f"/api/v1/reservations/{earlier.lapsed[lapsed.member.pk]}/purchase"
    assert sent("foreign")[0] == f"/api/v1/reservations/{earlier.held[holder.member.pk]}/purchase"
    assert {kind: sent(kind)[2] for kind in ("no-json", "no-size", "unknown-size")} == {
        "no-json": '{"size":"9',
        "no-size": "{}",
        "unknown-size": '{"size":"99"}',
    }
    assert sent("other-type")[1]["Content-Type"] == "text/plain"
    with pytest.raises(tokens.InvalidPass):
        tokens.open_pass(sent("broken-pass")[1]["X-Drop-Pass"])
    assert earlier.drop.reservations.get(member=lapsed.member).ended_at < database_time()
