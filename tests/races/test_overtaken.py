"""H2, H6, S4: between a batch's look at its members and its insert, one of them gets a pair of another size elsewhere."""

import pytest

from dropshop.core.errors import DropshopError
from reservations.holds.grant_batch import GrantBatch
from reservations.holds.reserve import HoldRequest, grant, reserve
from reservations.purchases.buy import buy
from tests.make import ADDRESS, make_drop, make_members
from tests.races.auditor import audit
from tests.races.crowd import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]


@pytest.fixture
def overtaken(monkeypatch):
    """`overtaken(deed)`: the deed is done, and committed, on another connection just before the next insert."""
    insert, deeds = GrantBatch._insert, []

    def insert_after_the_deed(batch):
        while deeds:
            at_once([deeds.pop()])
        insert(batch)

    monkeypatch.setattr(GrantBatch, "_insert", insert_after_the_deed)
    return deeds.append


def said(answers):
    return [answer.code if isinstance(answer, DropshopError) else answer.created for answer in answers]


def test_h2_who_got_a_hold_elsewhere_meanwhile_is_given_that_one_and_the_pair_goes_to_the_next(overtaken):
    drop = make_drop({"9": 1, "10": 1})
    nine, ten = drop.sizes.all()
    quick, next_in_line = make_members(2)
    overtaken(lambda: reserve(member=quick, drop=drop, size=ten))
    answers = grant(
        drop.pk, [HoldRequest(quick.pk, nine.pk), HoldRequest(next_in_line.pk, nine.pk), HoldRequest(quick.pk, nine.pk)]
    )
    assert said(answers) == [False, True, False]
    assert [answer.reservation.size.label for answer in answers] == ["10", "9", "10"]
    assert list(drop.sizes.values_list("available", "reserved")) == [(0, 1), (0, 1)]
    audit()


def test_h6_who_bought_elsewhere_meanwhile_has_reached_the_limit_and_the_pair_goes_to_the_next(overtaken):
    drop = make_drop({"9": 1, "10": 1})
    nine, ten = drop.sizes.all()
    quick, next_in_line = make_members(2)

    def hold_and_buy():
        hold = reserve(member=quick, drop=drop, size=ten).reservation
        buy(hold.pk, member=quick, address=ADDRESS, payment_method="test_ok")

    overtaken(hold_and_buy)
    answers = grant(drop.pk, [HoldRequest(quick.pk, nine.pk), HoldRequest(next_in_line.pk, nine.pk)])
    assert said(answers) == ["limit_reached", True]
    assert list(drop.sizes.values_list("available", "reserved", "sold")) == [(0, 1, 0), (0, 0, 1)]
    audit()


def test_where_nobody_is_next_the_pair_stays_available(overtaken):
    drop = make_drop({"9": 1, "10": 1})
    nine, ten = drop.sizes.all()
    (quick,) = make_members(1)
    overtaken(lambda: reserve(member=quick, drop=drop, size=ten))
    (answer,) = grant(drop.pk, [HoldRequest(quick.pk, nine.pk)])
    assert answer.reservation.size == ten
    assert list(drop.sizes.values_list("available", "reserved")) == [(1, 0), (0, 1)]
    audit()
