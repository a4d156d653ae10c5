"""What the database refused because of somebody else is tried again, a bounded number of times, and then called busy."""

import psycopg.errors
import pytest
from django.db import OperationalError, transaction

from dropshop.errors import ConcurrentUpdate
from dropshop.transactions import retrying

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
    deed, attempts = refused_by(psycopg.OperationalError, 1)
    with pytest.raises(OperationalError):
        deed()
    assert len(attempts) == 1


def test_a_part_of_somebodys_transaction_is_not_run_again_by_itself():
    deed, attempts = refused_by(REFUSALS["deadlock"], 1)
    with pytest.raises(OperationalError), transaction.atomic():
        deed()
    assert len(attempts) == 1
