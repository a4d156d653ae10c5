import ast
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import URLPattern
from jsonschema import Draft202012Validator, FormatChecker

from dropshop.api_urls import urlpatterns
from dropshop.core.api.docs import family
from dropshop.core.errors import DropshopError

CONTRACT = {
    "POST users/register", "POST users/login", "POST users/token/refresh", "POST users/logout", "GET users/me",
    "PATCH users/me", "DELETE users/me",
    "GET users/me/export", "GET sneakers", "GET sneakers/{id}", "GET sneakers/{id}/prices", "GET drops", "GET drops/live",
    "GET drops/upcoming", "GET drops/{id}", "POST drops", "PATCH drops/{id}", "PATCH drops/{id}/stock",
    "POST drops/{id}/call-off", "POST drops/{id}/pass",
    "GET drops/{id}/entries", "POST drops/{id}/entries", "DELETE drops/{id}/entries",
    "GET drops/{id}/draw", "PATCH drops/{id}/draw", "POST drops/{id}/draw/dice", "POST drops/{id}/draw/beacon",
    "POST drops/{id}/draw/call-off",
    "GET drops/{id}/queue", "POST drops/{id}/queue", "PATCH drops/{id}/queue", "DELETE drops/{id}/queue",
    "GET drops/{id}/queue/control", "PATCH drops/{id}/queue/control",
    "POST drops/{id}/reserve", "GET reservations", "GET reservations/{id}", "POST reservations/{id}/extend",
    "DELETE reservations/{id}", "GET reservations/{id}/charges", "POST reservations/{id}/purchase",
    "GET purchases", "GET purchases/{id}",
    "PATCH purchases/{id}", "GET drops/{id}/pickup-places", "POST purchases/{id}/withdraw",
    "GET addresses", "POST addresses", "GET addresses/{id}", "PATCH addresses/{id}", "DELETE addresses/{id}",
    "GET payment-methods", "POST payment-methods", "GET payment-methods/{id}", "PATCH payment-methods/{id}",
    "DELETE payment-methods/{id}",
    "GET purchase-requests", "POST purchase-requests", "GET purchase-requests/{id}", "DELETE purchase-requests/{id}",
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
    "GET notices", "GET notices/preferences", "PATCH notices/preferences", "POST notices/read", "POST notices/{id}/read",
}  # fmt: skip
KEYED = {
    "users/register",
    "drops",
    "drops/{id}/pass",
    "drops/{id}/queue",
    "drops/{id}/entries",
    "drops/{id}/reserve",
    "reservations/{id}/extend",
    "reservations/{id}/purchase",
    "purchases/{id}/withdraw",
    "addresses",
    "payment-methods",
    "purchase-requests",
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


def operations(document):
    return [call for methods in document["paths"].values() for call in methods.values()]


def test_every_refusal_in_the_document_is_a_problem(document):
    for call in operations(document):
        assert "503" in call["responses"]
        for status, answer in call["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"]


def strict(schema):
    """The schema as JSON Schema has it: OpenAPI 3.0 says `nullable`, and nothing is in an example that is not described."""
    match schema:
        case dict():
            found = {name: strict(part) for name, part in schema.items()}
            if found.pop("nullable", False):
                return {"anyOf": [found, {"type": "null"}]}
            if "properties" in found:
                found.setdefault("additionalProperties", False)
            return found
        case list():
            return [strict(part) for part in schema]
    return schema


def test_every_request_and_answer_has_an_example_that_its_schema_allows(document):
    seen = 0
    for call in operations(document):
        for body in (call.get("requestBody", {}), *call["responses"].values()):
            for media in body.get("content", {}).values():
                whole = {**strict(media["schema"]), "components": strict(document["components"])}
                for example in media["examples"].values():
                    Draft202012Validator(whole, format_checker=FormatChecker()).validate(example["value"])
                    seen += 1
    assert seen > 500


def test_control_an_example_of_another_kind_is_not_allowed(document):
    whole = {"$ref": "#/components/schemas/Drop", "components": strict(document["components"])}
    assert not Draft202012Validator(whole).is_valid({"id": "x"})


def test_the_facts_of_a_problem_are_typed_and_its_code_is_its_own(document):
    schemas = document["components"]["schemas"]
    problems = {name: schema for name, schema in schemas.items() if name.endswith("Problem")}
    for schema in problems.values():
        assert all("type" in fact for fact in schema["properties"].values())
        assert len(schema["properties"]["code"]["enum"]) == len(schema["properties"]["status"]["enum"]) == 1
        assert {"type", "title", "status", "detail", "code"} <= set(schema["required"])
    assert problems["AllHeldProblem"]["properties"]["retry_at"] == {"type": "string", "format": "date-time"}
    assert "retry_at" in problems["AllHeldProblem"]["required"]
    errors = problems["InvalidProblem"]["properties"]["errors"]
    assert errors["additionalProperties"] == {"type": "array", "items": {"type": "string"}}
    taken = document["paths"]["/api/v1/drops/{id}/reserve"]["post"]["responses"]["409"]["content"]["application/problem+json"]
    assert {"$ref": "#/components/schemas/SoldOutProblem"} in taken["schema"]["oneOf"]


def test_no_refusal_brings_a_fact_that_it_does_not_name():
    """Whoever raises one by its name writes its facts as keywords."""
    kinds = {kind.__name__: kind for kind in every_kind()}
    undescribed = []
    for file in (path for app in ("dropshop", "drops", "reservations", "community") for path in Path(app).rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)):
            kind = kinds.get(getattr(call.func, "id", ""))
            known = {name.rstrip("?") for name in kind.brings} | {"retry_after"} if kind else set()
            undescribed += [
                (file, kind.__name__, word.arg) for word in call.keywords if kind and word.arg and word.arg not in known
            ]
    assert undescribed == []


def every_kind():
    waiting = [DropshopError]
    while waiting:
        kind = waiting.pop()
        yield kind
        waiting += kind.__subclasses__()


def test_the_headers_of_answers_are_described(document):
    reserve = document["paths"]["/api/v1/drops/{id}/reserve"]["post"]
    assert {"X-Drop-Pass", "Idempotency-Key"} <= {parameter["name"] for parameter in reserve["parameters"]}
    headers = {status: set(answer["headers"]) for status, answer in reserve["responses"].items()}
    assert {"Location", "Idempotent-Replayed", "RateLimit", "RateLimit-Policy", "X-Request-ID"} <= headers["201"]
    assert "WWW-Authenticate" in headers["401"]
    assert "Retry-After" in headers["429"] & headers["503"]
    for call in operations(document):
        for status, answer in call["responses"].items():
            wanted = {"401": {"WWW-Authenticate"}, "503": {"Retry-After"}, "201": {"Location"}}.get(status, set())
            assert wanted | {"X-Request-ID", "Cache-Control"} <= set(answer["headers"])


def test_every_read_may_be_asked_for_by_its_tag(document):
    for methods in document["paths"].values():
        if "get" in methods:
            call = methods["get"]
            assert "If-None-Match" in {parameter["name"] for parameter in call["parameters"]}
            assert ("304" in call["responses"], "ETag" in call["responses"]["200"]["headers"]) == (True, True)


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
