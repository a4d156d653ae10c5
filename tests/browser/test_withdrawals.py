"""Withdrawing in a real browser, as a stranger who has only the e-mail about the order, and as the member."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dropshop.core.outbox.models import Email
from reservations.models import Purchase, Withdrawal
from tests.browser.html_checker import html_errors
from tests.browser.test_markup import found_by_axe, found_on_a_narrow_screen
from tests.harness.shop import Shop
from tests.make import make_drop, make_member, make_purchase

Open = Callable[..., Page]
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def order(shop: Shop) -> Purchase:
    """An order of somebody who sits at no machine here."""
    return make_purchase(make_member(), make_drop({"9": 1}, title="Ember Runner"))


def fill_in(page: Page, order: Purchase, **other: str) -> None:
    """The first step."""
    page.get_by_label("Order number").fill(order.number.lower().replace("-", " "))
    page.get_by_label("Your name").fill("Alice Ångström")
    page.get_by_label("E-mail address").fill(other.get("email", order.member.email))
    page.get_by_role("button", name="Go on").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_withdrawal_as_a_stranger(open_page: Open, order: Purchase, scripts: bool) -> None:
    page = open_page("/", viewport=PHONE, java_script_enabled=scripts)
    page.get_by_role("contentinfo").get_by_role("link", name="Withdraw from contract").click()
    fill_in(page, order, email="somebody@else.example")
    expect(page.get_by_role("alert")).to_have_text("There is no order with this number and e-mail address.")
    fill_in(page, order)
    expect(page.locator("main")).to_contain_text("Ember Runner, size 9")
    expect(page.locator("main")).not_to_contain_text("Lace Lane")
    assert Withdrawal.objects.filter(purchase=order).count() == 0
    page.get_by_role("button", name="Confirm withdrawal").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have withdrawn")
    expect(page.locator("main")).to_contain_text("The pair stays with us.")
    made = Withdrawal.objects.get(purchase=order)
    assert (made.name, made.signed_in, Purchase.objects.get(pk=order.pk).status) == ("Alice Ångström", False, "cancelled")
    assert Email.objects.get(kind="withdrawal_received", cause=made.cause).to == order.member.email
    assert {cookie["name"] for cookie in page.context.cookies()} <= {"csrftoken"}
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have withdrawn")
    assert Withdrawal.objects.filter(purchase=order).count() == 1


def test_withdrawal_from_the_orders_own_page(open_page: Open, order: Purchase) -> None:
    page = open_page(order.get_absolute_url(), member=order.member, viewport=PHONE)
    page.get_by_role("main").get_by_role("link", name="Withdraw from contract").click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Confirm withdrawal").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have withdrawn")
    page.goto(order.get_absolute_url())
    expect(page.get_by_role("heading", name="You have withdrawn")).to_be_visible()
    assert Withdrawal.objects.get(purchase=order).signed_in is True


def test_no_step_has_a_fault(open_page: Open, order: Purchase) -> None:
    """Nor has the order's page afterwards."""
    page = open_page("/withdraw/", member=order.member, reduced_motion="reduce", bypass_csp=True)
    found = faults_of(page)
    fill_in(page, order, email="x@y.example")
    found += faults_of(page)
    page.get_by_role("button", name="Confirm withdrawal").click()
    found += faults_of(page)
    page.goto(order.get_absolute_url())
    assert found + faults_of(page) == []


def faults_of(page: Page) -> list[Any]:
    """What the checkers say of the page as it stands."""
    return found_by_axe(page) + found_on_a_narrow_screen(page) + html_errors({page.url: page.content()})
