"""Whoever buys is answered by the desk as by the view, whatever the card; and no thread of pages takes part in it (M7)."""

import pytest

from reservations.holds import lifecycle
from reservations.models import Purchase, SavedMethod
from reservations.purchases.buy import buy
from tests.make import ADDRESS, lapse, make_drop, make_member, make_reservation, make_saved_method
from tests.reservations.desk.kinds import change_password, deactivate, drop_header, end_sessions, set_body, set_header
from tests.reservations.desk.ways import Request, seen, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]
PAID = {"address": ADDRESS, "payment_method": "test_ok"}
NOBODYS = "/api/v1/reservations/0b0b0b0b-0b0b-4b0b-8b0b-0b0b0b0b0b0b/purchase"


def order(by):
    """A request to buy the pair that its member holds."""
    request = Request(by, body=PAID)
    request.hold = make_reservation(request.member, request.drop, "9")
    request.path = f"/api/v1/reservations/{request.hold.pk}/purchase"
    return request


def both(by, prepare):
    """The answers of either way to a request of its own."""
    answers = []
    for doors in (True, False):
        request = order(by)
        prepare(request)
        answers.append(send(request, doors=doors))
        answers[-1].sales = Purchase.objects.filter(drop=request.drop).count()
    return answers


def bought(request):
    buy(request.hold.pk, member=request.member, address=ADDRESS, payment_method="test_ok")


def pay_by_saved_card(request):
    request.body = PAID | {"payment_method": str(make_saved_method(request.member).pk)}


def pay_by_card_of_another(request):
    request.body = PAID | {"payment_method": str(make_saved_method(make_member()).pk)}


def pay_by_removed_card(request):
    pay_by_saved_card(request)
    SavedMethod.objects.all().delete()


def buy_and_remove_the_card(request):
    bought(request)
    pay_by_removed_card(request)


PLAIN = {
    "a pair": (201, lambda request: None),
    "a saved card": (201, pay_by_saved_card),
    "a saved card of somebody else": (400, pay_by_card_of_another),
    "a saved card that was removed": (400, pay_by_removed_card),
    "a pair that is theirs, by a card that was removed": (200, buy_and_remove_the_card),
    "a bank that is slow": (201, set_body(PAID | {"payment_method": "test_slow"})),
    "a bank that is silent": (402, set_body(PAID | {"payment_method": "test_timeout"})),
    "a pair that is theirs": (200, bought),
    "a card that is declined": (402, set_body(PAID | {"payment_method": "test_declined"})),
    "a card that wants to be confirmed": (402, set_body(PAID | {"payment_method": "test_confirm"})),
    "a hold that has lapsed": (410, lambda request: lapse(request.hold)),
    "a hold that was given back": (409, lambda request: lifecycle.cancel(request.hold.pk, member=request.member)),
    "another total": (409, set_body(PAID | {"total": {"amount": "1.00", "currency": "USD"}})),
}


@pytest.mark.parametrize("by", ["cookie", "token", "pass"])
@pytest.mark.parametrize("case", PLAIN)
def test_the_desk_sells_as_the_view_does(by, case, settings):
    """No request of the desk comes to the pages; its control: that of the view does."""
    settings.PAYMENT_TIMEOUT = 0.05
    status, prepare = PLAIN[case]
    desk, view = both(by, prepare)
    assert (desk.status, desk.by_desk, view.by_desk) == (status, True, False)
    assert seen(desk) == seen(view)
    assert desk.sales == view.sales == (status in (200, 201))


UNUSUAL = {
    "signed out": (401, end_sessions),
    "shut out": (401, deactivate),
    "another password": (401, change_password),
    "somebody else's hold": (404, lambda request: setattr(request, "path", anothers())),
    "no hold": (404, lambda request: setattr(request, "path", NOBODYS)),
    "no address": (400, set_body({"payment_method": "test_ok"})),
    "no card": (400, set_body({"address": ADDRESS})),
    "an unknown field": (400, set_body(PAID | {"colour": "red"})),
    "no JSON": (400, set_body(b"{")),
    "a list": (400, set_body([PAID])),
    "a NUL in it": (400, set_body(PAID | {"address": ADDRESS | {"city": "\0"}})),
    "a form": (415, set_header("content-type", "application/x-www-form-urlencoded")),
}


def anothers():
    return f"/api/v1/reservations/{make_reservation(make_member(), make_drop(1)).pk}/purchase"


@pytest.mark.parametrize("by", ["cookie", "token"])
@pytest.mark.parametrize("case", UNUSUAL)
def test_whatever_is_unusual_is_left_to_the_view(by, case):
    status, prepare = UNUSUAL[case]
    desk, view = both(by, prepare)
    assert (desk.status, desk.by_desk) == (status, False)
    assert seen(desk) == seen(view)
    assert Purchase.objects.count() == 0


def test_by_cookie_another_site_buys_nothing():
    for spoil in (drop_header("x-csrftoken"), set_header("origin", "https://evil.example")):
        desk, view = both("cookie", spoil)
        assert (desk.status, desk.by_desk, desk.sales) == (403, False, 0)
        assert seen(desk) == seen(view)


@pytest.mark.parametrize("by", ["cookie", "token"])
def test_whoever_asks_too_often_is_told_alike_and_whoever_has_bought_is_not_refused(by, settings):
    settings.LIMITS = settings.LIMITS | {"purchase": {"member": "1/1h", "address": "600/10s"}}
    told = []
    for doors in (True, False):
        request = order(by)
        told.append([send(request, doors=doors)])
        told[-1].append(send(request, doors=doors))
        request.path = f"/api/v1/reservations/{make_reservation(request.member, make_drop(1)).pk}/purchase"
        told[-1].append(send(request, doors=doors))
    assert [answer.status for answer in told[0]] == [201, 200, 429]
    assert [answer.by_desk for answer in told[0]] == [True] * 3
    assert [seen(answer)[0] for answer in told[1]] == [201, 200, 429]
