"""The checkout as a member without an address meets it."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from reservations.models import Reservation
from tests.make import make_drop, make_member

Open = Callable[..., Page]


def buy_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Buy for")


def newcomer(open_page: Open, **screen: Any) -> Page:
    """The page on which a member without an address has just reserved a pair."""
    page = open_page(make_drop({"9": 2, "10": 1}).get_absolute_url(), member=make_member(), **screen)
    page.locator(".size", has=page.locator("input[value='9']")).click()
    page.get_by_role("button", name="Reserve size 9").click()
    expect(page.get_by_role("heading", name="Size 9 is yours")).to_be_visible()
    return page


def bought_to() -> dict[str, str]:
    """The address of the newest sale."""
    return Reservation.objects.latest("created_at").purchase.address


def bought_within_the_minute() -> dict[str, str]:
    """The address of the newest sale, which took no longer."""
    hold = Reservation.objects.latest("created_at")
    assert (hold.purchase.created_at - hold.created_at).total_seconds() < 60
    return hold.purchase.address
