"""Purchase requests in a real browser: filed by the keyboard, carried out while their owner sleeps."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from drops.models import Drop
from dropshop.core.clock import database_time
from dropshop.machine.processes import wait_until
from reservations.models import PurchaseRequest, SavedAddress
from tests.harness.patience import PATIENCE
from tests.make import ADDRESS, make_drop, make_member, make_request, make_saved_method, make_sneaker

PHONE, DESKTOP = {"width": 360, "height": 760}, {"width": 1600, "height": 900}
PICTURES = os.environ.get("PICTURES", "")  # a folder to keep pictures in, for whoever wants to look at them


@pytest.fixture(scope="module")
def shop(browser, open_shops):
    """One shop with the process that carries requests out."""
    with open_shops.borrowed(celery=("requests", "sweeper", "beat")) as shop:
        yield shop


@pytest.fixture
def drop(shop):
    return make_drop({"9": 2, "9.5": 2, "10": 2}, title="Ember Runner", starts_in=3600, sneaker=make_sneaker(tint="ember"))


@pytest.fixture
def owner(drop):
    member = make_member()
    SavedAddress.objects.create(member=member, lines=ADDRESS, is_default=True)
    make_saved_method(member)
    return member


def keep(page, name):
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def fits(page):
    return not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def start(drop):
    Drop.objects.filter(pk=drop.pk).update(starts_at=database_time())


def test_a_request_is_filed_by_the_keyboard_and_wins_while_its_owner_sleeps(open_page, owner, drop):
    page = open_page(drop.get_absolute_url(), member=owner, viewport=PHONE)
    keep(page, "drop-360")
    page.get_by_role("link", name="Ask for a pair at the bell").focus()
    page.keyboard.press("Enter")
    page.get_by_label("First choice").focus()
    page.keyboard.type("9.5")
    page.keyboard.press("Tab")
    page.keyboard.type("10")
    keep(page, "ask-360")
    assert fits(page)
    page.get_by_label("The most you pay for the pair").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("9.5, then 10")).to_be_visible()
    keep(page, "entered-360")
    assert fits(page)
    page.context.close()
    start(drop)
    assert wait_until(lambda: PurchaseRequest.objects.filter(drop=drop, status="success").exists(), PATIENCE)
    awake = open_page("/requests/", member=owner, viewport=DESKTOP)
    expect(awake.get_by_text("It is yours: size 9.5")).to_be_visible()
    keep(awake, "bought-1600")
    assert fits(awake)
    awake.get_by_role("link", name="Ember Runner", exact=True).click()
    expect(awake.get_by_text("Paid. The pair is yours.")).to_be_visible()


def test_the_list_follows_what_happens_without_being_loaded_again(open_page, owner, drop):
    make_request(owner, drop)
    page = open_page("/requests/", member=owner, viewport=DESKTOP, color_scheme="dark")
    expect(page.get_by_text("Asked for", exact=True)).to_be_visible()
    page.evaluate("window.isTheSamePage = true")
    start(drop)
    expect(page.get_by_text("Bought", exact=True)).to_be_visible()
    assert page.evaluate("window.isTheSamePage")
    keep(page, "bought-dark-1600")


def test_without_javascript_a_request_is_filed_and_withdrawn(open_page, owner, drop):
    page = open_page(f"/drops/{drop.slug}/request/", member=owner, java_script_enabled=False, viewport=DESKTOP)
    keep(page, "ask-1600")
    page.get_by_role("button", name="Ask for a pair").click()
    expect(page.get_by_text("Asked for", exact=True)).to_be_visible()
    page.get_by_role("button", name="Withdraw the request").click()
    expect(page.get_by_text("Withdrawn", exact=True)).to_be_visible()
    assert PurchaseRequest.objects.get(drop=drop).status == "withdrawn"


@pytest.mark.parametrize("status", ["in_queue", "failed"])
def test_every_state_fits_a_phone(open_page, owner, drop, status):
    request = make_request(owner, drop)
    reason = {"reason": "taken", "note": "Your place was 49,312 of 50,000; 909 pairs were kept for requests."}
    PurchaseRequest.objects.filter(pk=request.pk).update(
        status=status, place=49312, created_at=database_time() - timedelta(days=1), **(reason if status == "failed" else {})
    )
    page = open_page("/requests/", member=owner, viewport=PHONE, color_scheme="dark")
    keep(page, f"{status}-dark-360")
    assert fits(page)


def test_whoever_lacks_address_and_card_is_led_there(open_page, drop):
    page = open_page(f"/drops/{drop.slug}/request/", member=make_member(), viewport=PHONE)
    keep(page, "lacks-360")
    expect(page.get_by_role("link", name="Save a card")).to_be_visible()
    assert fits(page)
