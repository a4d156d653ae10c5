"""While a purchase is under way its Idempotency-Key is for it alone, by whichever ways others come, and whoever dies (H8)."""

import threading

import pytest
from django.db import connection, transaction

from reservations.idempotency import key_batch, keys
from reservations.models import IdempotencyKey, Payment, Purchase
from reservations.payments.errors import PaymentDeclined
from reservations.purchases.attempts import PurchaseAttempt
from reservations.purchases.begin import begin_each
from reservations.purchases.buy import ask
from tests.harness.patience import PATIENCE
from tests.make import lapse
from tests.races.crowd import at_once, wait_for_lock_queue
from tests.reservations.desk.keyed_buying import OTHER, PAID, card, elsewhere, key_of, keyed, past_the_desk, twin
from tests.reservations.desk.ways import send, send_all
from tests.reservations.till import asked_again, books, order

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


@pytest.fixture(autouse=True)
def quick(settings):
    settings.PAYMENT_TIMEOUT = 0.05  # seconds of a slow bank


@pytest.mark.parametrize("token", ["test_ok", "test_slow"])
@pytest.mark.parametrize("mixed", [False, True], ids=["at the desk", "by both ways"])
def test_the_same_at_once_on_several_connections_is_one_sale_with_one_answer(token, mixed):
    request = keyed(body=card(token))
    doubled = [past_the_desk(twin(request, client=f"203.0.113.{200 + n}")) for n in range(2)] if mixed else [request] * 2
    answers = send_all([request, *doubled, request], doors=True)
    assert [answer.by_desk for answer in answers] == [True, not mixed, not mixed, True]
    assert [answer.status for answer in answers] == [201] * 4
    assert {answer.body["purchase"]["id"] for answer in answers} == {str(Purchase.objects.get().pk)}
    assert books(request.hold) == [("captured", "captured", 18000)]
    assert IdempotencyKey.objects.get().status == 201


@pytest.mark.parametrize("token", ["test_ok", "test_slow"])
@pytest.mark.parametrize("mixed", [False, True], ids=["at the desk", "by both ways"])
def test_of_two_requests_at_once_under_one_key_one_is_served_and_the_other_refused(token, mixed):
    request = keyed(body=card(token))
    other = elsewhere(request)
    answers = send_all([request, past_the_desk(twin(other, client="203.0.113.200")) if mixed else other], doors=True)
    assert sorted(answer.status for answer in answers) == [201, 422]
    assert Purchase.objects.count() == Payment.objects.count() == 1


def test_without_the_claim_both_would_be_served(monkeypatch):
    """The control: the key is written down with the sale alone, as it once was."""
    monkeypatch.setattr(key_batch.KeyBatch, "claim", lambda *given: None)
    request = keyed(body=card("test_slow"))
    answers = send_all([request, past_the_desk(twin(elsewhere(request), client="203.0.113.200"))], doors=True)
    assert [answer.status for answer in answers] == [201, 201]


@pytest.mark.parametrize("doors", [True, False])
@pytest.mark.parametrize(("token", "code"), [("test_timeout", "payment_unanswered"), ("test_confirm", "confirmation_required")])
def test_while_a_sale_may_still_come_the_key_is_kept_for_it(doors, token, code):
    request = keyed(body=card(token))
    first, other = send(request, doors=doors), send(twin(request, body=PAID), doors=doors)
    assert (first.status, first.body["code"], other.status) == (402, code, 422)
    assert send(elsewhere(request), doors=doors).status == 422
    again = send(request, doors=doors)
    assert again.status == (201 if token == "test_timeout" else 402)
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("doors", [True, False])
@pytest.mark.parametrize("swept", [False, True])
def test_a_process_that_died_between_the_banks_yes_and_the_sale_leaves_the_key_to_whoever_sends_the_same_again(doors, swept):
    request = keyed()
    attempt = PurchaseAttempt(order(request.hold), key=key_of(request))
    begin_each([attempt])
    ask(attempt)
    assert send(twin(request, body=OTHER), doors=doors).status == 422
    if swept:
        assert asked_again(attempt.payment).created
    answers = [send(request, doors=doors) for _ in range(2)]
    assert [answer.status for answer in answers] == [200 if swept else 201] * 2, "told alike, by whom it was sold"
    assert send(twin(request, body=OTHER), doors=doors).status == 422
    assert books(request.hold) == [("captured", "captured", 18000)]


def test_what_lapsed_after_such_a_death_frees_the_key():
    for doors in (True, False):
        request = keyed()
        begin_each([attempt := PurchaseAttempt(order(request.hold), key=key_of(request))])
        lapse(request.hold)
        with pytest.raises(PaymentDeclined, match="never heard"):
            asked_again(attempt.payment)
        assert send(request, doors=doors).status == 410
        assert not IdempotencyKey.objects.filter(member=request.member).exists()


def test_where_another_transaction_is_at_work_under_the_key_the_view_waits_for_it():
    request, has_begun = keyed(), threading.Event()

    @transaction.atomic
    def work():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        keys.begin(keys.key_for(request.member.pk, "k", "another request"))
        has_begun.set()
        wait_for_lock_queue()
        transaction.set_rollback(True)

    def come():
        assert has_begun.wait(PATIENCE)
        return send(request, doors=True)

    answer = at_once([work, come])[1]
    assert (answer.status, answer.by_desk) == (201, False)


def test_whoever_never_gets_the_key_is_told_to_try_again(monkeypatch):
    monkeypatch.setattr(key_batch, "CLAIM", "SELECT lock_id FROM unnest(%(lock_ids)s::bigint[]) AS lock_id WHERE false")
    answer = send(keyed(), doors=True)
    assert (answer.status, answer.body["code"], answer.by_desk) == (409, "concurrent_update", False)
    assert not Payment.objects.exists()
