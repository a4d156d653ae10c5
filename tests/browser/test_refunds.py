"""Staff give money back on their pages, and the shopper sees how that stands."""

import pytest
from playwright.sync_api import expect

from dropshop.core.outbox.models import Email
from dropshop.machine.processes import wait_until
from reservations.models import Refund
from reservations.refunds import send
from tests.harness.patience import PATIENCE
from tests.make import make_drop, make_member, make_purchase

PHONE = {"viewport": {"width": 360, "height": 760}}


@pytest.fixture
def order(shop):
    return make_purchase(make_member(), make_drop(1, title="Ember Runner"))


def shown(page):
    page.reload()
    return page.locator("p.notice").all_inner_texts()[1:]


def test_staff_give_a_part_and_then_the_rest_back_on_a_phone_and_the_shopper_sees_it(shop, open_page, refunder, order):
    desk = open_page(f"/admin/reservations/purchase/{order.pk}/change/", member=refunder, **PHONE)
    shopper = open_page(order.get_absolute_url(), member=order.member, **PHONE)
    assert shown(shopper) == []
    desk.get_by_role("link", name="Refund", exact=True).click()
    expect(desk.get_by_label("Amount")).to_have_value("180.00")
    desk.get_by_label("Amount").fill("60")
    desk.get_by_label("Reason").fill("A scratch on the left one.")
    desk.get_by_role("button", name="Refund", exact=True).dblclick()
    expect(desk.get_by_text("The refund is written down.").first).to_be_visible()
    assert list(Refund.objects.values_list("amount", flat=True)) == [6000]
    send.sweep()  # which may find that the worker is at it
    sent = ["$60 is on its way back to you. Until it shows in your account some days can pass."]
    wait_until(lambda: shown(shopper) == sent, PATIENCE)
    assert shown(shopper) == sent

    desk.get_by_role("link", name="Cancel the order").click()
    desk.get_by_label("Reason").fill("The other one has a scratch too.")
    desk.get_by_role("group", name="Put the pair back for sale?").get_by_label("No").check()
    desk.get_by_role("group", name="Give back what is left of the money?").get_by_label("Yes").check()
    desk.get_by_role("button", name="Cancel the order").click()
    expect(desk.get_by_text("The order is cancelled.")).to_be_visible()
    send.sweep()
    wait_until(lambda: not Refund.objects.exclude(status="sent").exists(), PATIENCE)
    shopper.reload()
    expect(shopper.get_by_text("$120 is on its way back to you.")).to_be_visible()
    expect(shopper.get_by_text("Refunded.")).to_be_visible()
    assert Email.objects.filter(kind="refund", member=order.member).count() == 2
