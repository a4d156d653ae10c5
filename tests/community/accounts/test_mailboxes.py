"""Spellings of one mailbox are one account; different mailboxes stay different."""

import json
from importlib import import_module

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core import mail
from django.db import IntegrityError, transaction

from community.accounts.adapter import AccountAdapter
from community.models import Member
from community.personal_data import erasure
from dropshop.core.limits import account_key
from dropshop.core.mailboxes import mailbox_key
from dropshop.core.outbox.models import Email
from tests.make import PASSWORD, make_member

pytestmark = pytest.mark.django_db
FOUR = ["ada.lovelace@gmail.com", "AdaLovelace@gmail.com", "adalovelace+drops@gmail.com", "a.d.a.lovelace+2@googlemail.com"]


@pytest.fixture(autouse=True)
def limits(settings):
    """It is not the counting that is tested."""
    settings.LIMITS = {**settings.LIMITS, "sign-up": {"address": "1000/1s"}}


def register(client, name, email):
    body = {"username": name, "email": email, "password": PASSWORD}
    return client.post("/api/v1/users/register", json.dumps(body), content_type="application/json")


def sign_up(client, name, email):
    return client.post("/accounts/signup/", {"username": name, "email": email, "password1": PASSWORD})


@pytest.mark.parametrize(
    "spellings",
    [
        FOUR,
        ["ada@outlook.com", "ada+x@outlook.com", "ADA+y+z@OUTLOOK.com"],
        ["ada@icloud.com", "ada+x@icloud.com"],
        ["ada@fastmail.com", "ada+x@fastmail.com"],
        ["ada.b@proton.me", "a-d_ab+x@protonmail.com", "adab@pm.me"],
        ["ada@b\u00fccher.example", "ada@B\u00dcCHER.example", "ada@xn--bcher-kva.example", "\uff41da@b\u00fccher.example "],
    ],
    ids=["gmail", "outlook", "icloud", "fastmail", "proton", "any-domain"],
)
def test_spellings_of_one_mailbox_have_one_key_and_one_limit(spellings):
    assert len({mailbox_key(email) for email in spellings}) == len({account_key(email) for email in spellings}) == 1


def test_different_mailboxes_stay_different():
    different = [
        *("ada@gmail.com", "adb@gmail.com", "ada@outlook.com", "a.da@outlook.com", "ada@hotmail.com", "ada@yahoo.com"),
        *("ada-x@yahoo.com", "ada+x@yahoo.com", "a.da@yahoo.com", "ada@example.com", "a.da@example.com", "ada+x@example.com"),
        *("ada@gmail.com.example", "ada-x@gmail.com", "+x@gmail.com", "...@gmail.com", "ada", "", "ada@"),
    ]
    assert len({mailbox_key(email) for email in different}) == len(different)


def test_four_spellings_are_one_account_by_api_and_page(client):
    assert register(client, "ada", FOUR[0]).status_code == 201
    for number, email in enumerate(FOUR):
        answer = register(client, f"ada{number}", email)
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {"email"})
        page = sign_up(client, f"ada{number}", email)
        assert (page.status_code, set(page.context["form"].errors)) == (200, {"email"})
    assert list(Member.objects.values_list("email", flat=True)) == [FOUR[0]]


@pytest.mark.parametrize("email", ["ada.lovelace@gmail.com", "adalovelace+drops@gmail.com"], ids=["known", "another-spelling"])
def test_where_addresses_are_verified_another_spelling_is_answered_like_an_unknown_one(client, settings, email):
    settings.REQUIRE_VERIFIED_EMAIL, settings.ACCOUNT_EMAIL_VERIFICATION = True, "mandatory"
    make_member("ada", email=FOUR[0])
    known, unknown = register(client, "ada2", email), register(client, "bob", "bob@example.com")
    assert (known.status_code, set(known.json()), known.json()["email"]) == (201, set(unknown.json()), email)
    assert sign_up(client, "ada3", email)["Location"] == "/accounts/confirm-email/"
    assert sorted(Member.objects.values_list("username", flat=True)) == ["ada", "bob"]


def test_the_database_itself_knows_one_mailbox():
    ada = make_member("ada", email=FOUR[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        make_member("ada2", email=FOUR[2])
    other = make_member("other", email="other@example.com")
    other.email = FOUR[3]
    with pytest.raises(IntegrityError), transaction.atomic():
        other.save(update_fields=["email"])
    erasure.erase(ada)
    other.save(update_fields=["email"])
    assert Member.objects.get(pk=other.pk).mailbox_key == mailbox_key(FOUR[0])


def test_another_accounts_mailbox_does_not_become_the_main_address(alice, client, monkeypatch):
    """Nor where that account came into being between the look and the write."""
    make_member("ada", email=FOUR[0])
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True)
    EmailAddress.objects.create(user=alice, email=FOUR[2].lower(), verified=True)
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})  # what is changed wants a fresh sign-in
    chosen = {"action_primary": "", "email": FOUR[2].lower()}
    for blind in (False, True):
        if blind:
            monkeypatch.setattr("community.accounts.views.is_taken", lambda *args, **kwargs: False)
        answer = client.post("/accounts/email/", chosen)
        assert (answer.status_code, "is the address of another account" in answer.content.decode()) == (409, True)
        alice.refresh_from_db()
        assert (alice.email, EmailAddress.objects.get(primary=True).email) == ("alice@example.com", "alice@example.com")
    own = EmailAddress.objects.create(user=alice, email="alice@elsewhere.example", verified=True)
    assert client.post("/accounts/email/", {**chosen, "email": own.email}).status_code == 302
    alice.refresh_from_db()
    assert alice.email == own.email


@pytest.mark.parametrize("leaves", [True, False], ids=["leaves", "control"])
def test_no_address_is_kept_for_a_member_who_leaves_while_they_add_it(alice, client, monkeypatch, fresh_buckets, leaves):
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    clean = AccountAdapter.clean_email

    def left_meanwhile(adapter, address):
        Member.objects.filter(pk=alice.pk).update(is_active=not leaves)
        return clean(adapter, address)

    monkeypatch.setattr(AccountAdapter, "clean_email", left_meanwhile)
    answer = client.post("/accounts/email/", {"action_add": "1", "email": "new@example.com"})
    assert EmailAddress.objects.filter(email="new@example.com").exists() is not leaves
    assert answer.status_code == (401 if leaves else 302)


def test_an_added_address_of_somebody_elses_mailbox_is_never_confirmed(rf, alice):
    make_member("ada", email=FOUR[0])
    added = EmailAddress.objects.create(user=alice, email=FOUR[2].lower())
    assert AccountAdapter().confirm_email(rf.get("/"), added) is False
    assert not EmailAddress.objects.filter(user=alice, verified=True).exists()
    assert (mail.outbox, Email.objects.count()) == ([], 0)


def test_the_migration_leaves_everybody_their_account():
    """Of several with one mailbox the oldest has the key, and the others can still be saved."""
    make_member("ada", email=FOUR[0])
    late = make_member("late", email="late@example.com")
    Member.objects.filter(pk=late.pk).update(email=FOUR[2])
    Member.objects.update(mailbox_key=None)
    import_module("community.migrations.0025_fill_mailbox_keys").fill(apps, None)
    late.refresh_from_db()
    late.save()
    keys = dict(Member.objects.values_list("username", "mailbox_key"))
    assert keys == {"ada": mailbox_key(FOUR[0]), "late": f"{mailbox_key(FOUR[0])} {late.pk.hex}"}
