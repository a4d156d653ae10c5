"""Which names there may be (N1): the same outcome at the API, on the page and by allauth's JSON."""

import json
from importlib import import_module

import pytest
from django.apps import apps

from community.models import Member
from community.people.names import name_key
from tests.make import PASSWORD, make_member

pytestmark = pytest.mark.django_db

MARTA = "marta@example.test"
REFUSED = {
    "Cyrillic a": "mаrta",
    "full width": "ｍarta",
    "case": "Marta",
    "mathematical": "𝓂arta",
    "colleague": "stаff",
    "no name": "someone",
    "no name in Greek": "sοmeοne",
    "admin": "ADMIN",
    "dots": "..",
    "dot": ".",
    "signs": "-_-",
    "her address": MARTA,
    "an address": "nobody@home.example",
    "full width address": "nobody＠home.example",
    "erased": "erased-1",
}
TAKEN = {"one script": "марта", "digits": "marta2", "dots between": "m.arta", "Japanese": "花子", "plus": "marta+1"}


@pytest.fixture(autouse=True)
def _marta(db):
    make_member("marta", email=MARTA)


def register(client, name):
    body = {"username": name, "email": "other@example.test", "password": "correct horse battery"}
    return client.post("/api/v1/users/register", json.dumps(body), content_type="application/json")


def sign_up(client, name):
    body = {"username": name, "email": "other@example.test", "password1": "correct horse battery"}
    return client.post("/accounts/signup/", body)


@pytest.mark.parametrize("name", REFUSED.values(), ids=REFUSED)
def test_a_name_that_may_be_taken_for_another_is_refused_everywhere(client, name):
    answer = register(client, name)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"username"})
    assert "username" in sign_up(client, name).context["form"].errors
    assert Member.objects.count() == 1


@pytest.mark.parametrize("name", TAKEN.values(), ids=TAKEN)
def test_any_other_name_is_welcome(client, name):
    assert register(client, name).status_code == 201
    assert Member.objects.filter(username=name).exists()


def test_two_at_once_who_look_alike_are_told_apart_by_the_database(client, monkeypatch):
    monkeypatch.setattr("community.accounts.adapter.name_key", lambda name: "as if nobody had it")
    answer = register(client, "mаrta")
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"username"})


def test_an_address_opens_the_account_of_its_owner_alone(client):
    """A name from before such names were refused."""
    make_member("other", email="other@example.test", password="their own password")
    Member.objects.filter(username="other").update(username=MARTA)
    for password, status in (("their own password", 401), (PASSWORD, 200)):
        body = {"username": MARTA, "password": password}
        answer = client.post("/api/v1/users/login", json.dumps(body), content_type="application/json")
        assert answer.status_code == status


def test_the_migration_leaves_everybody_their_name():
    """Of several that look alike the oldest has the key, and nobody else can have it."""
    late = make_member("x")
    Member.objects.filter(pk=late.pk).update(username="mаrta")
    Member.objects.update(name_key=None)
    import_module("community.migrations.0017_fill_name_keys").fill(apps, None)
    Member.objects.get(pk=late.pk).save()  # who keeps their name can still be saved
    keys = dict(Member.objects.values_list("username", "name_key"))
    assert keys == {"marta": name_key("marta"), "mаrta": f"{name_key('marta')} {late.pk.hex}"}
