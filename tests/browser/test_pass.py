"""The bell in a real browser: one request with the pass that came with the page, and what happens when the pass is no good."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Request, Route, expect

from drops.errors import Closed, NotOpen
from drops.listings import listings_of
from dropshop.core.clock import database_time, iso
from dropshop.core.errors import Busy, ConcurrentUpdate, DropshopError, Invalid, NotFound, RateLimited, problem_body
from reservations.checkout.messages import RESERVING, message_for
from reservations.holds import errors
from reservations.passes import tokens
from tests.harness.shop import Shop
from tests.make import make_drop, make_member

Open = Callable[..., Page]


@pytest.fixture
def member(shop: Shop) -> Any:
    return make_member()


def posts(page: Page) -> list[Request]:
    """What the page posts from now on."""
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request) if request.method == "POST" else None)
    return seen


def paths(requests: list[Request]) -> list[str]:
    return [re.sub(r"^https?://[^/]+", "", request.url) for request in requests]


def reserve(page: Page, label: str) -> None:
    page.locator(".size", has=page.locator(f"input[value='{label}']")).click()
    page.get_by_role("button", name=f"Reserve size {label}").click()


def look(page: Page, drop: Any) -> Page:
    """The drop's page, with everything on it that makes it move."""
    page.goto(drop.get_absolute_url())
    expect(page.locator("live-state")).to_have_text("Live")
    return page


def brings(page: Page, name: str, value: str) -> None:
    """The pages that are opened from now on come with this on their decision; set before any module has run."""
    page.add_init_script(f"""document.addEventListener("readystatechange", () => {{
        const decide = document.getElementById("decide");
        if (document.readyState === "interactive" && decide) decide.dataset.{name} = "{value}";
    }})""")


def session_of(page: Page) -> str:
    (session,) = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid"]
    return session


def test_the_bell_costs_one_request_with_the_pass_of_the_page(shop: Shop, open_page: Open, member: Any) -> None:
    drop = make_drop({"9": 2, "10": 1})
    page = look(open_page("about:blank", member=member), drop)
    seen = posts(page)
    reserve(page, "9")
    expect(page.get_by_role("heading", name="Size 9 is yours")).to_be_focused()
    assert paths(seen) == [f"/api/v1/drops/{drop.pk}/reserve"]
    assert seen[0].header_value("X-Drop-Pass")
    assert seen[0].post_data_json == {"size": "9"}
    page.get_by_role("button", name="Give it back").click()
    expect(page.get_by_role("button", name="Reserve size 9")).to_be_visible()
    page.get_by_role("button", name="Reserve size 9").click()
    expect(page.get_by_role("heading", name="Size 9 is yours")).to_be_visible()
    assert paths(seen)[2:] == [f"/api/v1/drops/{drop.pk}/reserve"]


def test_a_one_size_drop_is_reserved_with_the_pass_too(shop: Shop, open_page: Open, member: Any) -> None:
    drop = make_drop(2)
    page = look(open_page("about:blank", member=member), drop)
    seen = posts(page)
    page.get_by_role("button", name="Reserve").click()
    expect(page.get_by_role("heading", name="A pair is yours")).to_be_visible()
    assert paths(seen) == [f"/api/v1/drops/{drop.pk}/reserve"]


def test_a_pass_is_renewed_before_it_runs_out(shop: Shop, open_page: Open, member: Any) -> None:
    drop, page = make_drop({"9": 2, "10": 1}), open_page("about:blank", member=member)
    brings(page, "passUntil", iso(database_time() + timedelta(seconds=50)))
    with page.expect_response(f"**/api/v1/drops/{drop.pk}/pass") as renewed:
        look(page, drop)
    assert renewed.value.status == 200
    fresh = renewed.value.json()["pass"]
    with page.expect_request("**/reserve") as asked:
        reserve(page, "9")
    assert asked.value.header_value("X-Drop-Pass") == fresh
    expect(page.get_by_role("heading", name="Size 9 is yours")).to_be_visible()


