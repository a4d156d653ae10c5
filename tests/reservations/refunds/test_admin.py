"""What staff do with the money of an order, on its page and in the list of refunds."""

import pytest
from django.utils.html import escape

from reservations.models import Payment, Refund
from reservations.refunds import reports, send
from tests.harness.admin_forms import fields
from tests.make import make_drop, make_purchase
from tests.reservations.refunds.giving_back import dollars, money_of, status_of, statuses
from tests.reservations.till import counters

pytestmark = pytest.mark.django_db
ORDERS, REFUNDS = "/admin/reservations/purchase/", "/admin/reservations/refund/"


@pytest.fixture
def desk(refunder, sign_in):
    return sign_in(refunder)


@pytest.fixture
def second_desk(other_refunder, sign_in):
    return sign_in(other_refunder)


def form_of(desk, page):
    """What the page's form holds before anybody types."""
    return fields(desk.get(page), "deed-form")


def said(answer):
    return [str(message) for message in answer.context["messages"]]


def give(desk, order, **typed):
    """What is said of this refund."""
    page = f"{ORDERS}{order.pk}/refund/"
    return said(desk.post(page, form_of(desk, page) | typed, follow=True))


def test_the_form_offers_what_is_left_and_the_orders_page_shows_what_was_given_back(desk, order):
    offered = form_of(desk, f"{ORDERS}{order.pk}/refund/")
    assert (offered["amount"], offered["reason"], offered["n"]) == ("180.00", "", "1")
    assert give(desk, order, amount="60", reason="A scratch.") == ["The refund is written down."]
    assert give(desk, order, amount="30.5", reason="Another scratch.") == ["The refund is written down."]
    send.sweep()
    assert (statuses(), money_of(order)) == ([("sent", 6000), ("sent", 3050)], (9050, 0, 9050))
    page = desk.get(f"{ORDERS}{order.pk}/change/").content.decode()
    assert [words for words in ("$90.50", "$89.50", "A scratch.", "Sent", ">$30.50</a>") if words not in page] == []


def test_a_double_click_is_one_refund_and_is_told_as_done(desk, order):
    page = f"{ORDERS}{order.pk}/refund/"
    form = form_of(desk, page) | {"reason": "Lost."}
    answers = [desk.post(page, form, follow=True) for _ in range(2)]
    assert [said(answer) for answer in answers] == [["The refund is written down."]] * 2
    assert statuses() == [("approved", 18000)]


def test_a_form_that_was_open_while_another_refund_was_asked_for_is_refused(desk, second_desk, order):
    page = f"{ORDERS}{order.pk}/refund/"
    form = form_of(desk, page)
    give(second_desk, order, amount="10", reason="A scratch.")
    answer = desk.post(page, form | {"amount": "10", "reason": "A scratch."}, follow=True)
    assert said(answer) == ["Another refund of this order was asked for meanwhile. Look at it first."]
    assert statuses() == [("approved", 1000)]


WRONG = [
    pytest.param(
        "USD",
        "180.01",
        "$180 was paid, $0 of it is given back already or on its way: $180 is left, not $180.01.",
        id="too much",
    ),
    pytest.param("USD", "1.001", "Write an amount in USD such as 180.00.", id="too many decimals"),
    pytest.param("USD", "1,50", "Write an amount in USD such as 180.00.", id="a comma"),
    pytest.param("USD", "much", "Write an amount in USD such as 180.00.", id="no number"),
    pytest.param("USD", "Infinity", "Write an amount in USD such as 180.00.", id="without end"),
    pytest.param("USD", "0", "Give an amount above zero.", id="nothing"),
    pytest.param("USD", "-5", "Give an amount above zero.", id="below zero"),
    pytest.param("JPY", "0.5", "Write an amount in JPY such as 18000.", id="half a yen"),
    pytest.param("KWD", "1.0001", "Write an amount in KWD such as 18.000.", id="a tenth of a fils"),
]


@pytest.mark.parametrize(("currency", "amount", "words"), WRONG)
def test_a_bad_amount_is_refused_by_name_and_changes_nothing(desk, alice, currency, amount, words):
    order = make_purchase(alice, make_drop(1, currency=currency))
    page = f"{ORDERS}{order.pk}/refund/"
    answer = desk.post(page, form_of(desk, page) | {"amount": amount, "reason": "Lost."}, follow=True)
    assert escape(words) in answer.content.decode()
    assert (statuses(), money_of(order)) == ([], (0, 0, 0))


def test_without_a_reason_nothing_is_given_back(desk, order):
    page = f"{ORDERS}{order.pk}/refund/"
    assert "This field is required." in desk.post(page, form_of(desk, page) | {"reason": " "}).content.decode()
    assert statuses() == []


# -- Cancelling -----------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", ["yes", "no"])
@pytest.mark.parametrize("money", ["yes", "no"])
def test_an_order_is_cancelled_with_a_choice_for_its_pair_and_one_for_its_money(desk, order, pair, money):
    page, typed = f"{ORDERS}{order.pk}/cancel/", {"reason": "Sold by mistake.", "put_back": pair, "refund": money}
    for _ in range(2):
        assert said(desk.post(page, typed, follow=True)) == ["The order is cancelled."]
    send.sweep()
    assert counters(order.drop) == ((1, 0, 0) if pair == "yes" else (0, 0, 1))
    assert status_of(order) == ("refunded" if money == "yes" else "cancelled")


