"""The keys of a batch: claimed without waiting, read afterwards, stored with what was done."""

import threading

import pytest
from django.db import connection, transaction

from drops.models import Drop
from dropshop.core.errors import IdempotencyMismatch
from dropshop.machine.processes import wait_until
from reservations.holds import reserve
from reservations.holds.reserve import GrantedHold, HoldRequest, grant
from reservations.idempotency import key_batch
from reservations.idempotency.key_batch import AT_WORK, KeyBatch, UsedMeanwhile, complete_each, free_each, recall_each
from reservations.idempotency.keys import StoredResponse, begin, key_for, run_once, wait_for
from reservations.models import IdempotencyKey, Reservation
from tests.harness.patience import PATIENCE
from tests.make import make_drop
from tests.races.crowd import at_once, lock_queue, wait_for_lock_queue

pytestmark = pytest.mark.django_db(transaction=True)


def key_of(member, said="reserve", name="k"):
    return key_for(member.pk, name, said)


def claim(member, drop, key=None):
    return HoldRequest(member.pk, drop.sizes.get().pk, key=key)


def patient(act):
    """The act, which may take its time on a busy machine: no time-out of PostgreSQL ends it."""

    def acts():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0")
        return act()

    return acts


def test_what_is_granted_is_kept_with_it_and_told_again(alice):
    drop = make_drop(2)
    asked = claim(alice, drop, key_of(alice))
    (first,), (again,) = grant(drop.pk, [asked]), grant(drop.pk, [asked])
    assert isinstance(first, GrantedHold)
    assert again == first.kept == recall_each([asked.key])[asked.key]
    assert first.kept.body["reservation"]["id"] == str(drop.reservations.get().pk)


def test_key_and_hold_commit_together_or_not_at_all(alice, monkeypatch):
    drop = make_drop(2)

    def fails(claims):
        raise ZeroDivisionError

    monkeypatch.setattr(reserve, "publish_created", fails)
    with pytest.raises(ZeroDivisionError):
        grant(drop.pk, [claim(alice, drop, key_of(alice))])
    assert (Reservation.objects.count(), IdempotencyKey.objects.count()) == (0, 0)


def test_in_one_batch_a_twin_is_told_the_same_and_another_request_refused(alice, bob):
    drop = make_drop(5)
    batch = [claim(alice, drop, key_of(alice, said)) for said in ("one", "one", "another")] + [claim(bob, drop, key_of(bob))]
    first, twin, other, bobs = grant(drop.pk, batch)
    assert twin == first.kept
    assert isinstance(other, IdempotencyMismatch)
    assert isinstance(bobs, GrantedHold)
    assert IdempotencyKey.objects.count() == 2


def test_what_was_kept_is_told_though_the_drop_is_no_longer_open(alice, bob):
    drop = make_drop(2)
    asked = claim(alice, drop, key_of(alice))
    grant(drop.pk, [asked])
    Drop.objects.update(published=False)
    again, refused = grant(drop.pk, [asked, claim(bob, drop, key_of(bob))])
    assert (again.status, refused.code) == (201, "not_found")


def test_a_key_that_comes_to_be_used_after_all_undoes_the_batch(alice):
    """As by a purchase whose claim was forgotten, long after: it writes its key down without the lock."""
    key = key_of(alice)

    @transaction.atomic
    def overtaken():
        batch = KeyBatch([key])
        assert batch.recall(key) is None
        complete_each({key_of(alice, "a purchase"): StoredResponse(201, {})})
        batch.remember(key, StoredResponse(201, {}))
        batch.store()

    with pytest.raises(UsedMeanwhile):
        overtaken()
    assert not IdempotencyKey.objects.exists()


def meet(alice, bob, drop):
    """A batch of two while another transaction, which comes to nothing, is at work under the key of one of them: what each was
    told, and whether the batch has waited for the other."""
    key, has_begun, is_decided = key_of(alice), threading.Event(), threading.Event()

    @transaction.atomic
    def work():
        begin(key)
        has_begun.set()
        wait_until(lambda: is_decided.is_set() or lock_queue() > 0, PATIENCE, every=0.01)
        transaction.set_rollback(True)
        return not is_decided.is_set()

    def decide():
        assert has_begun.wait(PATIENCE)
        answers = grant(drop.pk, [claim(alice, drop, key), claim(bob, drop)])
        is_decided.set()
        return answers

    has_waited, answers = at_once([patient(work), patient(decide)])
    return answers, has_waited


