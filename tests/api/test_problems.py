import pytest
from django.db import InternalError
from psycopg.errors import IdleInTransactionSessionTimeout, InternalError_

from dropshop.core.errors import translate


@pytest.mark.parametrize(("cause", "code"), [(IdleInTransactionSessionTimeout(), "busy"), (InternalError_(), None)])
def test_a_process_that_froze_in_a_transaction_says_busy_and_a_bug_stays_a_bug(cause, code):
    error = InternalError("terminating connection due to idle-in-transaction timeout")
    error.__cause__ = cause
    assert getattr(translate(error), "code", None) == code
