"""The pages of purchase requests."""

import pytest

from reservations.models import PurchaseRequest, SavedAddress
from tests.make import ADDRESS, make_member, make_request, make_saved_method
from tests.reservations.draws.making import enter, make_draw_drop
from tests.reservations.requests.opening import coming_drop, open_now, to_the_end

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(alice, sign_in):
    return sign_in(alice)


def test_a_request_is_filed_by_the_form_once_however_often_it_is_sent(browser, alice):
    drop = coming_drop({"9": 1, "10": 1})
    SavedAddress.objects.create(member=alice, lines=ADDRESS, is_default=True)
    method = make_saved_method(alice)
    page = f"/drops/{drop.slug}/request/"
    form = browser.get(page).context["form"]
    sent = {
        "size_1": "10",
        "size_2": "9",
        "latest_price": "200",
        "address": form.fields["address"].choices[0][0],
        "payment_method": str(method.pk),
        "key": form.initial["key"],
    }
    assert [browser.post(page, sent).status_code for _ in range(2)] == [302, 302]
    request = PurchaseRequest.objects.get()
    assert (request.latest_price, [drop.sizes.get(pk=pk).label for pk in request.sizes]) == (20000, ["10", "9"])
    assert "10, then 9" in browser.get("/requests/").content.decode()
    wrong = browser.post(page, {**sent, "latest_price": "cheap", "key": "another"})
    assert (wrong.status_code, wrong.context["form"].errors["latest_price"]) == (400, ["Write an amount in USD."])


def test_whoever_lacks_an_address_or_a_card_is_shown_the_way(browser):
    drop = coming_drop()
    page = browser.get(f"/drops/{drop.slug}/request/").content.decode()
    assert "Save an address" in page
    assert "Save a card" in page


def test_the_list_says_where_each_stands_and_withdraws(browser, alice):
    request = make_request(alice, coming_drop())
    assert "We ask for it when the drop opens." in browser.get("/requests/").content.decode()
    assert browser.post(f"/requests/{request.pk}/withdrawal/").status_code == 302
    page = browser.get("/requests/").content.decode()
    assert "<b>Withdrawn</b>" in page
    assert "Withdraw the request" not in page


def test_the_list_says_why_there_is_no_pair(browser, alice):
    drop = coming_drop({"9": 1})
    make_request(alice, drop)
    drop.price += 1
    drop.save()
    open_now(drop)
    to_the_end(drop)
    assert "The pair costs more than your latest price. You were not charged." in browser.get("/requests/").content.decode()


def test_the_list_asks_as_much_for_three_as_for_one(browser, alice, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def asked():
        with CaptureQueriesContext(connection) as statements:
            assert browser.get("/requests/").status_code == 200
        return len(statements)

    browser.get("/requests/")
    make_request(alice, coming_drop())
    one = asked()
    for _ in range(2):
        make_request(alice, coming_drop())
    assert asked() == one


def test_anothers_request_is_not_there(browser):
    request = make_request(make_member(), coming_drop())
    assert browser.post(f"/requests/{request.pk}/withdrawal/").status_code == 404


def test_an_upcoming_drop_leads_to_the_form(browser):
    drop = coming_drop()
    assert f"/drops/{drop.slug}/request/" in browser.get(drop.get_absolute_url()).content.decode()


def test_entries_in_draws_stand_beside_the_requests(browser, alice):
    drop = make_draw_drop({"9": 1, "10": 1})
    page = browser.get("/requests/").content.decode()
    assert "In draws" not in page
    enter(alice, drop, "10", "9")
    assert "10, then 9" in browser.get("/requests/").content.decode()
    (told,) = browser.get("/api/v1/purchase-requests").json()["entries"]
    assert (told["title"], told["state"], told["sizes"], told["rank"]) == (drop.title, "entered", ["10", "9"], None)
