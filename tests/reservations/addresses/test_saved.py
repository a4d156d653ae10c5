"""Saved addresses: several of a member, one used first, encrypted, and nobody else's."""

from uuid import uuid4

import pytest
from django.db import connection

from dropshop.core.errors import Invalid, NotFound
from reservations.addresses import saved
from reservations.addresses.saved import MAX_ADDRESSES, TooManyAddresses
from reservations.models import Purchase, SavedAddress
from reservations.orders import readdress
from reservations.purchases.buy import buy
from tests.make import ADDRESS, make_drop, make_reservation

pytestmark = pytest.mark.django_db
BERLIN = {"name": "Ada", "street": "Torstraße 1", "city": "Berlin", "state": "", "zip_code": "10115", "country": "DE"}


def first_then(member):
    return [(address.lines["city"], address.is_default) for address in saved.addresses_of(member)]


def test_a_member_has_several_and_the_first_one_is_used_first_until_another_is(alice):
    saved.add(alice, ADDRESS)
    berlin = saved.add(alice, BERLIN)
    assert first_then(alice) == [("Portland", True), ("Berlin", False)]
    saved.change(berlin.pk, alice, {}, first=True)
    assert first_then(alice) == [("Berlin", True), ("Portland", False)]


def test_removing_the_one_that_is_used_first_leaves_the_newest_in_its_place(alice):
    one, _, three = (saved.add(alice, lines) for lines in (ADDRESS, BERLIN, BERLIN | {"city": "Potsdam", "zip_code": "14467"}))
    saved.remove(one.pk, alice)
    assert first_then(alice) == [("Potsdam", True), ("Berlin", False)]
    saved.remove(three.pk, alice)
    assert first_then(alice) == [("Berlin", True)]


def test_what_is_changed_is_checked_together_with_what_stays(alice):
    address = saved.add(alice, ADDRESS)
    with pytest.raises(Invalid) as refusal:
        saved.change(address.pk, alice, {"country": "GB"})
    assert list(refusal.value.facts["errors"]) == ["zip_code"]
    assert saved.find(address.pk, alice).lines == ADDRESS
    assert saved.change(address.pk, alice, {"country": "Germany"}).lines == ADDRESS | {"country": "DE"}


def test_an_address_is_encrypted_where_it_is_stored(alice):
    saved.add(alice, ADDRESS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(address)::text FROM reservations_savedaddress AS address")
        stored = cursor.fetchone()[0]
    assert [line for line in ADDRESS.values() if len(line) > 2 and line in stored] == []


def test_nobody_has_more_than_twenty(alice, bob):
    SavedAddress.objects.bulk_create(SavedAddress(member=alice, lines=ADDRESS) for _ in range(MAX_ADDRESSES))
    with pytest.raises(TooManyAddresses) as refusal:
        saved.add(alice, ADDRESS)
    assert refusal.value.facts == {"limit": MAX_ADDRESSES}
    saved.add(bob, ADDRESS)


@pytest.mark.parametrize("name", [uuid4(), "x", "", None], ids=["no such", "no id", "empty", "nothing"])
def test_nobody_finds_what_is_not_theirs(alice, bob, name):
    theirs = saved.add(bob, ADDRESS)
    for asked in (name, theirs.pk):
        for operation in (saved.find, saved.remove):
            with pytest.raises(NotFound):
                operation(asked, alice)
    assert first_then(bob) == [("Portland", True)]


@pytest.mark.django_db(transaction=True)
def test_a_pair_goes_to_a_saved_address_and_the_order_keeps_its_own_copy(alice):
    address = saved.add(alice, BERLIN)
    hold = make_reservation(alice, make_drop(1))
    sale = buy(hold.pk, member=alice, address=str(address.pk), payment_method="test_ok")
    saved.change(address.pk, alice, {"street": "Torstraße 2"})
    saved.remove(address.pk, alice)
    assert Purchase.objects.get().address == BERLIN
    again = buy(hold.pk, member=alice, address=str(address.pk), payment_method="test_ok")
    assert (again.created, again.purchase.pk) == (False, sale.purchase.pk)


@pytest.mark.django_db(transaction=True)
def test_nothing_goes_to_an_address_of_somebody_else(alice, bob):
    theirs, hold = saved.add(bob, BERLIN), make_reservation(alice, make_drop(1))
    for named in (str(theirs.pk), str(uuid4()), "Torstraße 1"):
        with pytest.raises(Invalid) as refusal:
            buy(hold.pk, member=alice, address=named, payment_method="test_ok")
        assert list(refusal.value.facts["errors"]) == ["address"]
    assert not Purchase.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_order_changes_to_a_saved_address(alice):
    hold = make_reservation(alice, make_drop(1))
    sale = buy(hold.pk, member=alice, address=ADDRESS, payment_method="test_ok").purchase
    elsewhere = saved.add(alice, ADDRESS | {"street": "2 Lace Lane"})
    readdress.change_address(sale.pk, str(elsewhere.pk), member=alice)
    assert Purchase.objects.get().address["street"] == "2 Lace Lane"
