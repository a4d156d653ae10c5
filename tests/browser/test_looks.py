"""What pages look like: targets fit a thumb, the reader's colours are kept."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from drops.models import Drop
from tests.browser.every_page import drops_of_every_kind
from tests.harness.shop import Shop

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def drops(shop: Shop) -> dict[str, Drop]:
    return drops_of_every_kind()


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
