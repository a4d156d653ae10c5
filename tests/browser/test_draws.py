"""Draws in a real browser: enter, win, pay; lose and find my rank; check it again; by keyboard, and without a script."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from reservations.draws.models import Draw
from reservations.models import Purchase
from tests.browser.test_markup import found_by_axe, found_on_a_narrow_screen
from tests.browser.test_one_click import ready_member
from tests.harness.shop import Shop
from tests.make import make_member
from tests.reservations.draws.making import crowd, drawn, enter, make_draw_drop

Open = Callable[..., Page]
PHONE = {"viewport": {"width": 360, "height": 780}}


def test_a_member_enters_by_keyboard_and_wins_and_has_paid(shop: Shop, open_page: Open) -> None:
    drop, member = make_draw_drop({"9": 1, "10": 1}), ready_member()
    page = open_page(drop.get_absolute_url(), member=member, **PHONE)
    page.get_by_label("First choice").focus()
    page.keyboard.type("9")
    page.get_by_role("button", name="Enter the draw").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are in the draw.")).to_be_visible()
    drawn(drop)
    page.goto(f"{page.url.rstrip('/')}/draw/")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Rank 1.*You win"))
    expect(page.get_by_role("cell", name=re.compile("a 9, (won|to be paid|paid)"))).to_be_visible()
    for _ in range(60):
        if Purchase.objects.filter(member=member).exists():
            break
        page.wait_for_timeout(1000)
    assert member.purchases.count() == 1


def test_who_has_lost_finds_their_rank_and_computes_it_again(shop: Shop, open_page: Open) -> None:
    drop, member = make_draw_drop({"9": 2}), make_member()
    crowd(drop, 30)
    first = enter(make_member(), drop, group="new")
    enter(make_member(), drop, group=first.group.code)
    mine = enter(member, drop)
    drawn(drop)
    mine.refresh_from_db()
    page = open_page(f"{drop.get_absolute_url()}draw/", member=member, reduced_motion="reduce")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Rank {mine.rank}.")
    expect(page.locator(".ticks li[data-done]")).to_have_count(4)
    page.get_by_role("button", name="Check it again myself").focus()
    page.keyboard.press("Enter")
    said = page.locator("[data-check-result]")
    expect(said).to_contain_text("Recomputed here: all the same.")
    expect(said).to_contain_text("32 ranks in")
    assert found_by_axe(page) == []


def test_a_changed_file_is_found_by_the_browser(shop: Shop, open_page: Open) -> None:
    drop = make_draw_drop({"9": 2})
    crowd(drop, 5)
    drawn(drop)
    page = open_page(f"{drop.get_absolute_url()}draw/")
    page.route("**/ranks.csv", lambda route: route.fulfill(body="rank,leaf,won,remark,waitlist\n"))
    page.get_by_role("button", name="Check it again myself").click()
    expect(page.locator("[data-check-result]")).to_contain_text("Something is wrong.")


def test_entering_works_without_a_script_and_on_a_narrow_screen(shop: Shop, open_page: Open) -> None:
    drop, member = make_draw_drop({"9": 1, "10": 1}), ready_member()
    page = open_page(drop.get_absolute_url(), member=member, java_script_enabled=False, **PHONE)
    page.get_by_label("First choice").select_option("10")
    page.get_by_role("button", name="Enter the draw").click()
    expect(page.get_by_role("heading", name="You are in the draw.")).to_be_visible()
    page.get_by_role("button", name="Withdraw my entry").click()
    expect(page.get_by_role("heading", name="You have withdrawn.")).to_be_visible()
    assert Draw.objects.get(drop=drop).entries.get(member=member).withdrawn_at is not None
    drawn(drop)
    page.goto(f"{page.url.rstrip('/')}/draw/")
    assert found_on_a_narrow_screen(page) == []
