"""`limit_per_address`: so many pairs of a drop go to one place, whoever buys them and however they write it."""

import base64
import os

import pytest

from drops.models import Drop
from dropshop.core.encrypted import newest_key
from reservations.holds.errors import LimitReached
from reservations.models import Payment, Purchase, Reservation
from reservations.orders import readdress
from reservations.purchases.buy import buy
from reservations.purchases.models import PickupPlace
from reservations.refunds.cancel import cancel
from tests.make import ADDRESS, make_drop, make_member, make_reservation
from tests.reservations.addresses.test_place_key import HOME, NEIGHBOURS, SPELLINGS

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT = {"limit": 2, "per": "address"}


@pytest.fixture
def drop():
    return make_drop(100, limit_per_address=2)


def sell(drop, address=ADDRESS, method="test_ok"):
    """A pair for somebody new."""
    member = make_member()
    hold = make_reservation(member, drop)
    return buy(hold.pk, member=member, address=address, payment_method=method).purchase


def refused(drop, address=ADDRESS):
    with pytest.raises(LimitReached) as refusal:
        sell(drop, address)
    return refusal.value.facts


def test_two_pairs_go_to_one_address_unless_staff_say_otherwise():
    assert (Drop().limit_per_address, Drop._meta.get_field("limit_per_address").db_default) == (2, 2)


def test_acceptance_50_twenty_spellings_of_one_address_have_one_limit(drop):
    """Acceptance 50: 20 spellings of one address: one limit."""
    streets = SPELLINGS["a flat"]
    assert len(streets) >= 20
    for street in streets[:2]:
        sell(drop, HOME | {"street": street})
    assert [refused(drop, HOME | {"street": street}) for street in streets[2:]] == [LIMIT] * (len(streets) - 2)
    assert (drop.purchases.count(), Payment.objects.count()) == (2, 2)


def test_acceptance_50_true_neighbours_get_two(drop):
    """Acceptance 50: true neighbours get two."""
    for street in NEIGHBOURS[:6]:
        for _ in range(2):
            sell(drop, HOME | {"street": street})
        assert refused(drop, HOME | {"street": street}) == LIMIT
    assert drop.purchases.count() == 12


def test_who_is_refused_keeps_the_hold_and_buys_to_another_address(drop):
    for _ in range(2):
        sell(drop)
    member = make_member()
    hold = make_reservation(member, drop)
    with pytest.raises(LimitReached):
        buy(hold.pk, member=member, address=ADDRESS, payment_method="test_ok")
    held = Reservation.objects.get(pk=hold.pk)
    assert (held.status, held.pinned_until, held.payments.count()) == ("active", None, 0)
    elsewhere = ADDRESS | {"street": "2 Lace Lane"}
    assert buy(hold.pk, member=member, address=elsewhere, payment_method="test_ok").created


def test_the_same_purchase_again_is_that_purchase(drop):
    member = make_member()
    sell(drop)
    hold = make_reservation(member, drop)
    bought = [buy(hold.pk, member=member, address=ADDRESS, payment_method="test_ok") for _ in range(2)]
    assert ([each.created for each in bought], drop.purchases.count()) == ([True, False], 2)


def test_what_has_ended_does_not_count_and_neither_do_other_drops(drop, staff):
    one, _ = sell(drop), sell(drop)
    sell(make_drop(1, limit_per_address=1))
    cancel(one.pk, by=staff, reason="Not wanted")
    sell(drop)
    assert refused(drop) == LIMIT


def test_without_a_limit_as_many_go_there_as_are_bought():
    drop = make_drop(4, limit_per_address=0)
    for _ in range(4):
        sell(drop)
    assert drop.purchases.count() == 4


def test_what_is_collected_is_at_nobodys_address(drop):
    place = PickupPlace.objects.create(name="Oslo store", street="2 Store St", zip_code="0150", city="Oslo", country="NO")
    place.drops.add(drop)
    for _ in range(3):
        sell(drop, {"name": "Bea", "pickup": place.pk})
    assert [*drop.purchases.values_list("place_hash", flat=True)] == ["", "", ""]


def test_a_payment_that_waits_for_its_shopper_counts_until_it_is_over(drop):
    from reservations.payments.errors import ConfirmationRequired

    sell(drop)
    with pytest.raises(ConfirmationRequired):
        sell(drop, method="test_confirm")
    assert refused(drop) == LIMIT
    Reservation.objects.filter(payments__status="confirming").update(status="expired", ended_at="2026-01-01T00:00Z")
    sell(drop)


def test_an_order_does_not_change_to_an_address_that_has_all_its_pairs(drop):
    mine = sell(drop, ADDRESS | {"street": "2 Lace Lane"})
    for _ in range(2):
        sell(drop)
    with pytest.raises(LimitReached):
        readdress.change_address(mine.pk, ADDRESS | {"street": "One Lace Ln."}, member=mine.member)
    readdress.change_address(mine.pk, ADDRESS | {"street": "3 Lace Lane"}, member=mine.member)
    sell(drop, ADDRESS | {"street": "2 Lace Lane"})
    sell(drop, ADDRESS | {"street": "2 Lace Lane"})
    assert refused(drop, ADDRESS | {"street": "2 Lace Lane"}) == LIMIT


def test_an_address_that_filled_while_the_bank_was_asked_is_refused_and_the_money_goes_back(drop, monkeypatch):
    """Two were let through to the bank by a shop that counted no payments under way."""
    from reservations.purchases import address_limit, begin

    class Blind(address_limit.PlacesTaken):
        def refusal(self, wish):
            return None

    monkeypatch.setattr(begin, "PlacesTaken", Blind)
    for _ in range(2):
        sell(drop)
    assert refused(drop) == LIMIT | {"payment": "voided"}
    assert Payment.objects.get(status="voided").settled_at is not None
    assert (drop.purchases.count(), Reservation.objects.get(status="active").pinned_until) == (2, None)


def test_the_limit_holds_while_the_keys_rotate(drop, settings):
    sell(drop)
    old = settings.FIELD_KEYS[0]
    settings.FIELD_KEYS = [f"next:{base64.b64encode(os.urandom(32)).decode()}", old]
    sell(drop)
    assert refused(drop) == LIMIT
    settings.FIELD_KEYS = [old, settings.FIELD_KEYS[0]]  # a process that was not restarted yet
    assert refused(drop) == LIMIT
    keys = {stored.partition(":")[0] for stored in Purchase.objects.values_list("place_hash", flat=True)}
    assert keys == {"next", newest_key()}


def test_the_page_says_so_and_keeps_the_pair(drop, sign_in):
    for _ in range(2):
        sell(drop)
    member = make_member()
    hold, client = make_reservation(member, drop), sign_in(member)
    answer = client.post(f"/reservations/{hold.pk}/purchase/", ADDRESS | {"payment_method": "test_ok"})
    page = answer.content.decode()
    assert (answer.status_code, "This drop sends 2 pairs to one address" in page, "You were not charged." in page) == (
        409,
        True,
        True,
    )


def test_the_api_names_the_limit_and_staff_set_it(drop, as_member, staff):
    assert as_member(staff).get(f"drops/{drop.pk}").json()["limit_per_address"] == 2
    draft = make_drop(published=False)
    assert as_member(staff).patch(f"drops/{draft.pk}", {"limit_per_address": 5}).json()["limit_per_address"] == 5
    refusal = as_member(staff).patch(f"drops/{drop.pk}", {"limit_per_address": 5})
    assert (refusal.status_code, list(refusal.json()["errors"])) == (400, ["limit_per_address"])
