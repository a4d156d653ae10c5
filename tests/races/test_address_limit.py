"""Acceptance 50, at once: ten who buy ten sizes to one address get as many pairs as one address may."""

import pytest

from reservations.models import Payment
from reservations.purchases import address_limit
from reservations.purchases.buy import buy
from tests.make import ADDRESS, make_drop, make_members, make_reservation
from tests.races.crowd import Meeting, at_once, codes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]
SPELLINGS = ("1 Lace Lane", "1 Lace Ln.", "Lace Lane 1", "1, LACE LANE", "One Lace Lane")


def ten_buy():
    """In sizes of their own, so that no lock on a size keeps them apart; what each was answered."""
    drop = make_drop({str(size): 1 for size in range(4, 14)}, limit_per_address=2)
    holds = [make_reservation(member, drop, size) for member, size in zip(make_members(10), drop.sizes.all(), strict=True)]
    streets = [SPELLINGS[place % len(SPELLINGS)] for place in range(10)]
    return codes(
        at_once(
            [
                lambda hold=hold, street=street: buy(
                    hold.pk, member=hold.member, address=ADDRESS | {"street": street}, payment_method="test_ok"
                )
                for hold, street in zip(holds, streets, strict=True)
            ]
        )
    )


def test_acceptance_50_ten_at_once_to_one_address_get_two_and_no_bank_is_asked_for_the_others():
    assert ten_buy() == ["limit_reached"] * 8 + ["ok"] * 2
    assert [*Payment.objects.values_list("status", flat=True)] == ["captured"] * 2


def test_control_without_the_lock_on_the_place_more_than_two_get_there(monkeypatch):
    meetings = {step: Meeting(10, patience=2) for step in (True, False)}
    counted = address_limit.rows

    def rows(statement, **values):
        found = counted(statement, **values)
        if statement == address_limit.TAKEN:
            meetings[values["under_way"]].meet()
        return found

    monkeypatch.setattr(address_limit, "_lock", lambda places: None)
    monkeypatch.setattr(address_limit, "rows", rows)
    assert ten_buy().count("ok") > 2
