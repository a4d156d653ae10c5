"""Field keys that Vault keeps: asked for once, tied to their names; a Vault that is away is named and loses nothing (M7)."""

import base64
import os
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from dropshop.checks import production_is_safe
from dropshop.core import field_keys, rotation
from dropshop.core.encrypted import decrypt, encrypt, keyed_hashes
from dropshop.core.field_keys import FieldKeysUnavailable
from reservations.models import Payment, Purchase, Reservation
from tests.make import ADDRESS, make_drop, make_purchase, make_reservation


def new_key(name, *options):
    said = StringIO()
    call_command("new_field_key", name, *options, stdout=said)
    return said.getvalue().strip()


@pytest.fixture
def wrapped(vault, settings):
    """The shop's one key is wrapped by Vault, and nobody has asked for it yet."""
    settings.FIELD_KEYS = [new_key("2027", "--vault")]
    assert settings.FIELD_KEYS[0].startswith("2027:vault:v1:")
    vault.asked = 0
    return vault


def test_a_hundred_values_ask_vault_once(wrapped):
    with ThreadPoolExecutor(8) as pool:
        sealed = [*pool.map(lambda number: encrypt({"street": number}, context="c"), range(100))]
        opened = [*pool.map(lambda text: decrypt(text, context="c")["street"], sealed)]
    keyed_hashes("1 Lace Lane", context="c")
    assert (opened, wrapped.asked, sealed[0].partition(":")[0]) == ([*range(100)], 1, "2027")


def test_a_vault_that_goes_away_later_stops_nobody(wrapped):
    sealed = encrypt("1 Lace Lane", context="c")
    wrapped.sealed = True
    assert decrypt(sealed, context="c") == "1 Lace Lane"


def test_a_key_that_was_wrapped_for_another_name_does_not_open(wrapped, settings):
    settings.FIELD_KEYS = [settings.FIELD_KEYS[0].replace("2027:", "2028:", 1)]
    with pytest.raises(FieldKeysUnavailable):
        encrypt("x", context="c")


@pytest.mark.parametrize("trouble", ["sealed", "another token", "nobody listens", "no token file"])
def test_who_needs_a_key_that_cannot_be_had_is_told_at_once_and_vault_is_asked_once_in_a_while(wrapped, settings, trouble):
    wrapped.sealed = trouble == "sealed"
    if trouble == "another token":
        settings.VAULT_TOKEN = "s.other"
    if trouble == "nobody listens":
        settings.VAULT_ADDR = "http://127.0.0.1:1"
    if trouble == "no token file":
        settings.VAULT_TOKEN_FILE = "/nonexistent/token"
    for _ in range(20):
        with pytest.raises(FieldKeysUnavailable) as refusal:
            encrypt("x", context="c")
    assert (refusal.value.status, refusal.value.code, wrapped.asked <= 1) == (503, "keys_unavailable", True)


def test_a_token_in_a_file_is_read_anew(wrapped, settings, tmp_path):
    file = tmp_path / "token"
    file.write_text("s.old\n")
    settings.VAULT_TOKEN, settings.VAULT_TOKEN_FILE = "", str(file)
    with pytest.raises(FieldKeysUnavailable):
        encrypt("x", context="c")
    file.write_text("s.stand-in\n")
    field_keys.forget()
    assert decrypt(encrypt("x", context="c"), context="c") == "x"


@pytest.mark.django_db(transaction=True)
def test_while_vault_is_away_a_purchase_is_refused_by_name_and_the_pair_stays_held(wrapped, alice, as_member):
    hold, mine = make_reservation(alice, make_drop(1)), as_member(alice)
    wrapped.sealed = True
    order = {"address": ADDRESS, "payment_method": "test_ok"}
    refused = mine.post(f"reservations/{hold.pk}/purchase", order)
    assert (refused.status_code, refused.json()["code"], refused["Retry-After"]) == (503, "keys_unavailable", "5")
    assert (Reservation.objects.get().status, Payment.objects.count()) == ("active", 0)
    assert mine.post("addresses", ADDRESS).json()["code"] == "keys_unavailable"
    wrapped.sealed = False
    field_keys.forget()  # the pause is over
    assert mine.post(f"reservations/{hold.pk}/purchase", order).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_a_shop_moves_from_a_key_of_its_own_to_one_of_vaults(vault, settings, alice):
    settings.FIELD_KEYS = [f"own:{base64.b64encode(os.urandom(32)).decode()}"]
    make_purchase(alice, make_drop(1))
    settings.FIELD_KEYS = [new_key("2027", "--vault"), *settings.FIELD_KEYS]
    assert {outcome.left for outcome in rotation.rotate()} == {0}
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert Purchase.objects.get().address == ADDRESS


def test_a_new_key_has_a_name_and_thirty_two_bytes(settings):
    name, _, secret = new_key("2027").partition(":")
    assert (name, len(base64.b64decode(secret))) == ("2027", 32)
    for wrong in ("", "a:b", "a,b", "x" * 41, "ä"):
        with pytest.raises(CommandError):
            new_key(wrong)


UNSAFE = {
    "no address": ({"VAULT_ADDR": ""}, "VAULT_ADDR is empty"),
    "no encryption": ({"VAULT_ADDR": "http://vault"}, "keys would travel without encryption"),
    "no token": ({"VAULT_TOKEN": ""}, "VAULT_TOKEN and VAULT_TOKEN_FILE are empty"),
}


@pytest.mark.parametrize(("values", "says"), UNSAFE.values(), ids=UNSAFE)
def test_a_production_start_wants_a_vault_that_can_be_asked(settings, values, says):
    settings.FIELD_KEYS = ["2027:vault:v1:AAAA"]
    settings.VAULT_ADDR, settings.VAULT_TOKEN = "https://vault.example", "s.token"
    assert [found.msg for found in production_is_safe() if "VAULT" in found.msg] == []
    for name, value in values.items():
        setattr(settings, name, value)
    assert [says in found.msg for found in production_is_safe() if "VAULT" in found.msg] == [True]