def test_a_pass_that_has_run_out_is_renewed_at_the_bell_at_the_latest(shop: Shop, open_page: Open, member: Any) -> None:
    drop, page = make_drop({"9": 2, "10": 1}), open_page("about:blank", member=member)
    old = tokens.issue_pass(member, drop, session_of(page), at=database_time() - timedelta(minutes=11))
    brings(page, "pass", old.text)
    look(page, drop)
    seen = posts(page)
    reserve(page, "9")
    expect(page.get_by_role("heading", name="Size 9 is yours")).to_be_visible()
    assert paths(seen) == [f"/api/v1/drops/{drop.pk}/{deed}" for deed in ("reserve", "pass", "reserve")]


def test_who_has_been_signed_out_comes_to_the_sign_in(shop: Shop, open_page: Open, member: Any) -> None:
    drop = make_drop({"9": 2, "10": 1})
    page = look(open_page("about:blank", member=member), drop)
    seen = posts(page)
    Session.objects.filter(session_key=session_of(page)).delete()
    reserve(page, "9")
    page.wait_for_url("**/accounts/login/**")
    assert paths(seen) == [
        f"/api/v1/drops/{drop.pk}/{deed}" if deed else f"/drops/{drop.slug}/hold/" for deed in ("reserve", "pass", "")
    ]
    assert drop.reservations.count() == 0


def test_nobody_answers_and_the_page_says_so(shop: Shop, open_page: Open, member: Any) -> None:
    page = look(open_page("about:blank", member=member), make_drop({"9": 2, "10": 1}))
    page.route("**/reserve", lambda route: route.abort())
    reserve(page, "9")
    expect(page.locator("[data-trouble]")).to_have_text("No answer from the shop. Try again: it counts only once.")
    expect(page.get_by_role("button", name="Reserve size 9")).to_be_enabled()


def refusals(drop: Any) -> list[DropshopError]:
    """One of each kind that reserving knows, and one that it does not."""
    later = iso(database_time() + timedelta(seconds=7200))
    return [
        errors.SoldOut(size="9"),
        errors.AllHeld(size="9", retry_at=later),
        NotOpen(starts_at=later),
        Closed(ends_at=later),
        errors.RequestStands(retry_at=later),
        errors.LimitReached(limit=1),
        errors.CoolingDown(retry_at=later, retry_after=7200),
        RateLimited(retry_after=7200),
        Busy(retry_after=7200),
        ConcurrentUpdate(),
        Invalid(errors={"size": ["This drop has no such size."]}),
        NotFound("There is no such drop."),
    ]


def test_the_script_says_of_each_refusal_what_the_form_would_say(shop: Shop, open_page: Open, member: Any) -> None:
    drop = make_drop({"8": 0, "9": 1, "9.5": 3, "10": 2})
    page, answers = look(open_page("about:blank", member=member), drop), refusals(drop)
    assert {error.code for error in answers} >= set(RESERVING)
    told = page.locator("#decide > .notice[data-focus]:not([data-read])")
    page.route("**/reserve", lambda route: answer(route, answers[0]))
    while answers:
        reserve(page, "9")
        expected = message_for(answers[0], listings_of([drop], viewer=member)[0])
        text = f"{expected.title} {expected.text}".strip()
        expect(told).to_be_focused()
        assert hours(told.inner_text()) == hours(text)
        assert told.get_attribute("data-kind") == expected.kind
        assert ("sold out" in text) == (answers.pop(0).code == "sold_out"), "L4"
        told.evaluate("notice => { notice.dataset.read = ''; }")
    assert drop.reservations.count() == 0


def answer(route: Route, error: DropshopError) -> None:
    """As the API answers with this refusal."""
    retry = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    headers = {"Content-Type": "application/problem+json", **retry}
    route.fulfill(status=error.status, headers=headers, body=json.dumps(problem_body(error)))


def hours(text: str) -> str:
    """Without the minutes and seconds that pass while the test runs."""
    return re.sub(r"1 h 59 min|2 h 0 min|7200 s|71\d\d s", "two hours", " ".join(text.split()))
