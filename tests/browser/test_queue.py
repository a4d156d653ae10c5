"""Waiting in a queue in a real browser: join, wait, be let in on another device, buy; by keyboard, and without a script."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dropshop.core.clock import database_time
from reservations.models import DropQueue, QueuePlace
from reservations.queue import deeds
from tests.browser.newcomers import buy_button
from tests.browser.test_markup import found_by_axe, found_on_a_narrow_screen
from tests.browser.test_one_click import ready_member
from tests.harness.shop import Shop
from tests.make import make_member, make_members
from tests.reservations.queue.people import arrive, begin, make_queue

Open = Callable[..., Page]
PHONE = {"viewport": {"width": 360, "height": 780}}


@pytest.fixture
def boss(shop: Shop) -> Any:
    return make_member(is_staff=True, is_superuser=True)


def on_hold(drop: Any) -> Any:
    """The sweeper of the shop lets nobody in before `go_on`."""
    DropQueue.objects.update_or_create(drop=drop, defaults={"on_hold_at": database_time()})
    return drop


def go_on(drop: Any, boss: Any) -> None:
    deeds.run(drop.pk, {"on_hold": False}, by=boss, reason="All is well.")


def heading(page: Page, words: str) -> Any:
    return page.get_by_role("heading", name=words)


def reserve_nine(page: Page) -> None:
    page.locator(".size", has=page.locator("input[value='9']")).click()
    page.get_by_role("button", name="Reserve size 9").click()
    expect(heading(page, "Size 9 is yours")).to_be_visible()


def test_somebody_waits_is_let_in_on_another_device_and_buys(shop: Shop, open_page: Open, boss: Any) -> None:
    drop, member = on_hold(make_queue({"9": 1, "10": 1})), ready_member()
    phone = open_page(drop.get_absolute_url(), member=member, **PHONE)
    phone.get_by_role("button", name="Join the queue").click()
    expect(heading(phone, "You are in")).to_be_focused()
    begin(drop)
    desktop = open_page(drop.get_absolute_url(), member=member)
    expect(heading(desktop, "People ahead of you")).to_be_visible()
    expect(desktop.locator(".queue .ahead")).to_have_text("0")
    phone.close()
    go_on(drop, boss)
    expect(heading(desktop, "Your turn")).to_be_focused()
    expect(desktop.locator(".queue hold-ring .number")).to_have_text(re.compile("^[45]:"))
    reserve_nine(desktop)
    buy_button(desktop).click()
    expect(desktop.get_by_text("The pair is yours.")).to_be_visible()
    assert member.purchases.count() == 1


def test_the_start_comes_to_a_page_that_waits_for_it(shop: Shop, open_page: Open) -> None:
    drop, member = on_hold(make_queue({"9": 1, "10": 1}, starts_in=5)), make_member()
    arrive(drop, [member])
    page = open_page(drop.get_absolute_url(), member=member)
    expect(heading(page, "You are in")).to_be_visible()
    below = page.locator("footer").bounding_box()
    expect(heading(page, "People ahead of you")).to_be_visible()
    assert page.locator("footer").bounding_box() == below  # nothing has moved at the bell


def test_the_numbers_and_the_word_of_staff_come_by_themselves(shop: Shop, open_page: Open, boss: Any) -> None:
    drop, member, others = on_hold(make_queue({"9": 30, "10": 1})), make_member(), make_members(20)
    arrive(drop, others)
    begin(drop)
    arrive(drop, [member])
    page = open_page(drop.get_absolute_url(), member=member)
    expect(page.locator(".queue .ahead")).to_have_text("20")
    deeds.run(drop.pk, {"word": "We wait for the bank."}, by=boss, reason="Bank.")
    expect(page.get_by_text("We wait for the bank.")).to_be_visible()
    QueuePlace.objects.filter(member__in=others[:5]).update(ended_at=database_time(), ending="left")
    go_on(drop, boss)
    expect(heading(page, "Your turn")).to_be_visible()


def test_who_cannot_win_reads_so_with_the_numbers(shop: Shop, open_page: Open) -> None:
    drop, member = make_queue({"9": 1, "10": 1}), make_member()
    arrive(drop, make_members(4))
    begin(drop)
    arrive(drop, [member])
    page = open_page(drop.get_absolute_url(), member=member, **PHONE, color_scheme="dark")
    expect(heading(page, "It cannot be your turn any more.")).to_be_visible()
    expect(page.get_by_text("2 pairs are left and 0 held")).to_be_visible()
    page.get_by_role("button", name="Leave the queue").click()
    expect(heading(page, "You have left the queue.")).to_be_focused()


def test_all_of_it_by_keyboard(shop: Shop, open_page: Open) -> None:
    drop, member = make_queue({"9": 1, "10": 1}), make_member()
    page = open_page(drop.get_absolute_url(), member=member)
    page.get_by_label("First choice").focus()
    page.keyboard.press("9")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Join the queue")).to_be_focused()
    page.keyboard.press("Enter")
    expect(heading(page, "You are in")).to_be_focused()
    assert QueuePlace.objects.get(member=member).sizes == [drop.sizes.get(label="9").pk]
    begin(drop)
    page.reload()
    expect(heading(page, "Your turn")).to_be_visible()


def test_joining_waiting_and_reserving_work_without_javascript(shop: Shop, open_page: Open, boss: Any) -> None:
    drop, member = on_hold(make_queue({"9": 1, "10": 1})), make_member()
    page = open_page(drop.get_absolute_url(), member=member, java_script_enabled=False)
    page.get_by_label("First choice").select_option("9")
    page.get_by_role("button", name="Join the queue").click()
    expect(heading(page, "You are in")).to_be_visible()
    begin(drop)
    page.get_by_role("link", name="Look again").click()
    expect(heading(page, "People ahead of you")).to_be_visible()
    go_on(drop, boss)
    while not heading(page, "Your turn").is_visible():
        page.get_by_role("link", name="Look again").click()
    page.locator("input[value='9']").check()
    page.get_by_role("button", name="Reserve").click()
    expect(heading(page, "Size 9 is yours")).to_be_visible()


def test_every_state_is_for_everybody_on_a_narrow_screen(shop: Shop, open_page: Open, boss: Any) -> None:
    drop, member = on_hold(make_queue({"9": 3, "10": 1})), make_member()

    def looks_right(words: str) -> Page:
        page = open_page(drop.get_absolute_url(), member=member, bypass_csp=True, reduced_motion="reduce", **PHONE)
        expect(heading(page, words)).to_be_visible()
        assert [*found_by_axe(page), *found_on_a_narrow_screen(page)] == []
        return page

    looks_right("This drop has a queue.")
    arrive(drop, [member], drop.sizes.get(label="9").pk)
    looks_right("You are in")
    begin(drop)
    looks_right("People ahead of you")
    go_on(drop, boss)
    expect(heading(open_page(drop.get_absolute_url(), member=member), "Your turn")).to_be_visible()
    looks_right("Your turn")


def test_the_rules_are_there_for_everybody(shop: Shop, open_page: Open) -> None:
    page = open_page("/queues/", bypass_csp=True)
    expect(heading(page, "How queues work")).to_be_visible()
    assert [*found_by_axe(page), *found_on_a_narrow_screen(page)] == []
