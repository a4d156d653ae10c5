"""Paying by Stripe's own form, which the test stands in for; the shop's processes ask the double."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from reservations.models import Purchase
from tests.browser.address_form import fill_address
from tests.harness.open_shops import OpenShops
from tests.harness.shop import Shop
from tests.make import make_drop, make_member, make_reservation
from tests.stripe_double.server import SECRET, StripeDouble

Open = Callable[..., Page]
STRIPE_JS = "https://js.stripe.com/endive/stripe.js"
# As much of Stripe.js as the shop asks for; the card that is typed is the token.
STAND_IN = """
window.Stripe = (key) => ({
  elements: (options) => {
    window.asked = { key, ...options };
    const heard = {};
    let input;
    return {
      create: () => ({
        on: (kind, told) => (heard[kind] = told),
        mount: (place) => {
          place.innerHTML = '<label>Card number <input></label>';
          input = place.querySelector("input");
          input.addEventListener("input", () => heard.change());
        },
        destroy: () => {},
      }),
      submit: async () => (input.value ? {} : { error: { message: "Your card number is incomplete." } }),
      value: () => input.value,
    };
  },
  createPaymentMethod: async ({ elements }) => ({ paymentMethod: { id: elements.value() } }),
});
"""


@pytest.fixture(scope="module")
def double() -> Iterator[StripeDouble]:
    double = StripeDouble()
    yield double
    double.stop()


@pytest.fixture(scope="module")
def shop(browser: Browser, open_shops: OpenShops, double: StripeDouble) -> Iterator[Shop]:
    env = {"PAYMENT_GATEWAY": "stripe", "STRIPE_SECRET_KEY": SECRET, "STRIPE_PUBLISHABLE_KEY": "pk_test_1"}
    with open_shops.borrowed(celery=(), env={**env, "STRIPE_API_BASE": double.url}) as shop:
        yield shop


def checkout(open_page: Open, *, script: bool = True) -> tuple[Page, Any]:
    """The page of a hold whose address is filled in."""
    hold = make_reservation(make_member(), make_drop({"9": 2}, hold_seconds=900))
    page = open_page("/", member=hold.member)
    page.route(
        STRIPE_JS, lambda route: route.fulfill(body=STAND_IN, content_type="text/javascript") if script else route.abort()
    )
    page.goto(hold.get_absolute_url())
    fill_address(page)
    return page, hold


def pay(page: Page, card: str) -> None:
    page.get_by_label("Card number").fill(card)
    page.get_by_role("button", name="Buy for").click()


def test_a_card_that_is_entered_at_stripe_buys_the_pair(shop: Shop, open_page: Open) -> None:
    page, hold = checkout(open_page)
    asked = page.evaluate("window.asked")
    assert (asked["key"], asked["amount"], asked["currency"], asked["captureMethod"]) == ("pk_test_1", 18000, "usd", "manual")
    page.get_by_role("button", name="Buy for").click()
    expect(page.get_by_text("Your card number is incomplete.")).to_be_visible()
    pay(page, "pm_card_visa_chargeDeclined")
    expect(page.get_by_text("Your bank declined this card.")).to_be_visible()
    pay(page, "pm_card_visa")
    page.wait_for_url("**/orders/*/")
    assert Purchase.objects.get(reservation=hold).status == "paid"


def test_a_confirmation_leads_to_the_bank_and_back(shop: Shop, open_page: Open, double: StripeDouble) -> None:
    page, hold = checkout(open_page)
    page.route("https://hooks.stripe.test/**", lambda route: route.fulfill(body="Is this you?", content_type="text/html"))
    pay(page, "pm_card_threeDSecure2Required")
    page.wait_for_url("https://hooks.stripe.test/**")
    double.answer(page.url.rpartition("/")[2], agreed=True)
    page.goto(f"{shop.url}{hold.get_absolute_url()}")
    page.wait_for_url("**/orders/*/")
    assert Purchase.objects.get(reservation=hold).status == "paid"


def test_where_stripes_form_does_not_load_that_is_said(shop: Shop, open_page: Open) -> None:
    page, _ = checkout(open_page, script=False)
    expect(page.get_by_text("The card form did not load.")).to_be_visible()
    page.get_by_role("button", name="Buy for").click()
    expect(page.get_by_role("button", name="Buy for")).not_to_have_attribute("aria-busy", "true")
