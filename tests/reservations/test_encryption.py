"""M3: addresses are unreadable at rest, readable after a rotation of keys, and useless anywhere else."""

import base64

import pytest
from django.db import connection

from dropshop.core.encrypted import Unreadable, decrypt, encrypt
from reservations.models import Payment, Purchase
from tests.make import ADDRESS, make_drop, make_purchase

OLD = "2025:" + base64.b64encode(b"o" * 32).decode()
NEW = "2026:" + base64.b64encode(b"n" * 32).decode()


def test_what_was_sealed_opens_only_in_its_own_context(settings):
    settings.FIELD_KEYS = [OLD]
    sealed = encrypt({"street": "1 Lace Lane"}, context="reservations.purchase.address")
    assert decrypt(sealed, context="reservations.purchase.address") == {"street": "1 Lace Lane"}
    with pytest.raises(Unreadable):
        decrypt(sealed, context="reservations.payment.address")


def test_the_same_value_is_sealed_differently_each_time(settings):
    settings.FIELD_KEYS = [OLD]
    assert len({encrypt("x", context="c") for _ in range(50)}) == 50


def test_the_newest_key_seals_and_older_ones_still_open(settings):
    settings.FIELD_KEYS = [OLD]
    before = encrypt("x", context="c")
    settings.FIELD_KEYS = [NEW, OLD]
    after = encrypt("x", context="c")
    assert (before.split(":")[0], after.split(":")[0]) == ("2025", "2026")
    assert decrypt(before, context="c") == decrypt(after, context="c") == "x"
    settings.FIELD_KEYS = [NEW]
    assert decrypt(after, context="c") == "x"
    with pytest.raises(Unreadable):
        decrypt(before, context="c")


@pytest.mark.parametrize("place", [0, 11, 12, -1])
def test_one_altered_byte_is_noticed(settings, place):
    settings.FIELD_KEYS = [OLD]
    name, _, text = encrypt("x", context="c").partition(":")
    raw = bytearray(base64.b64decode(text))
    raw[place] ^= 1
    with pytest.raises(Unreadable):
        decrypt(f"{name}:{base64.b64encode(raw).decode()}", context="c")


@pytest.mark.parametrize("text", ["", "2025", "2025:", "2025:!!!", "2025:AAAA", "plain text", "2024:AAAA"])
def test_what_was_never_sealed_does_not_open(settings, text):
    settings.FIELD_KEYS = [OLD]
    with pytest.raises(Unreadable):
        decrypt(text, context="c")


@pytest.mark.django_db
def test_m3_no_line_of_an_address_is_readable_in_the_database(alice):
    purchase = make_purchase(alice, make_drop(1))
    with connection.cursor() as cursor:
        for table in (Purchase._meta.db_table, Payment._meta.db_table):
            cursor.execute(f"SELECT address FROM {table}")  # noqa: S608 - names of our own tables
            ((stored,),) = cursor.fetchall()
            assert stored.partition(":")[1] == ":"
            assert not any(line in stored for line in ADDRESS.values() if len(line) > 2)
    assert Purchase.objects.get(pk=purchase.pk).address == ADDRESS


@pytest.mark.django_db
def test_m3_an_address_copied_into_another_column_does_not_open(alice):
    purchase = make_purchase(alice, make_drop(1))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE reservations_purchase SET address = (SELECT address FROM reservations_payment)")
    with pytest.raises(Unreadable):
        Purchase.objects.get(pk=purchase.pk)
