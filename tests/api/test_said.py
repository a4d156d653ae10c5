"""What is said to the API is known there, or refused by its name; and whatever is wrong is named at once."""

import inspect
from typing import Any

import pytest
from django.http import QueryDict

from dropshop.api_urls import urlpatterns
from dropshop.core.api.endpoint import _declared
from dropshop.core.api.paging import PageQuery
from dropshop.core.api.serializers import Shape
from tests.make import ADDRESS, make_drop, make_reservation, make_sneaker

pytestmark = pytest.mark.django_db
NOBODYS = "00000000-0000-4000-8000-000000000000"
CALLS = [
    (method.upper(), str(pattern.pattern).replace("<uuid:id>", NOBODYS).replace("<slug:id>", NOBODYS), pattern.callback.cls)
    for pattern in urlpatterns
    if not str(pattern.pattern).endswith("/")
    for method in pattern.callback.cls.http_method_names
    if method != "options"
]


def by_name(cases: list[Any]) -> list[str]:
    return [f"{method} {path}".replace(NOBODYS, "id") for method, path, _ in cases]


@pytest.mark.parametrize(("method", "path", "endpoint"), CALLS, ids=by_name(CALLS))
def test_a_parameter_that_no_call_knows_is_refused_by_its_name(as_member, staff, method, path, endpoint):
    answer = as_member(staff)(method, f"{path}?utm_source=x&colour=red&page_size=0")
    assert answer.status_code == 400
    if method != "HEAD":
        known = _declared(endpoint, method)[0]().fields
        knows_pages, missing = "page_size" in known, {name for name, field in known.items() if field.required}
        assert set(answer.json()["errors"]) == {"utm_source", "colour", "page_size"} | missing
        assert (answer.json()["errors"]["page_size"] != answer.json()["errors"]["colour"]) == knows_pages


WITHOUT_A_BODY = [call for call in CALLS if call[0] in ("POST", "DELETE") and not _declared(call[2], call[0])[1]]


@pytest.mark.parametrize(("method", "path", "endpoint"), WITHOUT_A_BODY, ids=by_name(WITHOUT_A_BODY))
def test_a_call_that_takes_no_body_refuses_its_fields_by_name(as_member, staff, method, path, endpoint):
    answer = as_member(staff)(method, path, {"colour": "red", "price": 1})
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"colour", "price"})
    assert as_member(staff)(method, path, ["red"]).json()["errors"] == {"request": ["This call takes no body."]}


WITH_A_BODY = [call for call in CALLS if call[0] in ("POST", "PUT", "PATCH", "DELETE") and call not in WITHOUT_A_BODY]


@pytest.mark.parametrize(("method", "path", "endpoint"), WITH_A_BODY, ids=by_name(WITH_A_BODY))
def test_every_body_is_read_in_a_shape_that_refuses_what_it_does_not_know(method, path, endpoint):
    view = endpoint(request=None, kwargs={})
    schema = endpoint.kwargs["schema"]()
    schema.view, schema.method = view, method
    taken = endpoint.delete_takes if method == "DELETE" else schema.get_request_serializer()
    shape = taken if inspect.isclass(taken) else type(taken)
    assert issubclass(shape, Shape)


def test_what_is_unknown_inside_a_field_is_named_too(as_member, alice, staff):
    hold = make_reservation(alice, make_drop(1))
    body = {"address": ADDRESS | {"planet": "Mars"}, "payment_method": "test_ok"}
    assert set(as_member(alice).post(f"reservations/{hold.pk}/purchase", body).json()["errors"]) == {"address.planet"}
    plan = {"price": {"amount": "1", "currency": "USD", "off": 5}, "sizes": [{"size": "9", "total": 1, "sold": 1}]}
    named = set(as_member(staff).post("drops", plan).json()["errors"])
    assert {"price.off", "sizes.0.sold"} <= named


def test_a_thousand_unknown_fields_are_not_repeated(as_member, bob):
    answer = as_member(bob).patch("users/me", {f"{number:04}" * 50: 1 for number in range(1000)})
    errors = answer.json()["errors"]
    assert (answer.status_code, len(errors), max(map(len, errors))) == (400, 20, 100)