def test_a_batch_waits_for_nobody_who_is_at_work_under_one_of_its_keys(alice, bob):
    drop = make_drop(2)
    (alices, bobs), has_waited = meet(alice, bob, drop)
    assert alices is AT_WORK
    assert isinstance(bobs, GrantedHold)
    assert not has_waited
    assert not drop.reservations.filter(member=alice).exists()


def test_without_the_claims_a_batch_would_wait_for_the_other(alice, bob, monkeypatch):
    """The control: everybody of the batch waits until the other is done."""
    monkeypatch.setattr(key_batch, "CLAIM", "SELECT lock_id FROM unnest(%(lock_ids)s::bigint[]) AS lock_id")
    answers, has_waited = meet(alice, bob, make_drop(2))
    assert has_waited
    assert all(isinstance(answer, GrantedHold) for answer in answers)


def test_whoever_asks_alone_waits_for_a_batch_and_is_told_what_that_answered(alice):
    key, claimed = key_of(alice), threading.Event()

    def batch():
        with transaction.atomic():
            keys = KeyBatch([key])
            assert keys.recall(key) is None
            keys.remember(key, StoredResponse(201, {"id": "7"}))
            claimed.set()
            wait_for_lock_queue()
            keys.store()

    def alone():
        assert claimed.wait(PATIENCE)
        return run_once(key, lambda: StoredResponse(500))

    assert at_once([patient(batch), patient(alone)])[1] == StoredResponse(201, {"id": "7"})


def test_whoever_waits_for_a_key_that_a_batch_is_at_work_under_finds_what_that_has_stored(alice):
    key, claimed = key_of(alice), threading.Event()

    def batch():
        with transaction.atomic():
            keys = KeyBatch([key])
            keys.remember(key, StoredResponse(201, {}))
            claimed.set()
            wait_for_lock_queue()
            keys.store()

    def waits():
        assert claimed.wait(PATIENCE)
        wait_for(key)
        return recall_each([key])[key]

    assert at_once([patient(batch), patient(waits)])[1] == StoredResponse(201, {})


@transaction.atomic
def in_a_batch(key, do):
    """What the batch knows of the key, and then does about it."""
    keys = KeyBatch([key])
    known = keys.recall(key)
    do(keys, key)
    keys.store()
    return known


def claims(keys, key):
    keys.claim(key)


def answers(keys, key):
    keys.remember(key, StoredResponse(201, {"id": "7"}))


def test_what_is_claimed_is_kept_from_other_requests_until_it_is_completed_or_freed(alice):
    key, other = key_of(alice), key_of(alice, "another")
    assert [in_a_batch(key, claims) for _ in range(2)] == [None, None], "the same request goes on"
    assert isinstance(in_a_batch(other, lambda *_: None), IdempotencyMismatch)
    in_a_batch(key, KeyBatch.free)
    assert in_a_batch(other, claims) is None
    assert isinstance(in_a_batch(key, lambda *_: None), IdempotencyMismatch)
    free_each([key])
    assert isinstance(in_a_batch(key, lambda *_: None), IdempotencyMismatch), "another's claim is not freed"
    in_a_batch(other, answers)
    free_each([other])
    assert in_a_batch(other, lambda *_: None) == StoredResponse(201, {"id": "7"}), "and no answer is"


def test_in_one_batch_a_claim_is_kept_from_another_request(alice):
    key, other = key_of(alice), key_of(alice, "another")
    with transaction.atomic():
        keys = KeyBatch([key, other])
        keys.claim(key)
        assert keys.recall(key) is None
        assert isinstance(keys.recall(other), IdempotencyMismatch)


def test_an_answer_is_completed_once_and_whoever_comes_second_learns_the_first(alice):
    key = key_of(alice)
    in_a_batch(key, claims)
    first, second = StoredResponse(201, {"id": "7"}), StoredResponse(200, {"id": "7"})
    assert complete_each({key: first}) == {key: first}
    assert complete_each({key: second}) == {key: first}
    assert complete_each({key_of(alice, "another"): second}) == {}
    assert complete_each({}) == {}
