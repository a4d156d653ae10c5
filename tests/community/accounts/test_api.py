import re

import pytest
from django.contrib.sessions.models import Session

from community.models import Member
from reservations.models import Reservation
from tests.make import PASSWORD, make_drop, make_member, make_purchase, make_reservation

pytestmark = pytest.mark.django_db
NEW = {"username": "dana", "email": "Dana@Example.com", "password": "a-long-enough-passphrase"}


def test_a_registration_answers_with_the_account_and_its_tokens(call):
    answer = call.post("users/register", NEW)
    assert answer.status_code == 201
    member = Member.objects.get(username="dana")
    assert set(answer.json()) == {"id", "username", "email", "access", "refresh"}
    assert (answer.json()["id"], answer.json()["email"]) == (str(member.pk), "dana@example.com")
    call.headers["Authorization"] = f"Bearer {answer.json()['access']}"
    assert call.get("users/me").json()["username"] == "dana"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": "ALICE"}, "username"),
        ({"email": "ALICE@example.com"}, "email"),
        ({"username": "not a name"}, "username"),
        ({"email": "nobody"}, "email"),
        ({"password": "12345678"}, "password"),
        ({"password": "dana"}, "password"),
        ({"username": ["dana"]}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"password": None}, "password"),
    ],
)
def test_a_registration_is_refused_by_field(call, alice, changed, field):
    answer = call.post("users/register", NEW | changed)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert set(answer.json()["errors"]) == {field}
    assert Member.objects.filter(username="dana").count() == 0


def test_unicode_names_are_names(call):
    assert call.post("users/register", NEW | {"username": "Åsa-渡辺"}).status_code == 201
    assert call.post("users/login", {"username": "åsa-渡辺", "password": NEW["password"]}).status_code == 200


def test_the_same_registration_with_the_same_key_is_one_account_with_fresh_tokens(call):
    first = call.post("users/register", NEW, Idempotency_Key="k1")
    again = call.post("users/register", NEW, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["access"] != first.json()["access"]
    assert Member.objects.filter(username="dana").count() == 1
    other = call.post("users/register", NEW | {"username": "other"}, Idempotency_Key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


def test_extra_fields_of_a_registration_are_refused_by_name_and_have_no_effect_36(call):
    extra = {"is_staff": True, "is_superuser": True, "karma": 999, "id": "x"}
    answer = call.post("users/register", NEW | extra)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, set(extra))
    assert Member.objects.filter(username="dana").count() == 0


@pytest.mark.parametrize("named", [{"username": "alice"}, {"username": "Alice@Example.com"}, {"email": "alice@example.com"}])
def test_a_member_signs_in_by_name_or_address(call, alice, named):
    answer = call.post("users/login", named | {"password": PASSWORD})
    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}
    assert set(answer.cookies) == {"known_device"}  # no session


def test_an_unknown_name_and_a_wrong_password_answer_the_same_after_the_same_work(call, alice, monkeypatch):
    from django.contrib.auth.hashers import Argon2PasswordHasher

    hashed: list[str] = []
    encode = Argon2PasswordHasher.encode
    verify = Argon2PasswordHasher.verify
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *args: hashed.append("") or encode(*args))
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *args: hashed.append("") or verify(*args))
    answers, work = [], []
    for named in ({"username": "alice"}, {"username": "nobody"}, {"email": "alice@example.com"}, {"email": "no@example.com"}):
        hashed.clear()
        answers.append(call.post("users/login", named | {"password": "wrong"}))
        work.append(len(hashed))
    assert work == [1, 1, 1, 1]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0]["WWW-Authenticate"] == "Bearer"


def test_the_page_does_the_same_work_for_known_and_unknown_addresses_too(client, alice, monkeypatch):
    from django.contrib.auth.hashers import Argon2PasswordHasher, MD5PasswordHasher

    hashed: list[str] = []
    for hasher in (Argon2PasswordHasher, MD5PasswordHasher):
        encode = hasher.encode
        monkeypatch.setattr(hasher, "encode", lambda *args, encode=encode: hashed.append("") or encode(*args))
    verify = Argon2PasswordHasher.verify
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *args: hashed.append("") or verify(*args))
    work = []
    for name in ("alice", "nobody", "alice@example.com", "nobody@example.com"):
        hashed.clear()
        assert client.post("/accounts/login/", {"login": name, "password": "wrong"}).status_code == 200
        work.append(len(hashed))
    assert work == [1, 1, 1, 1]
    assert client.post("/accounts/login/", {"login": "Alice@example.com", "password": PASSWORD}).status_code == 302