EVERYTHING: dict[str, Any] = {
    "drop": (
        "drops",
        {
            "title": "",
            "price": "180.001",
            "starts_at": "2030-01-02T00:00:00Z",
            "ends_at": "2030-01-01T00:00:00Z",
            "sizes": [{"size": "7-12:20", "total": 1}],
            "hold_seconds": 1,
            "colour": 1,
        },
        {"title", "price", "ends_at", "sizes.0.size", "hold_seconds", "colour"},
    ),
    "pair": (
        "closet",
        {"size": "7-12:20", "price": "1.001", "for_trade": True, "visibility": "private", "colour": 1},
        {"size", "price", "for_trade", "condition", "colour"},
    ),
    "want": ("wants", {"sizes": ["x:y"], "highest_price": "1.001", "colour": 1}, {"sizes", "highest_price", "colour"}),
    "report": ("restocks", {"store": "nowhere", "sizes": [], "price": "x"}, {"store", "sizes", "price"}),
    "event": (
        "events",
        {"title": "", "starts_at": "2001-01-01T00:00:00Z", "ends_at": "2001-01-02T00:00:00Z", "latitude": 91, "capacity": 0},
        {"title", "starts_at", "latitude", "capacity", "venue", "city", "longitude"},
    ),
    "follow": ("follows", {"size": "9", "colour": 1}, {"follow", "colour"}),
    "offer": ("community/trades", {"to": "nobody", "gives": [], "wants": ["x"]}, {"to", "gives", "wants.0"}),
}


@pytest.mark.parametrize(("path", "body", "named"), EVERYTHING.values(), ids=EVERYTHING)
def test_all_that_is_wrong_is_named_at_once(as_member, staff, path, body, named):
    if path in ("drops", "closet", "wants", "restocks"):
        body = body | {"sneaker": str(make_sneaker().pk)}
    answer = as_member(staff).post(path, body)
    assert (answer.status_code, set(answer.json()["errors"])) == (400, named)


def test_all_that_is_wrong_with_a_registration_is_named_at_once(call, alice):
    answer = call.post("users/register", {"username": "alice", "email": "no address", "password": "12345", "karma": 5})
    assert set(answer.json()["errors"]) == {"username", "email", "password", "karma"}
    assert set(call.post("users/login", {"karma": 5}).json()["errors"]) == {"username", "password", "karma"}


def test_all_that_is_wrong_with_a_change_of_plan_or_stock_is_named_at_once(as_member, staff):
    drop = make_drop({"9": 3})
    hours = {"starts_at": "2098-01-01T00:00:00Z", "ends_at": "2001-01-01T00:00:00Z"}
    body = {"price": "1.001", "published": False, "title": "", **hours}
    assert set(as_member(staff).patch(f"drops/{drop.pk}", body).json()["errors"]) == set(body)
    stock = as_member(staff).patch(f"drops/{drop.pk}/stock", {"size": "99", "total": -1, "colour": 1}).json()
    assert set(stock["errors"]) == {"size", "total", "reason", "colour"}


def test_all_that_is_wrong_with_an_address_of_a_list_is_named_at_once(call, as_member, alice):
    assert set(call.get("drops?phase=none&cursor=x&page_size=0").json()["errors"]) == {"phase", "cursor", "page_size"}
    assert set(call.get("events?near=x&radius_km=0&cursor=x").json()["errors"]) == {"near", "radius_km", "cursor"}
    mine = as_member(alice).get("closet?condition=x&visibility=x&for_trade=x&cursor=x")
    assert set(mine.json()["errors"]) == {"condition", "visibility", "for_trade", "cursor"}
    assert set(call.get("restocks?status=x&sneaker=x").json()["errors"]) == {"status", "sneaker"}


def test_an_empty_parameter_is_one_that_was_left_out(call):
    make_drop()
    empty, none = call.get("drops?phase=&cursor=&page_size=").json(), call.get("drops").json()
    assert [drop["id"] for drop in empty["results"]] == [drop["id"] for drop in none["results"]]


@pytest.mark.parametrize("parameters", [1, 1000])
def test_the_fields_of_a_query_are_made_as_often_for_many_empty_parameters_as_for_one(monkeypatch, parameters):
    made, get_fields = [], PageQuery.get_fields
    monkeypatch.setattr(PageQuery, "get_fields", lambda query: made.append(query) or get_fields(query))
    query = PageQuery.of(QueryDict("&".join(f"unknown{number}=" for number in range(parameters))))
    assert not query.is_valid()
    assert len(made) == 2  # to know which there are, and to read them
