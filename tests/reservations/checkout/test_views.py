"""Reserving and buying by plain forms, and by the fragments that scripts ask for."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from dropshop.core.errors import Busy
from reservations.models import Reservation, TestCharge
from reservations.payments.gateways import PaymentMethod
from tests.make import ADDRESS, lapse, make_drop, make_member, make_purchase, make_reservation

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
FRAGMENT = {"headers": {"X-Fragment": "drop"}}


def said(page: Any) -> str:
    return " ".join(page.content.decode().split())


def purchase(client: Client, hold: Reservation, token: str = "test_ok", **options: Any) -> Any:
    return client.post(f"{hold.get_absolute_url()}purchase/", {**ADDRESS, "payment_method": token}, **options)


def test_reserving_by_a_form_leads_to_the_checkout(alice: Any, sign_in: SignIn) -> None:
    drop = make_drop({"9": 1, "10": 1})
    answer = sign_in(alice).post(f"/drops/{drop.slug}/hold/", {"size": "9"})
    hold = alice.reservations.get()
    assert (answer.status_code, answer["Location"]) == (303, hold.get_absolute_url())
    assert hold.size.label == "9"


def test_reserving_twice_returns_the_same_hold(alice: Any, sign_in: SignIn) -> None:
    drop = make_drop({"9": 3, "10": 3})
    client = sign_in(alice)
    answers = [client.post(f"/drops/{drop.slug}/hold/", {"size": size}, **FRAGMENT) for size in ("9", "9", "10")]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert alice.reservations.count() == 1
    assert "Size 9 is yours" in said(answers[2])


def test_a_one_size_drop_needs_no_size(alice: Any, sign_in: SignIn) -> None:
    drop = make_drop(1)
    sign_in(alice).post(f"/drops/{drop.slug}/hold/", {})
    assert alice.reservations.count() == 1


def test_visitors_are_asked_to_sign_in_and_nothing_is_held(client: Client) -> None:
    drop = make_drop({"9": 1, "10": 1})
    answer = client.post(f"/drops/{drop.slug}/hold/", {"size": "9"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    assert Reservation.objects.count() == 0


@pytest.mark.parametrize(
    ("size", "status", "words"),
    [
        ("9", 409, "Someone was faster; size 9 is sold out. 3 left in 10."),
        ("9.5", 409, "Someone was faster. 3 left in 10. Every pair in size 9.5 is held; the first may return in"),
        ("77", 404, "This drop has no such size."),
        ("", 400, "Choose a size."),
    ],
)
def test_a_refusal_names_what_happened(bob: Any, sign_in: SignIn, size: str, status: int, words: str) -> None:
    drop = make_drop({"9": 1, "9.5": 1, "10": 3})
    make_purchase(make_member(), drop, "9")
    make_reservation(make_member(), drop, "9.5")
    client = sign_in(bob)
    answer = client.post(f"/drops/{drop.slug}/hold/", {"size": size}, **FRAGMENT)
    assert answer.status_code == status
    assert words in re.sub(r"\s+", " ", strip_tags(answer.content.decode()))
    plain = client.post(f"/drops/{drop.slug}/hold/", {"size": size}, follow=True)
    assert plain.redirect_chain == [(drop.get_absolute_url(), 303)]
    assert words in said(plain)


def test_a_purchase_by_a_form_leads_to_its_receipt_and_again_to_the_same(alice: Any, sign_in: SignIn) -> None:
    drop = make_drop({"9": 1, "10": 1})
    hold, client = make_reservation(alice, drop, "9"), sign_in(alice)
    answers = [purchase(client, hold), purchase(client, hold), purchase(client, hold, **FRAGMENT)]
    (order,) = alice.purchases.all()
    assert [(answer.status_code, answer.get("Location")) for answer in answers[:2]] == [(303, order.get_absolute_url())] * 2
    assert answers[2]["X-Location"] == order.get_absolute_url()
    receipt = said(client.get(order.get_absolute_url()))
    assert order.number in receipt
    assert ADDRESS["street"] in receipt


def test_a_faulty_address_is_refused_with_what_was_typed_kept(alice: Any, sign_in: SignIn) -> None:
    hold = make_reservation(alice, make_drop({"9": 1, "10": 1}), "9")
    answer = sign_in(alice).post(f"{hold.get_absolute_url()}purchase/", {**ADDRESS, "city": " ", "payment_method": "test_ok"})
    assert answer.status_code == 400
    assert "This is missing." in said(answer)
    assert f'value="{ADDRESS["street"]}"' in said(answer)
    assert alice.purchases.count() == 0


def test_a_declined_card_says_what_became_of_pair_and_money(alice: Any, sign_in: SignIn) -> None:
    hold = make_reservation(alice, make_drop({"9": 1, "10": 1}), "9")
    for options in ({}, FRAGMENT):
        answer = purchase(sign_in(alice), hold, "test_declined", **options)
        assert answer.status_code == 402
        assert "You were not charged. The pair is still yours" in said(answer)
        assert "Size 9 is yours" in said(answer)


def test_a_payment_the_bank_wants_confirmed_is_finished_on_the_way_back(alice: Any, sign_in: SignIn) -> None:
    hold, client = make_reservation(alice, make_drop({"9": 1, "10": 1}), "9"), sign_in(alice)
    asked = purchase(client, hold, "test_confirm")
    assert asked["Location"].startswith("/test-bank/")
    assert "Is this you?" in said(client.get(asked["Location"]))
    back = client.post(asked["Location"], {"agreed": "yes"})
    arrived = client.get(back["Location"])
    assert arrived["Location"] == alice.purchases.get().get_absolute_url()
    assert TestCharge.objects.get().captured == hold.price


def test_a_confirmation_that_is_refused_takes_no_money_and_keeps_the_pair(alice: Any, sign_in: SignIn) -> None:
    hold, client = make_reservation(alice, make_drop({"9": 1, "10": 1}), "9"), sign_in(alice)
    back = client.post(purchase(client, hold, "test_confirm")["Location"], {"agreed": "no"})
    arrived = client.get(back["Location"])
    assert arrived.status_code == 402
    assert "You were not charged." in said(arrived)
    assert "Size 9 is yours" in said(arrived)


def test_the_checkout_of_a_hold_that_ran_out_says_so(alice: Any, sign_in: SignIn) -> None:
    hold, client = make_reservation(alice, make_drop({"9": 1, "10": 1}), "9"), sign_in(alice)
    lapse(hold)
    assert "Your hold on size 9 ran out." in said(client.get(hold.get_absolute_url()))
    late = purchase(client, hold)
    assert late.status_code == 410
    assert "You were not charged." in said(late)


def test_a_doubled_form_for_more_time_counts_once(alice: Any, sign_in: SignIn) -> None:
    hold, client = make_reservation(alice, make_drop({"9": 1, "10": 1}, max_extensions=5), "9"), sign_in(alice)
    for _ in range(3):
        client.post(f"{hold.get_absolute_url()}extension/", {"key": "one-form"}, **FRAGMENT)
    hold.refresh_from_db()
    assert hold.extensions == 1
    client.post(f"{hold.get_absolute_url()}extension/", {"key": "another-form"})
    hold.refresh_from_db()
    assert hold.extensions == 2


def test_giving_back_twice_is_no_fault(alice: Any, sign_in: SignIn) -> None:
    drop = make_drop({"9": 1, "10": 1})
    hold, client = make_reservation(alice, drop, "9"), sign_in(alice)
    answers = [client.post(f"{hold.get_absolute_url()}cancellation/") for _ in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(303, drop.get_absolute_url())] * 2
    assert drop.sizes.get(label="9").available == 1


@pytest.mark.parametrize("deed", ["", "purchase/", "extension/", "cancellation/"])
def test_the_hold_of_somebody_else_is_not_there(alice: Any, charlie: Any, sign_in: SignIn, deed: str) -> None:
    hold = make_reservation(alice, make_drop({"9": 1, "10": 1}), "9")
    client = sign_in(charlie)
    answer = client.post(hold.get_absolute_url() + deed, {"key": "k"}) if deed else client.get(hold.get_absolute_url())
    assert answer.status_code == 404
    hold.refresh_from_db()
    assert (hold.status, hold.extensions) == ("active", 0)


def test_the_order_of_somebody_else_is_not_there(alice: Any, charlie: Any, sign_in: SignIn) -> None:
    order = make_purchase(alice, make_drop())
    assert sign_in(charlie).get(order.get_absolute_url()).status_code == 404
    assert order.number not in said(sign_in(charlie).get("/orders/"))
    assert order.number in said(sign_in(alice).get("/orders/"))


def test_the_known_address_is_filled_in_the_next_time(alice: Any, sign_in: SignIn) -> None:
    make_purchase(alice, make_drop())
    hold = make_reservation(alice, make_drop())
    assert f"{ADDRESS['name']}, {ADDRESS['street']}, {ADDRESS['city']}" in said(sign_in(alice).get(hold.get_absolute_url()))


def test_a_form_without_its_token_changes_nothing(alice: Any, sign_in: SignIn) -> None:
    drop = make_drop()
    answer = sign_in(alice, enforce_csrf_checks=True).post(f"/drops/{drop.slug}/hold/", {})
    assert answer.status_code == 403
    assert "This page is out of date" in said(answer)
    assert alice.reservations.count() == 0


def test_the_profile_lets_a_member_show_or_hide_their_name(bob: Any, sign_in: SignIn) -> None:
    client = sign_in(bob)
    for ticked, shown in (({"shows_name": "on"}, True), ({}, False)):
        client.post("/accounts/profile/", {**ticked, "is_staff": "on", "username": "root"})
        bob.refresh_from_db()
        assert (bob.shows_name, bob.is_staff, bob.username) == (shown, False, "bob")


def test_too_many_tries_say_so_and_say_nothing_of_the_stock(bob: Any, sign_in: SignIn, settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "reserve": {"member": "1/60s"}}
    drop = make_drop({"9": 1, "10": 1})
    make_purchase(make_member(), drop, "9")
    client = sign_in(bob)
    answers = [client.post(f"/drops/{drop.slug}/hold/", {"size": "9"}, **FRAGMENT) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [409, 429]
    assert "Too many tries in a short time." in said(answers[1])
    assert "faster" not in said(answers[1])


def test_busy_is_never_shown_as_sold_out(bob: Any, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise Busy

    monkeypatch.setattr("reservations.holds.reserve.reserve", refuse)
    drop = make_drop({"9": 1, "10": 1})
    answer = sign_in(bob).post(f"/drops/{drop.slug}/hold/", {"size": "9"}, **FRAGMENT)
    assert answer.status_code == 503
    assert "Busy: many people at once." in said(answer)
    assert "is sold out" not in said(answer)


class ByInvoice:
    """A provider with one way to pay."""

    template = "reservations/payments/_methods.html"

    def methods(self):
        return [PaymentMethod("invoice", "Invoice", "Pay within 14 days.")]


def test_how_to_pay_is_asked_by_the_provider_and_by_nobody_else(alice, sign_in, monkeypatch):
    hold = make_reservation(alice, make_drop(1))
    browser = sign_in(alice)
    cards = browser.get(hold.get_absolute_url()).content.decode()
    assert cards.count("s card that") == 5
    monkeypatch.setattr("reservations.checkout.buy_box.gateway", ByInvoice)
    page = browser.get(hold.get_absolute_url()).content.decode()
    assert 'value="invoice" required checked' in page
    assert ("Pay within 14 days." in page, "est bank" in page, "Test card" in page) == (True, False, False)


def test_a_shopper_from_where_there_are_no_postcodes_fills_in_the_form_and_buys(alice: Any, sign_in: SignIn) -> None:
    hold, client = make_reservation(alice, make_drop(1)), sign_in(alice)
    page = client.get(f"/reservations/{hold.pk}/").content.decode()
    assert re.findall(r'<input id="line-\w+" name="(\w+)"[^>]* required', page) == ["country", "street", "name"]
    lines = {"name": "Ada", "street": "1 Nathan Road", "city": "", "state": "Kowloon", "zip_code": "", "country": "Hong Kong"}
    answer = client.post(f"/reservations/{hold.pk}/purchase/", {**lines, "payment_method": "test_ok"})
    assert (answer.status_code, alice.purchases.get().address) == (303, {**lines, "country": "HK"})
