import re

import pytest
from django.core.management import call_command
from django.urls import URLPattern

from dropshop.api.docs import family
from dropshop.api.urls import urlpatterns

CONTRACT = {
    "POST users/register", "POST users/login", "POST users/token/refresh", "POST users/logout", "GET users/me",
    "PATCH users/me", "DELETE users/me",
    "GET users/me/export", "GET sneakers", "GET sneakers/{id}", "GET sneakers/{id}/prices", "GET drops", "GET drops/live",
    "GET drops/upcoming", "GET drops/{id}", "POST drops", "PATCH drops/{id}", "PATCH drops/{id}/stock", "POST drops/{id}/pass",
    "POST drops/{id}/reserve", "GET reservations", "GET reservations/{id}", "POST reservations/{id}/extend",
    "DELETE reservations/{id}", "POST reservations/{id}/purchase", "GET purchases", "GET purchases/{id}",
    "GET closet", "POST closet", "GET closet/{id}", "PATCH closet/{id}", "DELETE closet/{id}",
    "GET closet/export",
    "GET events", "POST events", "GET events/{id}", "PATCH events/{id}", "DELETE events/{id}", "POST events/{id}/rsvp",
    "DELETE events/{id}/rsvp",
    "GET community/trades", "POST community/trades", "GET community/trades/{id}", "PUT community/trades/{id}",
    "POST community/trades/{id}/sent", "POST community/trades/{id}/received", "POST community/trades/{id}/dispute",
    "POST community/trades/{id}/rating",
    "GET community/feed", "GET community/feed/{id}", "PATCH community/feed/{id}", "DELETE community/feed/{id}",
    "GET community/feed/{id}/comments", "POST community/feed/{id}/comments", "POST community/feed/{id}/like",
    "DELETE community/feed/{id}/like", "POST community/posts", "PATCH community/comments/{id}",
    "DELETE community/comments/{id}", "GET community/comments/{id}", "POST complaints", "GET complaints/{id}",
    "GET restocks", "POST restocks", "GET restocks/{id}", "POST restocks/{id}/confirm", "POST restocks/{id}/dispute",
    "POST restocks/{id}/gone", "GET stores",
    "GET wants", "POST wants", "GET wants/{id}", "PATCH wants/{id}", "DELETE wants/{id}",
    "GET follows", "POST follows", "DELETE follows",
    "GET karma",
    "GET notices", "POST notices/read", "POST notices/{id}/read",
}  # fmt: skip
KEYED = {
    "users/register",
    "drops",
    "drops/{id}/pass",
    "drops/{id}/reserve",
    "reservations/{id}/extend",
    "reservations/{id}/purchase",
    "closet",
    "events",
    "events/{id}/rsvp",
    "community/trades",
    "community/trades/{id}/sent",
    "community/trades/{id}/received",
    "community/trades/{id}/dispute",
    "community/trades/{id}/rating",
    "community/posts",
    "complaints",
    "community/feed/{id}/comments",
    "community/feed/{id}/like",
    "restocks",
    "restocks/{id}/confirm",
    "restocks/{id}/dispute",
    "restocks/{id}/gone",
    "wants",
    "follows",
    "notices/read",
    "notices/{id}/read",
}


@pytest.fixture(scope="module")
def document():
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_document_is_valid_without_a_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "openapi.yml"))


def test_the_document_names_every_call_of_the_contract_and_no_other(document):
    calls = {
        f"{method.upper()} {path.removeprefix('/api/v1/')}" for path, methods in document["paths"].items() for method in methods
    }
    assert calls == CONTRACT


def test_the_calls_that_take_an_idempotency_key_say_so(document):
    keyed = {
        path.removeprefix("/api/v1/")
        for path, methods in document["paths"].items()
        for call in methods.values()
        if any(parameter["name"] == "Idempotency-Key" for parameter in call.get("parameters", []))
    }
    assert keyed == KEYED


def test_every_refusal_in_the_document_is_a_problem(document):
    for methods in document["paths"].values():
        for call in methods.values():
            for status, answer in call["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"]
                    assert "503" in call["responses"]


def test_every_address_answers_with_a_slash_too():
    routes = {str(pattern.pattern) for pattern in urlpatterns if isinstance(pattern, URLPattern)}
    assert {route.rstrip("/") for route in routes} == {route for route in routes if not route.endswith("/")}
    assert len(routes) == 2 * len({route.rstrip("/") for route in routes})


@pytest.mark.django_db
def test_every_refusal_is_explained_where_its_type_points(client):
    page = client.get("/api/docs/errors").content.decode()
    explained = set(re.findall(r'<div id="(\w+)">', page))
    assert explained == {kind.code for kind in family()}
    assert {"sold_out", "all_held", "hold_expired", "invalid", "busy", "idempotency_mismatch"} <= explained


@pytest.mark.django_db
def test_the_docs_page_has_nothing_inline(client):
    for path in ("/api/docs/", "/api/docs/errors"):
        answer = client.get(path)
        assert answer.status_code == 200
        page = answer.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
    script = client.get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")


@pytest.mark.django_db
def test_the_document_is_there_as_yaml_and_as_json(client):
    assert client.get("/api/schema/").status_code == 200
    assert client.get("/api/schema/?format=json").json()["openapi"].startswith("3.")
