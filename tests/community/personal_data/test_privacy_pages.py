"""Under "Privacy" of the settings: everything about oneself as one file, and the end of the account."""

import io
import json
import zipfile
from datetime import time

import pytest
from allauth.mfa.models import Authenticator
from django.core.files.base import ContentFile
from django.test import Client

from community.models import Member
from community.notice_emails import choices
from tests.make import PASSWORD, make_drop, make_event, make_purchase, make_reservation, make_trade

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard", "fresh_buckets")]
EXPORT, ERASE = "/accounts/settings/export/", "/accounts/settings/erase/"


@pytest.fixture
def client(alice):
    """Alice, who has just signed in by her password."""
    client = Client()
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    return client


def opened(answer) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


@pytest.mark.parametrize("page", [EXPORT, ERASE])
def test_whoever_has_not_signed_in_lately_signs_in_first(alice, sign_in, page):
    assert Client().get(page)["Location"] == f"/accounts/login/?next={page}"
    led = sign_in(alice).get(page)
    assert (led.status_code, led["Location"].partition("?")[0]) == (302, "/accounts/reauthenticate/")


def test_the_settings_lead_to_both(client):
    page = client.get("/accounts/settings/").content.decode()
    assert (f'href="{EXPORT}"' in page, f'href="{ERASE}"' in page) == (True, True)


def test_the_file_holds_what_the_api_tells_and_the_pictures(client, alice, call):
    alice.picture.save("me.webp", ContentFile(b"a picture"))
    make_purchase(alice, make_drop(1))
    answer = client.get(EXPORT)
    assert answer["Content-Disposition"] == f'attachment; filename="dropshop-{alice.pk}.zip"'
    assert "no-store" in answer["Cache-Control"]
    archive = opened(answer)
    assert sorted(archive.namelist()) == ["data.json", alice.picture.name]
    told, by_api = json.loads(archive.read("data.json")), call.sign_in(alice).get("users/me/export").json()
    assert archive.read(alice.picture.name) == b"a picture"
    assert told["purchases"] == by_api["purchases"]
    assert sorted(told) == sorted(by_api)


def test_who_has_chosen_quiet_hours_gets_the_file_as_the_api_tells_it(client, alice, call):
    choices.change(alice, quiet_from=time(22, 30), quiet_until=time(7))
    told = json.loads(opened(client.get(EXPORT)).read("data.json"))
    assert told["community"]["email_times"] == [{"quiet_from": "22:30:00", "quiet_until": "07:00:00", "digest_hour": 9}]
    assert told["community"] == call.sign_in(alice).get("users/me/export").json()["community"]


def test_a_picture_whose_file_is_gone_stops_no_export(client, alice):
    Member.objects.filter(pk=alice.pk).update(picture="members/gone.webp")
    assert opened(client.get(EXPORT)).namelist() == ["data.json"]


def test_the_api_exports_for_a_fresh_sign_in_alone(alice, sign_in, call):
    assert call.sign_in(alice).get("users/me/export").status_code == 200
    refused = sign_in(alice).get("/api/v1/users/me/export")
    assert (refused.status_code, refused.json()["code"]) == (403, "fresh_sign_in_required")


def test_the_page_says_in_numbers_what_ends(client, alice, bob):
    drop = make_drop(2, limit_per_member=2)
    make_purchase(alice, drop)
    make_reservation(alice, drop)
    make_trade(alice, bob)
    make_trade(bob, alice)
    make_event(alice)
    make_event(alice)
    page = client.get(ERASE)
    assert (page.context["ends"], page.context["orders"]) == (["1 held pair", "2 waiting offers", "2 hosted events"], 1)


def test_only_the_members_own_name_erases(client, alice):
    refused = client.post(ERASE, {"username": "bob"})
    assert (refused.status_code, Member.objects.get(pk=alice.pk).username) == (400, "alice")
    assert "Your user name is alice." in refused.content.decode()


def test_erasing_signs_out_and_says_so(client, alice):
    done = client.post(ERASE, {"username": "Alice "})
    assert (done.status_code, "You are erased" in done.content.decode()) == (200, True)
    assert Member.objects.get(pk=alice.pk).username.startswith("erased-")
    assert client.get("/accounts/settings/")["Location"].startswith("/accounts/login/")
    again = Client().post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert again.status_code == 200


def test_who_has_a_second_factor_erases_by_the_api_after_a_fresh_sign_in(alice, sign_in):
    Authenticator.objects.create(user=alice, type="totp", data={"secret": "x"})
    answer = sign_in(alice).delete("/api/v1/users/me", {"password": PASSWORD}, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "fresh_sign_in_required")
    assert Member.objects.get(pk=alice.pk).username == "alice"


def test_a_profile_that_is_changed_while_its_member_leaves_stays_empty(alice, call):
    caller = call.sign_in(alice)
    Member.objects.filter(pk=alice.pk).update(is_active=False)
    assert caller.patch("users/me", {"first_name": "Alice"}).status_code == 401
    assert Member.objects.get(pk=alice.pk).first_name == ""


def test_whoever_has_just_signed_up_need_not_sign_in_again(db):
    client = Client()
    form = {"username": "newcomer", "email": "newcomer@example.com", "password1": PASSWORD}
    assert client.post("/accounts/signup/", form).status_code == 302
    assert client.get(ERASE).status_code == 200


def test_who_has_no_password_erases_by_the_api_after_a_fresh_sign_in(alice, call, sign_in):
    alice.set_unusable_password()
    alice.save()
    stale = sign_in(alice).delete("/api/v1/users/me", {}, "application/json")
    assert (stale.status_code, stale.json()["code"]) == (403, "fresh_sign_in_required")
    assert call.sign_in(alice).delete("users/me", {}).status_code == 204
    assert Member.objects.get(pk=alice.pk).username.startswith("erased-")