@pytest.mark.parametrize("missing", ["reason", "put_back", "refund"])
def test_neither_the_reason_nor_a_choice_has_a_default(desk, order, missing):
    typed = {"reason": "Sold by mistake.", "put_back": "no", "refund": "no"}
    del typed[missing]
    answer = desk.post(f"{ORDERS}{order.pk}/cancel/", typed)
    assert answer.context["form"].errors == {missing: ["This field is required."]}
    assert status_of(order) == "paid"


def test_the_pair_of_a_cancelled_order_is_put_back_later_once(desk, order):
    page = f"{ORDERS}{order.pk}/put_back/"
    assert said(desk.post(page, follow=True)) == ["The pair of this order is the shopper's."]
    typed = {"reason": "By mistake.", "put_back": "no", "refund": "no"}
    desk.post(f"{ORDERS}{order.pk}/cancel/", typed, follow=True)
    for _ in range(2):
        assert said(desk.post(page, follow=True)) == ["The pair is for sale again."]
    assert counters(order.drop) == (1, 0, 0)


def test_an_order_offers_what_can_be_done_with_it(desk, order):
    def offered():
        return [action["label"] for action in desk.get(f"{ORDERS}{order.pk}/change/").context["object_actions"]]

    assert offered() == ["Refund", "Cancel the order"]
    give(desk, order, reason="Lost.")
    assert offered() == ["Cancel the order"]
    desk.post(f"{ORDERS}{order.pk}/cancel/", {"reason": "Lost.", "put_back": "no", "refund": "no"})
    assert offered() == ["Put the pair back"]


def test_whoever_may_not_refund_is_refused_whatever_they_send(support, order, sign_in):
    desk = sign_in(support)
    typed = {"amount": "10", "reason": "Lost.", "n": "1", "put_back": "yes", "refund": "yes"}
    pages = [f"{ORDERS}{order.pk}/{what}/" for what in ("refund", "cancel", "put_back")]
    assert [desk.post(page, typed).status_code for page in pages] == [403] * 3
    assert (statuses(), status_of(order)) == ([], "paid")
    assert desk.get(f"{ORDERS}{order.pk}/change/").context["object_actions"] == []


# -- Approval -------------------------------------------------------------------------------------


@pytest.fixture
def waiting(desk, order, settings):
    settings.REFUND_APPROVAL_LIMIT = {"USD": 5000}
    give(desk, order, amount="100", reason="Lost.")
    return Refund.objects.get()


def test_a_refund_above_the_limit_is_found_among_those_that_wait_and_approved_by_somebody_else(
    desk, second_desk, order, waiting
):
    listed = second_desk.get(REFUNDS, {"status__exact": "waiting"}).context["cl"].result_list
    assert [thing.pk for thing in listed] == [waiting.pk]
    page = f"{REFUNDS}{waiting.pk}/approve/"
    assert said(desk.post(page, follow=True)) == ["Somebody else must approve this refund."]
    asking = second_desk.get(page).content.decode()
    assert [words for words in (f"Give $100 back for {order.number}?", "Asked for by ada: Lost.") if words not in asking] == []
    for _ in range(2):
        assert said(second_desk.post(page, follow=True)) == ["The refund is approved."]
    waiting.refresh_from_db()
    assert (waiting.status, waiting.by.username, waiting.approved_by.username) == ("approved", "ada", "ben")


def test_what_waits_is_called_off_and_the_buttons_go(desk, second_desk, order, waiting):
    def offered(by):
        return [action["label"] for action in by.get(f"{REFUNDS}{waiting.pk}/change/").context["object_actions"]]

    assert (offered(desk), offered(second_desk)) == (["Call off"], ["Approve", "Call off"])
    assert said(second_desk.post(f"{REFUNDS}{waiting.pk}/call_off/", follow=True)) == ["The refund is called off."]
    assert (offered(desk), offered(second_desk), money_of(order)) == ([], [], (0, 0, 0))


def test_refunds_and_chargebacks_are_found_by_order_reference_and_member_and_lead_to_the_order(desk, order, payment):
    reports.report_refund(payment, dollars(10), reference="re_1")
    reports.report_chargeback(payment, dollars(20), reference="dp_1")
    for kind, reference in (("refund", "re_1"), ("chargeback", "dp_1")):
        for words in (order.number, reference, "alice"):
            page = desk.get(f"/admin/reservations/{kind}/", {"q": words})
            assert page.context["cl"].result_count == 1
            assert f"{ORDERS}{order.pk}/change/" in page.content.decode()
    page = desk.get(f"{ORDERS}{order.pk}/change/").content.decode()
    assert "$10, and $20 charged back" in page


def test_nobody_writes_refunds_superusers_included(staff, order, payment, sign_in):
    reports.report_refund(payment, dollars(10), reference="re_1")
    desk, thing = sign_in(staff), Refund.objects.get()
    acts = [f"{REFUNDS}{thing.pk}/change/", f"{REFUNDS}{thing.pk}/delete/", f"{REFUNDS}add/"]
    assert [desk.post(act, {"amount": "1", "post": "yes"}).status_code for act in acts] == [403] * 3
    assert (statuses(), Payment.objects.get().refunded) == ([("sent", 1000)], 1000)
