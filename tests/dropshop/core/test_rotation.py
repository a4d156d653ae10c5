"""Rotation of the field keys: everything comes under the newest key, whatever happens meanwhile (acceptance 52)."""

import base64
import os
import re
import threading
from io import StringIO
from pathlib import Path

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql

from dropshop.core import rotation
from dropshop.core.encrypted import newest_key
from dropshop.core.outbox.models import Email, SuppressedAddress
from reservations.addresses import saved
from reservations.models import Payment, Purchase, RecipientWords, SavedAddress, Withdrawal
from reservations.orders import recipients
from reservations.withdrawals.withdraw import withdraw
from tests.make import ADDRESS, make_drop, make_member, make_purchase
from tests.races.crowd import wait_for_lock_queue

MARKED = """(?:^|"|\\{|,)(old|new):"""
pytestmark = pytest.mark.django_db(transaction=True)


def new_key(name):
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}"


@pytest.fixture
def filled(settings, alice):
    """A row in every table, under the key "old"; the key "new" is in front of it now."""
    settings.FIELD_KEYS = [new_key("old")]
    sale = make_purchase(alice, make_drop(1))
    withdraw(sale.pk, name="Alice", email="alice@example.com", by=alice)
    saved.add(alice, ADDRESS)
    recipients.store_words()
    for kind, name in (("totp", "secret"), ("recovery_codes", "seed")):
        Authenticator.objects.create(user=alice, type=kind, data={name: get_adapter().encrypt("JBSWY3DPEHPK3PXP"), "used": 7})
    settings.FIELD_KEYS = [new_key("new"), *settings.FIELD_KEYS]
    return settings