def test_a_disabled_member_is_as_unknown_as_anybody(call):
    make_member("gone", is_active=False)
    answer = call.post("users/login", {"username": "gone", "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_refreshing_gives_new_tokens_and_spends_the_old_one(call, alice):
    first = call.post("users/login", {"username": "alice", "password": PASSWORD}).json()
    second = call.post("users/token/refresh", {"refresh": first["refresh"]})
    assert second.status_code == 200
    assert second.json()["refresh"] != first["refresh"]
    call.headers["Authorization"] = f"Bearer {second.json()['access']}"
    assert call.get("users/me").status_code == 200


def test_the_reuse_of_a_spent_refresh_token_ends_its_family_and_no_other(call, alice, as_member):
    elsewhere = as_member(alice)
    first = call.post("users/login", {"username": "alice", "password": PASSWORD}).json()
    second = call.post("users/token/refresh", {"refresh": first["refresh"]}).json()
    reused = call.post("users/token/refresh", {"refresh": first["refresh"]})
    assert (reused.status_code, reused.json()["code"]) == (401, "not_authenticated")
    assert call.post("users/token/refresh", {"refresh": second["refresh"]}).status_code == 401
    call.headers["Authorization"] = f"Bearer {second['access']}"
    assert call.get("users/me").status_code == 401
    assert elsewhere.get("users/me").status_code == 200


def test_signing_out_stops_the_access_token_at_once(as_member, alice):
    caller = as_member(alice)
    assert caller.get("users/me").status_code == 200
    assert caller.post("users/logout", {"refresh": caller.refresh}).status_code == 204
    answer = caller.get("users/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert caller.post("users/token/refresh", {"refresh": caller.refresh}).status_code == 401
    del caller.headers["Authorization"]
    assert caller.post("users/logout", {"refresh": caller.refresh}).status_code == 204


@pytest.mark.parametrize("path", ["users/logout", "users/token/refresh"])
def test_what_is_no_refresh_token_is_refused(call, as_member, alice, path):
    access = as_member(alice).headers["Authorization"].removeprefix("Bearer ")
    for text in ("rubbish", "a.b.c", access):
        answer = call.post(path, {"refresh": text})
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x", "Bearer a b", "Bearer \u00ff", "Basic YTpi", "Bearer a.b.c"]
)
def test_what_is_no_access_token_is_refused(call, header):
    answer = call.get("users/me", Authorization=header)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_a_browser_session_reads_and_needs_the_csrf_token_to_write(call, alice):
    call.client.force_login(alice)
    assert call.get("users/me").status_code == 200
    answer = call.patch("users/me", {"shows_name": False})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert "CSRF" in answer.json()["detail"]
    call.client.cookies["csrftoken"] = "a" * 32
    assert call.patch("users/me", {"shows_name": False}, X_CSRFToken="a" * 32).status_code == 200


def test_first_and_last_name_are_in_one_line_without_signs_that_cannot_be_seen(as_member, bob):
    answer = as_member(bob).patch("users/me", {"first_name": "Bo\nBcc: x@y.z", "last_name": "a\u202eb"})
    assert (answer.json()["first_name"], answer.json()["last_name"]) == ("Bo Bcc: x@y.z", "ab")


def test_extra_fields_of_a_profile_are_refused_by_name_and_have_no_effect_36(as_member, bob):
    extra = {"karma": 9, "is_staff": True, "username": "x", "id": "y", "email": "z"}
    answer = as_member(bob).patch("users/me", {"shows_name": True, "first_name": "Bo", **extra})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, set(extra))
    bob.refresh_from_db()
    assert (bob.shows_name, bob.first_name, bob.is_staff, bob.username) == (False, "", False, "bob")


def test_erasing_takes_the_name_off_and_keeps_the_purchase(as_member, alice, call):
    sale = make_purchase(alice, make_drop(2))
    other = make_drop(1)
    hold = make_reservation(alice, other)
    caller, elsewhere = as_member(alice), as_member(alice)
    wrong = caller.delete("users/me", {"password": "wrong"})
    assert (wrong.status_code, set(wrong.json()["errors"])) == (400, {"password"})
    assert caller.delete("users/me", {"password": PASSWORD}).status_code == 204
    member = Member.objects.get(pk=alice.pk)
    assert not re.search("alice", f"{member.username}{member.email}{member.first_name}")
    assert (member.is_active, member.has_usable_password(), member.shows_name) == (False, False, False)
    sale.refresh_from_db()
    hold.refresh_from_db()
    assert sale.member_id == alice.pk
    assert hold.status == Reservation.Status.CANCELLED
    assert other.sizes.get().available == 1
    assert caller.get("users/me").status_code == elsewhere.get("users/me").status_code == 401
    assert call.post("users/login", {"username": "alice", "password": PASSWORD}).status_code == 401
    assert Session.objects.count() == 0


def test_the_export_holds_everything_with_as_many_statements_for_one_row_as_for_three(
    as_member, alice, django_assert_num_queries, django_assert_max_num_queries
):
    caller = as_member(alice)
    make_purchase(alice, make_drop(5, limit_per_member=5))
    with django_assert_max_num_queries(60) as counted:
        answer = caller.get("users/me/export")
    assert answer.json()["profile"]["username"] == "alice"
    assert answer.json()["purchases"][0]["address"]["city"] == "Portland"
    assert len(answer.json()["reservations"]) == len(answer.json()["sessions"]) == 1
    make_purchase(alice, make_drop(5))
    make_purchase(alice, make_drop(5))
    with django_assert_num_queries(len(counted)):
        assert len(caller.get("users/me/export").json()["purchases"]) == 3
