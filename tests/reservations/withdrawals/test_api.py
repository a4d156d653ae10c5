"""Withdrawing by the API."""

from uuid import uuid4

import pytest

from dropshop.core.outbox.models import Email
from reservations.models import Purchase, Withdrawal

pytestmark = pytest.mark.django_db


def test_it_is_made_once_and_told_again(order, alice, as_member):
    caller = as_member(alice)
    first, again = (caller.post(f"purchases/{order.pk}/withdraw") for _ in range(2))
    made = Withdrawal.objects.get()
    assert (first.status_code, again.status_code, first.json()) == (201, 200, again.json())
    facts = first.json()["withdrawal"]
    assert sorted(facts) == ["created_at", "deadline", "id", "purchase", "status"]
    assert (facts["id"], facts["purchase"], facts["status"]) == (str(made.pk), str(order.pk), "pair_back")
    assert first["Location"] == f"/api/v1/purchases/{order.pk}"
    assert caller.get(f"purchases/{order.pk}").json()["status"] == "cancelled"
    assert (made.name, made.email, made.signed_in) == ("Alice Ångström", alice.email, True)


def test_the_same_key_gives_the_same_answer(order, alice, as_member):
    caller = as_member(alice)
    answers = [caller.post(f"purchases/{order.pk}/withdraw", Idempotency_Key="once") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Email.objects.filter(kind="withdrawal_received").count() == 1


@pytest.mark.parametrize("body", [{"reason": "Too small"}, [1]], ids=["a reason", "a list"])
def test_no_reason_is_asked_and_none_is_taken(order, alice, as_member, body):
    answer = as_member(alice).post(f"purchases/{order.pk}/withdraw", body)
    assert (answer.status_code, answer.json()["code"], Withdrawal.objects.count()) == (400, "invalid", 0)


def test_only_its_member_withdraws(order, alice, bob, as_member, call):
    answers = [
        call.post(f"purchases/{order.pk}/withdraw"),
        as_member(bob).post(f"purchases/{order.pk}/withdraw"),
        as_member(alice).post(f"purchases/{uuid4()}/withdraw"),
        as_member(alice).get(f"purchases/{order.pk}/withdraw"),
    ]
    assert [answer.json()["code"] for answer in answers] == [
        "not_authenticated",
        "not_found",
        "not_found",
        "method_not_allowed",
    ]
    assert Withdrawal.objects.count() == 0


@pytest.mark.parametrize("status", ["cancelled", "refunded"])
def test_what_has_ended_is_refused_by_name(order, alice, as_member, status):
    Purchase.objects.update(status=status)
    answer = as_member(alice).post(f"purchases/{order.pk}/withdraw")
    assert (answer.status_code, answer.json()["code"]) == (409, "order_ended")
    assert answer.json()["purchase_status"] == status


def test_too_late_says_until_when(order, alice, as_member, delivered):
    delivered(order, "2026-01-05 12:00")
    answer = as_member(alice).post(f"purchases/{order.pk}/withdraw")
    assert (answer.status_code, answer.json()["code"]) == (409, "withdrawal_closed")
    assert answer.json()["withdrawal_until"] == "2026-01-19T23:59:59.999999Z"


def test_where_the_law_does_not_apply_there_is_no_such_call(order, alice, as_member, settings):
    settings.WITHDRAWAL_DAYS = 0
    answer = as_member(alice).post(f"purchases/{order.pk}/withdraw")
    assert (answer.status_code, answer.json()["code"], Withdrawal.objects.count()) == (404, "not_found", 0)
