"""Every page, by day and by night: nothing for axe to find, and nothing that leaves a narrow screen."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from drops.clock import database_time
from drops.models import Drop
from tests.browser.community_pages import community_pages
from tests.harness.shop import Shop
from tests.make import make_drop, make_member, make_purchase, make_reservation, make_sneaker

Open = Callable[..., Page]

VISITOR = (
    "/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/nowhere/",
    "/events/",
    "/api/docs/errors",
)
MEMBER = (
    *("/orders/", "/accounts/profile/", "/accounts/email/", "/accounts/password/change/", "/accounts/logout/"),
    *("/accounts/2fa/", "/accounts/sessions/", "/accounts/profile/area/", "/events/new/"),
)


@pytest.fixture(scope="module")
def drops(shop: Shop) -> dict[str, Drop]:
    """A drop in every phase, with every state of a size."""
    buyers = [make_member(f"buyer{number}", shows_name=bool(number % 2)) for number in range(6)]
    live = make_drop({"8": 3, "9": 1, "9.5": 1, "10": 5}, sneaker=make_sneaker(tint="ember", art={"silhouette": "trail"}))
    make_reservation(buyers[0], live, "9")
    make_purchase(buyers[1], live, "9.5")
    make_purchase(buyers[2], live, "10")
    gone = make_drop({"9": 1, "10": 1}, sneaker=make_sneaker(tint="tide", art={"silhouette": "court"}))
    make_purchase(buyers[3], gone, "9")
    make_purchase(buyers[4], gone, "10")
    return {
        "live": live,
        "gone": gone,
        "over": make_drop(2, starts_in=-7200, ends_at=database_time() - timedelta(hours=1), sneaker=make_sneaker(tint="mint")),
        "upcoming": make_drop({"9": 2, "10": 2}, starts_in=7200, sneaker=make_sneaker(tint="volt")),
        "members": make_drop({"9": 2, "10": 2}, access="members", sneaker=make_sneaker(tint="lilac")),
        "one": make_drop(4, title="Averyveryverylongnamewithoutanyplacetobreak", sneaker=make_sneaker(tint="slate")),
    }


# What reaches furthest to the right.
FURTHEST = """() => [...document.querySelectorAll('body *')]
  .filter((element) => element.getBoundingClientRect().right > 361 && !element.closest('.scroll, .ticker, .sections'))
  .map((element) => element.outerHTML.slice(0, 60))[0]"""


def pages_of(member: Any, drops: dict[str, Drop]) -> Iterator[str]:
    """Every page there is for this reader."""
    visitors, members = community_pages(member or make_member())
    yield from visitors if member is None else members
    yield from (drop.get_absolute_url() for drop in drops.values())
    if member is None:
        yield from VISITOR
        return
    yield from MEMBER
    yield make_reservation(member, drops["live"], "8").get_absolute_url()
    yield drops["live"].get_absolute_url()
    yield make_purchase(member, drops["one"]).get_absolute_url()


def visit(page: Page, path: str) -> None:
    """Go there; a refusal would look good as well, and say nothing about the page."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == (404 if path == "/nowhere/" else 200), path


# What axe judges by colours; all else is the same by day and by night.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
NIGHT = "getComputedStyle(document.documentElement).backgroundColor == 'rgb(18, 17, 16)'"


def findings(page: Page) -> list[str]:
    """What axe has to say by day and by night, one line each. It writes inline styles: its pages open without the policy."""
    page.emulate_media(color_scheme="light")
    by_day = Axe().run(page).response["violations"]
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(NIGHT)
    by_night = Axe().run(page, options=COLOURS).response["violations"]
    return [
        f"{page.url} by {time}: {found['id']}: {node['html'][:160]}: {node['failureSummary']}"
        for time, violations in (("day", by_day), ("night", by_night))
        for found in violations
        for node in found["nodes"]
    ]


def test_axe_finds_nothing_on_any_page_for_visitors(shop: Shop, drops: dict[str, Drop], open_page: Open) -> None:
    page = open_page("/", reduced_motion="reduce", bypass_csp=True)
    found = []
    for path in pages_of(None, drops):
        visit(page, path)
        found += findings(page)
    assert found == []


def test_axe_finds_nothing_on_any_page_for_members(shop: Shop, drops: dict[str, Drop], open_page: Open, alice: Any) -> None:
    page = open_page("/", member=alice, reduced_motion="reduce", bypass_csp=True)
    found = findings(page)
    for path in pages_of(alice, drops):
        visit(page, path)
        found += findings(page)
    assert found == []


def test_no_page_leaves_a_screen_of_360_pixels_even_with_text_twice_as_large(
    shop: Shop, drops: dict[str, Drop], open_page: Open, charlie: Any
) -> None:
    small = {"width": 360, "height": 740}
    visitor, member = open_page("/", viewport=small), open_page("/", viewport=small, member=charlie)
    wide = []
    for page, who in ((visitor, None), (member, charlie)):
        for path in pages_of(who, drops):
            visit(page, path)
            for size in ("100%", "200%"):
                page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
                if (width := page.evaluate("document.scrollingElement.scrollWidth")) > 360:
                    wide.append(f"{path} at {size}: {width} {page.evaluate(FURTHEST)}")
    assert not wide, "\n".join(wide)


def test_targets_are_large_enough_for_a_thumb(shop: Shop, drops: dict[str, Drop], open_page: Open) -> None:
    page = open_page(drops["live"].get_absolute_url(), viewport={"width": 390, "height": 844})
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, .size')]
             .filter((element) => element.checkVisibility() && !element.closest('p, .skip') && !element.matches('.skip'))
             .filter((element) => element.getBoundingClientRect().height < 44)
             .map((element) => element.outerHTML.slice(0, 120))"""
    )
    assert small == []


def test_the_reader_can_choose_the_colours_and_they_are_kept(shop: Shop, open_page: Open) -> None:
    page = open_page("/accounts/login/", color_scheme="light")
    page.get_by_role("button", name="Dark colours").click()
    page.goto("/accounts/signup/")
    expect(page.get_by_role("button", name="Light colours")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(18, 17, 16)"


def test_a_screen_never_goes_back_to_an_older_version(shop: Shop, drops: dict[str, Drop], open_page: Open) -> None:
    page = open_page(drops["live"].get_absolute_url())
    expect(page.locator("live-state")).to_have_text("Live")
    left = page.evaluate(
        """async (id) => {
             const { drop, learn, update } = await import('/static/js/facts.js');
             const old = drop(id).sizes.get('10');
             const fact = (version, available) => ({ ...old, version: old.version + version, available });
             const seen = [];
             const look = () => seen.push(drop(id).sizes.get('10').available);
             update(id, fact(2, 71)); look();
             update(id, fact(1, 72)); look();
             update(id, fact(2, 73)); look();
             learn(id, { sizes: [fact(1, 74)] }); look();
             learn(id, { sizes: [fact(2, 75)] }); look();
             return seen;
           }""",
        str(drops["live"].pk),
    )
    assert left == [71, 71, 71, 71, 75]


def test_a_call_of_the_api_can_be_tried_out_under_the_strict_policy(shop: Shop, open_page: Open) -> None:
    page = open_page("/api/docs/")
    call = page.locator("#operations-drops-get_drop")
    call.locator(".opblock-summary-control").click()
    call.get_by_role("button", name="Try it out").click()
    call.get_by_placeholder("id", exact=True).fill("nothing")
    call.get_by_role("button", name="Execute").click()
    expect(call.locator(".live-responses-table tbody .response-col_status")).to_contain_text("404")
