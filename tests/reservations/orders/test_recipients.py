"""Orders are found by the name of their recipient, of which the database holds no letter."""

import base64
import os

import pytest
from django.db import connection

from community.personal_data import erasure
from reservations.models import OrderMove, Purchase, RecipientWords
from reservations.orders import readdress, recipients, shipping
from tests.make import ADDRESS, make_drop, make_member, make_purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(alice):
    return make_purchase(alice, make_drop({"9": 3}, limit_per_member=3), "9")


def found(name):
    return set(recipients.orders_to(name).values_list("pk", flat=True))


def renamed(order, name):
    readdress.change_address(order.pk, {**ADDRESS, "name": name}, member=order.member)
    recipients.store_words()


@pytest.mark.parametrize(
    ("name", "searched"),
    [
        ("Alice Ångström", "angstrom"),
        ("Alice Ångström", "ÅNGSTRÖM, alice"),
        ("Åsa-Lena Strauß", "lena STRAUSS"),
        ("王小明", "王小明"),
        ("Ｗｉｄｅ Name", "wide"),
        ("O’Neil", "O'Neil"),
        ("Ада Лавлейс", "лавлейс"),
    ],
    ids=["accents", "capitals and order", "hyphen and sharp s", "Chinese", "full width", "apostrophe", "Cyrillic"],
)
def test_an_order_is_found_by_every_word_of_its_recipients_name(order, name, searched):
    renamed(order, name)
    assert found(searched) == {order.pk}
    assert found(f"{searched} nobody") == set()


@pytest.mark.parametrize("searched", ["", " ", "?!", "ali"], ids=["nothing", "blank", "signs", "part of a word"])
def test_what_names_nobody_finds_nothing(order, searched):
    recipients.store_words()
    assert found(searched) == set()


def test_new_orders_are_stored_once_and_a_changed_name_replaces_the_old(order):
    assert [recipients.store_words() for _ in range(2)] == [1, 0]
    renamed(order, "Berta Bell")
    assert (found("Alice"), found("Berta"), RecipientWords.objects.count()) == (set(), {order.pk}, 1)


def test_the_database_holds_no_word_of_a_name(order):
    renamed(order, "Canaryname")
    with connection.cursor() as cursor:
        cursor.execute("SELECT r::text || p::text FROM reservations_recipientwords r, reservations_purchase p")
        (((row,)),) = cursor.fetchall()
    assert "canaryname" not in row.lower()


def test_orders_are_found_under_an_older_key_and_stored_anew_under_the_newest(order, settings):
    recipients.store_words()
    old, new = settings.FIELD_KEYS[0], f"next:{base64.b64encode(os.urandom(32)).decode()}"
    settings.FIELD_KEYS = [new, old]
    assert found("Alice") == {order.pk}
    assert [recipients.store_words() for _ in range(2)] == [1, 0]
    assert (RecipientWords.objects.get().key, found("Alice")) == ("next", {order.pk})


def test_an_address_that_nobody_can_read_keeps_no_other_order_from_being_found(order, bob):
    other = make_purchase(bob, order.drop, "9")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE reservations_purchase SET address = 'gone:AAAA' WHERE id = %s", [order.pk])
    assert [recipients.store_words() for _ in range(2)] == [2, 0]
    assert found("Alice") == {other.pk}


def test_a_run_goes_on_over_its_batches(monkeypatch, order):
    for _ in range(4):
        make_purchase(make_member(), make_drop())
    monkeypatch.setattr(recipients, "BATCH", 2)
    assert (recipients.store_words(), RecipientWords.objects.count()) == (5, 5)


def test_erasing_a_member_empties_the_index_and_the_words_about_their_orders(order, staff):
    recipients.store_words()
    shipping.pack([order.pk], by=staff)
    OrderMove.objects.create(purchase=order, was="packed", to="packed", note="Canary rang")
    erasure.erase(order.member)
    assert [recipients.store_words(), found("Alice"), RecipientWords.objects.count()] == [0, set(), 0]
    assert set(OrderMove.objects.values_list("note", flat=True)) == {""}
    assert Purchase.objects.count() == 1
