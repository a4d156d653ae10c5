"""Filing and withdrawing purchase requests: by the API, once for each drop, until the drop starts."""

from datetime import timedelta

import pytest

from drops.models import Drop
from dropshop.core.clock import database_time
from reservations.models import PurchaseRequest, QueuePlace, RequestMove
from tests.make import ADDRESS, make_member, make_request, make_saved_method
from tests.reservations.requests.opening import coming_drop, open_now

pytestmark = pytest.mark.django_db
CALL = "/api/v1/purchase-requests"


@pytest.fixture
def browser(alice, sign_in):
    return sign_in(alice)


@pytest.fixture
def wish(alice):
    drop = coming_drop({"9": 1, "9.5": 1})
    method = make_saved_method(alice)
    return {"drop": drop.slug, "sizes": ["9.5", "9"], "address": ADDRESS, "payment_method": str(method.pk)}


def file(browser, wish, **changes):
    return browser.post(CALL, {**wish, **changes}, "application/json")


def test_a_request_is_filed_and_read_again(browser, wish):
    answer = file(browser, wish, latest_price={"amount": "200.00", "currency": "USD"})
    told = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, f"{CALL}/{told['id']}")
    assert (told["status"], told["sizes"], told["latest_price"]["amount"]) == ("entered", ["9.5", "9"], "200.00")
    assert told["address"] == ADDRESS
    assert browser.get(f"{CALL}/{told['id']}").json() == told
    assert browser.get(CALL).json()["results"] == [told]


def test_the_same_key_files_once(browser, wish):
    first, again = (browser.post(CALL, wish, "application/json", headers={"Idempotency-Key": "mine"}) for _ in range(2))
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 201, again.json()["id"])
    assert PurchaseRequest.objects.count() == 1


def test_a_second_request_for_the_drop_is_refused_and_names_the_first(browser, wish):
    first = file(browser, wish).json()
    answer = file(browser, wish, sizes=["9"])
    assert (answer.status_code, answer.json()["code"]) == (409, "already_requested")
    assert answer.json()["purchase_request"] == first["id"]
    assert PurchaseRequest.objects.get().sizes[0] == Drop.objects.get().sizes.get(label="9.5").pk


def test_after_the_start_nothing_is_filed_and_nothing_withdrawn(browser, alice, wish):
    drop = Drop.objects.get()
    request = make_request(alice, drop)
    open_now(drop)
    late = browser.delete(f"{CALL}/{request.pk}")
    assert (late.status_code, late.json()["code"]) == (409, "requests_closed")
    PurchaseRequest.objects.update(status="withdrawn")
    answer = file(browser, wish)
    assert (answer.status_code, answer.json()["code"]) == (409, "requests_closed")
    assert answer.json()["starts_at"]


def test_a_draw_is_entered_by_its_members_themselves(browser, wish):
    Drop.objects.update(mode="draw")
    answer = file(browser, wish)
    assert (answer.status_code, answer.json()["code"]) == (409, "enter_the_draw")
    assert "Enter it yourself" in answer.json()["detail"]


def test_a_drop_that_was_called_off_takes_no_requests(browser, wish):
    Drop.objects.update(called_off_at=database_time(), called_off_because="No parcel.")
    assert file(browser, wish).json()["code"] == "closed"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sizes": ["47"]}, "sizes"),
        ({"sizes": ["9", "9"]}, "sizes"),
        ({"sizes": []}, "sizes"),
        ({"payment_method": "test_ok"}, "payment_method"),
        ({"payment_method": "0190a3b2-0000-7000-8000-000000000000"}, "payment_method"),
        ({"latest_price": {"amount": "179.99", "currency": "USD"}}, "latest_price"),
        ({"latest_price": {"amount": "500.00", "currency": "EUR"}}, "latest_price"),
        ({"address": "0190a3b2-0000-7000-8000-000000000000"}, "address"),
        ({"address": {"name": "Alice", "pickup": 1}}, "address"),
        ({"price": 1}, "price"),
    ],
)
def test_bad_input_is_named_by_its_field_and_changes_nothing(browser, wish, changes, field):
    answer = file(browser, wish, **changes)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert [name.split(".")[0] for name in answer.json()["errors"]] == [field]
    assert not PurchaseRequest.objects.exists()


def test_anothers_card_and_anothers_request_are_not_there(browser, wish):
    bob = make_member("bob")
    answer = file(browser, wish, payment_method=str(make_saved_method(bob).pk))
    assert [*answer.json()["errors"]] == ["payment_method"]
    theirs = make_request(bob, Drop.objects.get())
    assert browser.get(f"{CALL}/{theirs.pk}").status_code == 404
    assert browser.delete(f"{CALL}/{theirs.pk}").status_code == 404
    theirs.refresh_from_db()
    assert theirs.status == "entered"


def test_a_request_is_withdrawn_and_another_may_be_filed(browser, wish):
    first = file(browser, wish).json()["id"]
    assert [browser.delete(f"{CALL}/{first}").status_code for _ in range(2)] == [204, 204]
    assert browser.get(f"{CALL}/{first}").json()["status"] == "withdrawn"
    assert [*RequestMove.objects.values_list("was", "to")] == [("entered", "withdrawn")]
    assert file(browser, wish).status_code == 201


def test_a_request_that_is_being_paid_is_not_withdrawn(browser, alice, wish):
    from reservations.requests.bell import decide_first_round

    drop = Drop.objects.get()
    request = make_request(alice, drop)
    open_now(drop)
    decide_first_round(drop.pk)
    answer = browser.delete(f"{CALL}/{request.pk}")
    assert (answer.status_code, answer.json()["request_status"]) == (409, "processing_payment")


@pytest.mark.parametrize("mode", ["first_come", "queue"])
def test_whoever_may_not_reserve_there_counts_for_nothing(browser, wish, mode):
    Drop.objects.update(min_karma=50, mode=mode)
    answer = file(browser, wish)
    assert (answer.status_code, answer.json()["missing"]) == (403, ["karma"])
    assert not PurchaseRequest.objects.exists()
    assert not QueuePlace.objects.exists()


def test_visitors_file_nothing(client, wish):
    assert client.post(CALL, wish, "application/json").status_code == 401


def test_the_address_is_forgotten_a_day_after_the_end(alice):
    from reservations.requests.forget import forget_addresses

    request = make_request(alice, coming_drop())
    assert forget_addresses(database_time() + timedelta(days=1)) == 0
    PurchaseRequest.objects.update(status="withdrawn")
    assert forget_addresses(database_time() + timedelta(days=1)) == 1
    request.refresh_from_db()
    assert request.address is None
