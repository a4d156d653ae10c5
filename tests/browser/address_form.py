"""Filling in the address of a hold as a shopper does: the postcode says the city, where the shop knows it."""

from collections.abc import Mapping

from playwright.sync_api import Page, expect

from tests.make import ADDRESS

TYPED = ("country", "zip_code", "street", "name")  # in the order of the form; city and state follow from the postcode


def fill_address(page: Page, address: Mapping[str, str] = ADDRESS) -> None:
    """Types what must be typed of an address whose postcode the shop knows, and sees that it knows the rest."""
    for line in TYPED:
        page.locator(f"#order [name={line}]").fill(address[line])
    for line in ("city", "state"):
        expect(page.locator(f"#order [name={line}]")).to_have_value(address[line])
        expect(page.locator(f"#order [name={line}]")).to_be_hidden()


def fill_city(page: Page, city: str) -> None:
    """In place of the one that the postcode means."""
    page.get_by_role("button", name="Another city").click()
    page.locator("#order [name=city]").fill(city)
