"""H8: the same key and body has one effect and one answer; another body is refused; a refusal keeps no key."""

import pytest
from django.db import transaction

from dropshop.core.errors import IdempotencyMismatch, Invalid
from reservations.idempotency.keys import StoredResponse, begin, key_of, recall, remember, run_once
from reservations.models import IdempotencyKey
from tests.make import make_drop, make_reservation

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(alice):
    return key_of(alice, "abc", "POST", "/api/v1/drops/1/reserve", b'{"size": "9"}')


def never():
    raise AssertionError("This must not run again.")


def test_the_second_time_gives_the_first_answer_and_runs_nothing(key):
    first = run_once(key, lambda: StoredResponse(201, {"id": "7"}))
    assert run_once(key, never) == first == recall(key) == StoredResponse(201, {"id": "7"})


def test_an_answer_without_a_body_is_remembered_too(key):
    run_once(key, lambda: StoredResponse(204))
    assert run_once(key, never) == StoredResponse(204, None)


def test_without_a_key_everything_runs(alice):
    ran = []
    for _ in range(2):
        run_once(key_of(alice, None, "x"), lambda: ran.append(1) or StoredResponse(200))
    assert (ran, IdempotencyKey.objects.count()) == ([1, 1], 0)
    assert key_of(alice, "", "x") is None


def test_the_same_key_with_another_body_path_or_method_is_refused(alice, key):
    run_once(key, lambda: StoredResponse(201))
    for said in (
        ("POST", "/api/v1/drops/1/reserve", b'{"size": "10"}'),
        ("POST", "/api/v1/drops/2/reserve", b'{"size": "9"}'),
        ("DELETE", "/api/v1/drops/1/reserve", b'{"size": "9"}'),
        ("POST/api/v1/drops/1/reserve", "", b'{"size": "9"}'),
    ):
        with pytest.raises(IdempotencyMismatch) as refused:
            run_once(key_of(alice, "abc", *said), never)
        assert (refused.value.code, refused.value.status) == ("idempotency_mismatch", 422)


def test_members_do_not_meet_on_a_key_and_neither_do_strangers(alice, bob):
    for member in (alice, bob, None):
        assert run_once(key_of(member, "abc", "x"), lambda member=member: StoredResponse(200, str(member))).body == str(member)
    assert run_once(key_of(None, "abc", "x"), never).body == "None"


def test_what_was_refused_may_be_tried_again_with_the_same_key(key):
    def refuses():
        raise Invalid("No.")

    for _ in range(2):
        with pytest.raises(Invalid):
            run_once(key, refuses)
    assert not IdempotencyKey.objects.exists()
    assert run_once(key, lambda: StoredResponse(201)).status == 201


@pytest.mark.django_db(transaction=True)
def test_key_and_effect_commit_together_or_not_at_all(alice, key):
    drop = make_drop(1)

    def holds_then_fails():
        make_reservation(alice, drop)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_once(key, holds_then_fails)
    assert not IdempotencyKey.objects.exists()
    assert not alice.reservations.exists()


@transaction.atomic
def test_a_key_that_was_claimed_and_whose_process_died_may_be_begun_again(alice, key):
    begin(key)
    assert recall(key) is None, "begun, and nothing answered yet"
    begin(key)
    with pytest.raises(IdempotencyMismatch):
        begin(key_of(alice, "abc", "another request"))
    remember(key, StoredResponse(201, {"id": "7"}))
    assert recall(key) == StoredResponse(201, {"id": "7"})
    assert run_once(key, never) == StoredResponse(201, {"id": "7"})


def test_no_key_is_begun_or_remembered_where_there_is_none():
    begin(None)
    remember(None, StoredResponse(200))
    assert recall(None) is None
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("text", ["x" * 201, "a\nb", "a\x00b", "\x7f"])
def test_an_unusable_key_is_refused(alice, text):
    with pytest.raises(Invalid) as refused:
        key_of(alice, text, "x")
    assert list(refused.value.facts["errors"]) == ["Idempotency-Key"]