def keys_in_use():
    """By table and column, the names of the keys under which its values are: asked of the database's own catalogue."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'ARRAY')"
        )
        for table, column in cursor.fetchall():
            asked = sql.SQL("SELECT DISTINCT (regexp_matches({column}::text, {marked}, 'g'))[1] FROM {table}")
            cursor.execute(asked.format(column=sql.Identifier(column), table=sql.Identifier(table), marked=MARKED))
            found |= {(table, column, key) for (key,) in cursor.fetchall()}
    return found


def run(*options):
    said = StringIO()
    call_command("rotate_field_keys", *options, stdout=said)
    return said.getvalue()


def test_every_encrypted_column_of_every_table_is_found(filled):
    """What the database itself says of the tables that have rows is what the models say, and what allauth keeps."""
    filled_tables = [table for table in rotation.tables() if table.model._base_manager.exists()]
    known = {(each.model._meta.db_table, field.column) for each in filled_tables for field in (*each.encrypted, *each.hashed)}
    assert {each.model for each in filled_tables} >= {Email, Payment, Purchase, SavedAddress, Withdrawal}
    assert {(table, column) for table, column, _ in keys_in_use()} == known | {("mfa_authenticator", "data")}


def test_whoever_encrypts_by_hand_says_how_that_rotates():
    """A column is found by its class; what stands elsewhere must be among `own_forms`."""
    by_hand = {"community/accounts/second_factors.py", "community/accounts/second_factor_keys.py"}
    known = by_hand | {"dropshop/core/encrypted.py", "dropshop/core/rotation.py"}
    found = {
        str(path.relative_to(settings.BASE_DIR))
        for app in ("community", "drops", "dropshop", "reservations")
        for path in Path(settings.BASE_DIR, app).rglob("*.py")
        if "migrations" not in path.parts and re.search(r"(?<![\w.])(?:encrypted\.)?encrypt\(.*context=", path.read_text())
    }
    assert found == known
    assert rotation.own_forms.names() == ["second factors", "words of recipients"]


def test_no_row_is_left_on_the_old_key_and_all_are_as_they_were(filled):
    with pytest.raises(CommandError, match="rows are not under the key 'new'"):
        run("--check")
    before = Withdrawal.objects.get().email
    said = run()
    assert ({key for *_, key in keys_in_use()}, "the older keys can go" in said) == ({"new"}, True)
    assert [*RecipientWords.objects.values_list("key", flat=True)] == ["new"]
    filled.FIELD_KEYS = filled.FIELD_KEYS[:1]
    assert (Purchase.objects.get().address, Payment.objects.get().address) == (ADDRESS, ADDRESS)
    assert (SavedAddress.objects.get().lines, Withdrawal.objects.get().email) == (ADDRESS, before)
    assert list(recipients.orders_to("alice").values_list("purchase", flat=True)) == [Purchase.objects.get().pk]
    secrets = {each.data.get("secret") or each.data["seed"]: each.data["used"] for each in Authenticator.objects.all()}
    assert {get_adapter().decrypt(secret): used for secret, used in secrets.items()} == {"JBSWY3DPEHPK3PXP": 7}
    assert run() == run("--check")


def test_places_that_were_never_computed_are(filled):
    for model in (Purchase, Payment, SavedAddress):
        model.objects.update(place_hash=None)
    run()
    hashes = {model.objects.get().place_hash for model in (Purchase, Payment, SavedAddress)}
    assert (len(hashes), hashes.pop().partition(":")[0]) == (1, "new")


def test_a_run_that_is_killed_goes_on_where_it_was(filled, alice, monkeypatch):
    filled.FIELD_KEYS = filled.FIELD_KEYS[1:]
    SavedAddress.objects.bulk_create(SavedAddress(member=alice, lines=ADDRESS) for _ in range(9))
    filled.FIELD_KEYS = [new_key("new"), *filled.FIELD_KEYS]
    monkeypatch.setattr(rotation, "BATCH_ROWS", 2)
    store, batches = rotation._store, []

    def killed_after_two(table, pks):
        if table.model is SavedAddress:
            batches.append(pks)
            if len(batches) > 2:
                raise KeyboardInterrupt
        return store(table, pks)

    monkeypatch.setattr(rotation, "_store", killed_after_two)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert SavedAddress.objects.filter(place_hash__startswith="new:").count() == 4
    monkeypatch.setattr(rotation, "_store", store)
    assert "reservations.SavedAddress: 6 stored anew, 0 left." in run()


def test_a_row_whose_key_is_gone_stops_no_other_and_is_counted(filled, alice):
    filled.FIELD_KEYS = [new_key("lost")]
    saved.add(alice, ADDRESS)
    filled.FIELD_KEYS = [new_key("new"), new_key("old")]
    with pytest.raises(CommandError, match="are the older keys still behind it"):
        run()


def test_a_row_that_means_what_another_one_does_stops_no_other_and_is_counted(filled):
    """Two processes suppressed one address at the same moment, each under its own newest key."""
    for keys in (filled.FIELD_KEYS[::-1], filled.FIELD_KEYS):
        filled.FIELD_KEYS = keys
        row = SuppressedAddress(address="alice@example.com", reason="bounced")
        SuppressedAddress.objects.bulk_create([row])
    with pytest.raises(CommandError, match=r"^1 rows are not under"):
        run()
    assert {key for table, _, key in keys_in_use() if table != "outbox_suppressedaddress"} == {"new"}


def change_at_the_same_time(monkeypatch, alice):
    """Rotates while somebody changes the address that is being stored anew; what it is in the end."""
    mine = SavedAddress.objects.get()
    anew = rotation._anew
    writers = []

    def meanwhile(table, values):
        if table.model is SavedAddress and not writers:
            writers.append(threading.Thread(target=write))
            writers[0].start()
            if "FOR NO KEY UPDATE" in rotation.LOCK:
                wait_for_lock_queue()
            else:
                writers[0].join()
        return anew(table, values)

    def write():
        try:
            saved.change(mine.pk, alice, {"street": "2 Lace Lane"})
        finally:
            connection.close()

    monkeypatch.setattr(rotation, "_anew", meanwhile)
    rotation._rotate(next(table for table in rotation.tables() if table.model is SavedAddress))
    writers[0].join()
    return SavedAddress.objects.get().lines["street"]


def test_what_somebody_changes_at_that_moment_is_not_lost(filled, alice, monkeypatch):
    assert change_at_the_same_time(monkeypatch, alice) == "2 Lace Lane"


def test_control_without_its_lock_a_change_is_lost(filled, alice, monkeypatch):
    monkeypatch.setattr(rotation, "LOCK", rotation.LOCK.replace("FOR NO KEY UPDATE SKIP LOCKED", ""))
    assert change_at_the_same_time(monkeypatch, alice) == ADDRESS["street"]


def test_acceptance_52_rotation_under_load_no_read_error_and_no_row_left(settings, monkeypatch):
    """Acceptance 52: key rotation under load: no read error, no row left on the old key."""
    settings.FIELD_KEYS = [new_key("old")]
    members = [make_member() for _ in range(4)]
    SavedAddress.objects.bulk_create(SavedAddress(member=member, lines=ADDRESS) for member in members for _ in range(40))
    drop = make_drop(200)
    for member in members:
        make_purchase(member, drop)
    settings.FIELD_KEYS = [new_key("new"), *settings.FIELD_KEYS]
    monkeypatch.setattr(rotation, "BATCH_ROWS", 10)
    over, accidents, counts = threading.Event(), [], {"read": 0, "written": 0}

    def work(deed, name):
        try:
            while not over.is_set():
                deed()
                counts[name] += 1
        except BaseException as accident:  # noqa: BLE001 - carried to the test's own thread
            accidents.append(accident)
        finally:
            connection.close()

    def read():
        assert {address["zip_code"] for address in Purchase.objects.values_list("address", flat=True)} == {"97201"}
        assert {lines["zip_code"] for lines in SavedAddress.objects.values_list("lines", flat=True)} == {"97201"}

    def write():
        make_purchase(make_member(), drop)
        for member in members:
            saved.change(saved.addresses_of(member)[0].pk, member, {"street": f"{counts['written']} Lace Lane"})

    threads = [threading.Thread(target=work, args=args) for args in ((read, "read"), (write, "written"))]
    for thread in threads:
        thread.start()
    said = run()
    over.set()
    for thread in threads:
        thread.join()
    assert (accidents, "the older keys can go" in said) == ([], True)
    assert {key for *_, key in keys_in_use()} == {newest_key()}
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    read()
    assert min(counts.values()) > 0
