"""How many statements the busiest pages and calls put to PostgreSQL for a member with a session. One more is a decision."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.make import make_drop

pytestmark = pytest.mark.django_db
# The session and the member are two of each, what a reader has not read yet is one of each page.
ASKED = {
    "the drops": 10,
    "a drop": 14,
    "the drops by the API": 7,
    "reserve on the page": 17,
    "a drop while one holds a pair": 17,
    "reserve by the API": 17,
    "reserve by the API again": 3,
}


@pytest.mark.parametrize(("who", "more"), [("alice", {}), ("staff", {"the drops by the API": 8})], ids=["a member", "staff"])
def test_the_busiest_pages_and_calls_ask_no_more_than_they_did(request, sign_in, settings, who, more):
    """Of staff it is asked besides whether they have a second factor, where they may see what others do not."""
    settings.STAFF_SECOND_FACTOR = True
    browser = sign_in(request.getfixturevalue(who))
    drops = [make_drop({"9": 3, "10": 2}) for _ in range(2)]
    page, call = drops[0].get_absolute_url(), f"/api/v1/drops/{drops[1].pk}/reserve"

    def reserve():
        return browser.post(call, {"size": "9"}, "application/json", headers={"Idempotency-Key": "the-key-of-this-test"})

    requests = {
        "the drops": (lambda: browser.get("/"), 200),
        "a drop": (lambda: browser.get(page), 200),
        "the drops by the API": (lambda: browser.get("/api/v1/drops"), 200),
        "reserve on the page": (lambda: browser.post(f"{page}hold/", {"size": "9"}), 303),
        "a drop while one holds a pair": (lambda: browser.get(page), 200),
        "reserve by the API": (reserve, 201),
        "reserve by the API again": (reserve, 201),
    }
    browser.get("/")  # what a process reads once, it has read
    browser.get(page)
    asked = {name: statements_of(*expected) for name, expected in requests.items()}
    assert asked == ASKED | more


def statements_of(send, status):
    with CaptureQueriesContext(connection) as statements:
        assert send().status_code == status
    return len(statements)
