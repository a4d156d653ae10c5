"""Leaving, in a browser: everything about oneself as one file, and then the end of the account."""

import json
from zipfile import ZipFile

from playwright.sync_api import expect

from tests.browser.test_markup import found_by_axe, found_on_a_narrow_screen
from tests.make import PASSWORD, make_drop, make_member, make_purchase

SETTINGS = "/accounts/settings/"


def sign_in(page, member):
    page.goto("/accounts/login/")
    page.locator("#id_login").fill(member.username)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("/")


def test_a_member_takes_everything_along_and_erases_themselves(shop, open_page):
    member = make_member()
    order = make_purchase(member, make_drop(1))
    page = open_page("/", accept_downloads=True, bypass_csp=True, reduced_motion="reduce", has_touch=True)
    sign_in(page, member)
    page.goto(SETTINGS)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export everything we hold about you").click()
    with ZipFile(download.value.path()) as archive:
        told = json.loads(archive.read("data.json"))
    assert [bought["number"] for bought in told["purchases"]] == [order.number]

    page.get_by_role("link", name="Erase me").click()
    expect(page.get_by_text("Your orders (1) stay without your name")).to_be_visible()
    assert found_by_axe(page) + found_on_a_narrow_screen(page) == []
    page.get_by_label("Your user name").fill("somebody")
    page.get_by_role("button", name="Erase me").click()
    expect(page.get_by_text(f"Your user name is {member.username}.")).to_be_visible()
    page.get_by_label("Your user name").fill(member.username)
    page.get_by_role("button", name="Erase me").click()
    expect(page.get_by_role("heading", name="You are erased")).to_be_visible()
    assert found_by_axe(page) + found_on_a_narrow_screen(page) == []
    page.goto(SETTINGS)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    member.refresh_from_db()
    assert (member.is_active, member.email) == (False, "")


def test_a_sign_in_that_is_old_is_asked_for_again_and_leads_on(shop, open_page):
    """`open_page` signs in without the password: nobody has shown lately who they are."""
    member = make_member()
    page = open_page(SETTINGS, member=member)
    page.get_by_role("link", name="Erase me").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Erase me")).to_be_visible()
