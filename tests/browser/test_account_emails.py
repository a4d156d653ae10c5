"""In the demo one confirms an address and gets another password without a mail server: by its mailbox."""

import re
from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Browser, Page, expect

from tests.harness.open_shops import OpenShops
from tests.harness.shop import Shop
from tests.make import PASSWORD, make_member

ANOTHER = "another-long-passphrase"


@pytest.fixture(scope="module")
def shop(browser: Browser, open_shops: OpenShops) -> Iterator[Shop]:
    """The demo, where addresses must be confirmed as in a real shop."""
    with open_shops.borrowed(celery=(), env={"DROPSHOP_DEMO": "1", "DROPSHOP_REQUIRE_VERIFIED_EMAIL": "1"}) as shop:
        yield shop


def follow_the_link(page: Page, subject: str) -> None:
    """Opens the newest e-mail of the demo's mailbox, which says this, and follows its first link."""
    page.goto("/_mail/")
    page.get_by_role("link", name=subject).first.click()
    expect(page.get_by_role("heading", name=subject)).to_be_visible()
    page.goto(re.search(r"http\S+/accounts/\S+", page.locator("main").inner_text())[0])


def sign_in(page: Page, name: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(name)
    page.locator("[name=password]").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()


def test_a_new_member_confirms_the_address_and_signs_in(open_page):
    page = open_page("/accounts/signup/")
    for field, text in {"username": "nora", "email": "nora@example.com", "password1": PASSWORD}.items():
        page.locator(f"[name={field}]").fill(text)
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    follow_the_link(page, "Confirm your e-mail address")
    page.get_by_role("button", name="Confirm").click()
    sign_in(page, "nora", PASSWORD)
    expect(page).to_have_url(re.compile(r"/$"))
    assert EmailAddress.objects.get(email="nora@example.com").verified


def test_who_has_forgotten_the_password_sets_another(open_page):
    member = make_member("otto")
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    page = open_page("/accounts/password/reset/")
    page.locator("[name=email]").fill(member.email)
    page.get_by_role("main").get_by_role("button").first.click()
    follow_the_link(page, "Set a new password")
    for field in ("password1", "password2"):
        page.locator(f"[name={field}]").fill(ANOTHER)
    page.get_by_role("main").get_by_role("button").first.click()
    sign_in(page, "otto", ANOTHER)
    expect(page).to_have_url(re.compile(r"/$"))
    member.refresh_from_db()
    assert member.check_password(ANOTHER)
