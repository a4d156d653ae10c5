"""What the database refused because of somebody else is tried again, a bounded number of times, and then called busy."""

import psycopg.errors
import pytest
from django.db import OperationalError, transaction
from psycopg_pool import PoolTimeout

from dropshop.core.errors import ConcurrentUpdate
from dropshop.core.live import publish_on_commit, publisher
from dropshop.core.transactions import after_commit, retrying

pytestmark = pytest.mark.django_db(transaction=True)

REFUSALS = {
    "deadlock": psycopg.errors.DeadlockDetected,
    "serialization": psycopg.errors.SerializationFailure,
    "lock timeout": psycopg.errors.LockNotAvailable,
}


def refused_by(cause, times):
    """A deed that the database refuses so often, and the list of its attempts."""
    attempts = []

    @retrying
    def deed():
        attempts.append(1)
        if len(attempts) <= times:
            raise OperationalError("refused") from cause()
        return "done"

    return deed, attempts


@pytest.mark.parametrize(("why", "times"), [("deadlock", 4), ("serialization", 4), ("lock timeout", 1)])
def test_a_refusal_that_passes_is_never_seen(why, times):
    deed, attempts = refused_by(REFUSALS[why], times)
    assert (deed(), len(attempts)) == ("done", times + 1)


@pytest.mark.parametrize(("why", "attempts_made"), [("deadlock", 5), ("serialization", 5), ("lock timeout", 2)])
def test_a_refusal_that_stays_is_called_busy_after_a_bounded_number_of_attempts(why, attempts_made):
    deed, attempts = refused_by(REFUSALS[why], 99)
    with pytest.raises(ConcurrentUpdate) as busy:
        deed()
    assert len(attempts) == attempts_made
    assert (busy.value.status, busy.value.retry_after) == (409, 1)


def test_a_database_that_is_away_is_not_asked_again():
    deed, attempts = refused_by(PoolTimeout, 1)
    with pytest.raises(OperationalError):
        deed()
    assert len(attempts) == 1


def test_a_connection_that_is_lost_in_the_middle_is_replaced_once():
    deed, attempts = refused_by(psycopg.OperationalError, 1)
    assert (deed(), len(attempts)) == ("done", 2)
    deed, attempts = refused_by(psycopg.OperationalError, 2)
    with pytest.raises(OperationalError):
        deed()
    assert len(attempts) == 2


def test_a_part_of_somebodys_transaction_is_not_run_again_by_itself():
    deed, attempts = refused_by(REFUSALS["deadlock"], 1)
    with pytest.raises(OperationalError), transaction.atomic():
        deed()
    assert len(attempts) == 1


def failing(*_):
    raise OSError


def test_what_fails_after_a_commit_is_logged_and_keeps_neither_the_deed_nor_what_follows_it_back(monkeypatch, caplog):
    """Django logs a robust callback by a name that partials lack, and fails at that."""
    monkeypatch.setattr(publisher, "publish", failing)
    done = []
    with transaction.atomic():
        after_commit(failing, "a file")
        publish_on_commit({"type": "feed-item"})
        after_commit(done.append, "what follows")
    assert done == ["what follows"]
    assert [record.exc_info[0] for record in caplog.records] == [OSError, OSError]
