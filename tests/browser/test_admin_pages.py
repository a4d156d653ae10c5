"""The admin's pages in a real browser: under the shop's content security policy, for everybody's eyes and hands.

`open_page` fails a test on whose pages a script threw or the policy was broken.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from drops.models import Drop
from dropshop.core.money import Money
from reservations.refunds import refund
from tests.make import PASSWORD, make_drop, make_purchase, make_sneaker


@pytest.fixture
def things(staff, alice):
    drop = make_drop({"9": 20, "10": 20}, time_zone="Europe/Berlin")
    draft = make_drop({"9": 2}, published=False)
    purchase = make_purchase(alice, drop, "9")
    given = refund.ask(purchase.pk, Money(6000, "USD"), by=alice, reason="A scratch on the left one.")
    return {
        "drop": drop,
        "draft": draft,
        "purchase": purchase,
        "refund": given,
        "size": drop.sizes.get(label="9"),
        "member": alice,
    }


PAGES = (
    "/admin/",
    "/admin/drops/drop/",
    "/admin/drops/drop/add/",
    "/admin/drops/drop/{drop.pk}/change/",
    "/admin/drops/drop/{draft.pk}/change/",
    "/admin/drops/drop/{draft.pk}/delete/",
    "/admin/drops/drop/{draft.pk}/publish/",
    "/admin/drops/drop/{drop.pk}/history/",
    "/admin/drops/drop/{drop.pk}/stock/",
    "/admin/drops/drop/{drop.pk}/stock/{size.pk}/",
    "/drops/{draft.slug}/?preview=1",
    "/admin/drops/sneaker/",
    "/admin/drops/sneaker/{drop.sneaker_id}/change/",
    "/admin/drops/sneaker/add/?_popup=1",
    "/admin/drops/stockadjustment/",
    "/admin/reservations/reservation/",
    "/admin/reservations/purchase/",
    "/admin/reservations/purchase/{purchase.pk}/change/",
    "/admin/reservations/purchase/{purchase.pk}/refund/",
    "/admin/reservations/purchase/{purchase.pk}/cancel/",
    "/admin/reservations/refund/",
    "/admin/reservations/refund/{refund.pk}/change/",
    "/admin/reservations/chargeback/",
    "/admin/reservations/payment/",
    "/admin/reservations/ledgertransfer/",
    "/admin/community/member/",
    "/admin/community/member/{member.pk}/change/",
    "/admin/auth/group/add/",
    "/admin/admin/logentry/",
)


def test_every_page_keeps_the_policy_and_fits_a_phone(open_page, staff, things):
    page = open_page("/admin/", member=staff, viewport={"width": 360, "height": 760})
    too_wide = []
    for address in PAGES:
        answer = page.goto(address.format(**things))
        assert (address, answer.status) == (address, 200)
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide.append(address)
    assert too_wide == []


# One page of each kind, for axe is slow.
LOOKED_AT = (
    "/admin/",
    "/admin/drops/drop/",
    "/admin/drops/drop/{draft.pk}/change/",
    "/admin/drops/drop/{draft.pk}/publish/",
    "/admin/drops/drop/{drop.pk}/stock/",
    "/admin/drops/drop/{drop.pk}/stock/{size.pk}/",
    "/admin/drops/sneaker/{drop.sneaker_id}/change/",
    "/admin/reservations/purchase/{purchase.pk}/change/",
    "/admin/reservations/purchase/{purchase.pk}/refund/",
    "/admin/reservations/purchase/{purchase.pk}/cancel/",
    "/admin/community/member/{member.pk}/change/",
)


def faults(page, **only):
    """What axe finds, as one line each. It writes inline styles of its own, so its pages open without the policy.

    Two pieces of advice are for Django itself: headers without words over the columns that scripts use, and a search box
    named by the picture of a glass.
    """
    djangos_own = {rule: {"enabled": False} for rule in ("empty-table-header", "label-title-only")}
    found = Axe().run(page, options={"rules": djangos_own, **only}).response["violations"]
    return [f"{page.url} {fault['id']}: {node['target']}" for fault in found for node in fault["nodes"]]


def test_axe_finds_nothing_on_the_pages_of_the_house_by_day_and_by_night(open_page, staff, things):
    page = open_page("/admin/", member=staff, color_scheme="light", reduced_motion="reduce", bypass_csp=True)
    found = []
    for address in LOOKED_AT:
        page.emulate_media(color_scheme="light")
        page.goto(address.format(**things))
        found += faults(page)
        page.emulate_media(color_scheme="dark")
        found += faults(page, runOnly=["color-contrast"])
    assert "\n".join(found) == ""


def test_staff_schedule_look_at_and_publish_a_drop_by_hand(open_page, staff):
    make_sneaker(brand="Kiln Works", name="Ember Runner 02", style_code="KW-0207")
    page = open_page("/admin/drops/drop/add/", member=staff)
    page.get_by_label("Sneaker").select_option("Kiln Works Ember Runner 02 (KW-0207)")
    page.get_by_label("Title").press_sequentially("Ember Runner 02")
    assert page.get_by_label("Slug").input_value() == "ember-runner-02"
    page.get_by_label("Price").fill("180.00")
    page.get_by_label("Time zone").fill("europe/berlin")
    for when, time in (("Opens", "19:00"), ("Closes", "19:30")):
        page.get_by_label(f"{when}, date").fill("2030-11-27")
        page.get_by_label(f"{when}, time").fill(time)
    page.get_by_role("textbox", name="Size run").fill("7-9:20")
    page.get_by_role("button", name="Save and continue editing").click()

    page.get_by_role("link", name="Preview").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Ember Runner 02"
    page.get_by_text("Preview of a draft.").wait_for()
    page.get_by_role("link", name="Back to the drop").click()
    page.get_by_role("link", name="Publish").click()
    page.get_by_text("Wed 27 Nov 2030, 19:00 Europe/Berlin").wait_for()
    page.get_by_role("button", name="Publish").click()
    page.get_by_text("“Ember Runner 02” is published.").wait_for()
    drop = Drop.objects.get(slug="ember-runner-02")
    assert (drop.published, drop.starts_at.isoformat()) == (True, "2030-11-27T18:00:00+00:00")


def test_a_new_line_of_the_size_run_is_added_by_hand(open_page, staff):
    draft = make_drop({"9": 2}, published=False)
    page = open_page(f"/admin/drops/drop/{draft.pk}/change/", member=staff)
    page.get_by_role("button", name="Add another Size").click()
    page.locator("input[name=sizes-1-label]").fill("10")
    page.locator("input[name=sizes-1-total]").fill("5")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was changed successfully").wait_for()
    assert [(size.label, size.total) for size in draft.sizes.all()] == [("9", 2), ("10", 5)]


def test_staff_sign_in_at_the_shops_own_door(open_page, staff):
    page = open_page("/admin/drops/drop/", bypass_csp=True)
    assert page.url.endswith("/accounts/login/?next=%2Fadmin%2Fdrops%2Fdrop%2F")
    assert faults(page) == []
    page.locator("input[name=login]").fill("staff")
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Drops", level=1).wait_for()


def test_staff_choose_the_houses_other_colours(open_page, staff):
    page = open_page("/admin/", member=staff, color_scheme="light")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Dark colours").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != paper
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != paper
