"""Acceptance 57 in its numbers: 10,000 unsettled payments and 200 refused captures at a bank that says nothing."""

import itertools
from functools import partial

import pytest
from django.db import connection

from dropshop.core import sweeps
from reservations.models import Payment
from reservations.payments import due
from tests.make import make_drop, make_member, make_reservation
from tests.races.crowd import at_once
from tests.reservations.till import begin

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard"), pytest.mark.thorough]
UNSETTLED, REFUSED = 10_000, 200
LOOKS = 400  # of two sweeps at once, before their 20 seconds are over
ROUNDS = 5

COPIES = """
WITH holds AS (
    INSERT INTO reservations_reservation
           (id, drop_id, size_id, member_id, status, price, currency, created_at, expires_at, extensions, ended_at)
    SELECT gen_random_uuid(), drop_id, size_id, member_id, 'expired', price, currency, created_at - interval '1 hour',
           expires_at - interval '1 hour', 0, created_at
      FROM reservations_reservation, generate_series(1, %(count)s) WHERE id = %(hold)s
    RETURNING id, created_at
)
INSERT INTO reservations_payment
       (id, reservation_id, method, amount, currency, address, status, authorisation, note, created_at, asked)
SELECT gen_random_uuid(), holds.id, method, amount, currency, address, %(status)s, '', '',
       holds.created_at + %(begun)s * interval '1 minute' * CASE %(begun)s WHEN 59 THEN 1 ELSE random() END, true
  FROM holds, reservations_payment AS payment WHERE payment.reservation_id = %(hold)s
RETURNING id
"""


def unsettled(hold, count, status="started", *, begun=50):
    """Payments of the last hour: of its first 50 minutes, or of a minute ago (`begun=59`)."""
    with connection.cursor() as cursor:
        cursor.execute(COPIES, {"hold": hold.pk, "count": count, "status": status, "begun": begun})
        return {pk for (pk,) in cursor.fetchall()}


@pytest.fixture
def hold():
    """One whose payment the bank was asked about, and whose time is not over."""
    hold = make_reservation(make_member(), make_drop(1))
    begin(hold)
    Payment.objects.update(asked=True)
    return hold


def test_acceptance_57_whoever_pays_now_is_looked_at_first_and_the_backlog_from_both_ends(hold, monkeypatch):
    """Acceptance 57: a payment is due 15 s after it was begun, a sweep begins every 5 s and takes 20 s at most: within a minute
    it is looked at, as one of the first of its sweep.
    """
    backlog = unsettled(hold, UNSETTLED) | unsettled(hold, REFUSED, "authorised")
    by_age = list(Payment.objects.filter(pk__in=backlog).order_by("created_at").values_list("pk", flat=True))
    clock = itertools.count()
    monkeypatch.setattr(sweeps, "steady", lambda: next(clock) * sweeps.SECONDS / LOOKS)
    looked, waited = set(), set()
    for _ in range(ROUNDS):
        new, seen = unsettled(hold, 1, begun=59), []
        at_once([partial(due.sweep, lambda payment, seen=seen: seen.append(payment.pk))] * 2)
        assert len(seen) == len(set(seen)), "looked at twice"
        waited |= new - {*seen[:4]}
        looked |= {*seen}
    left = [place for place, pk in enumerate(by_age) if pk not in looked]
    assert waited == set()
    assert left == list(range(left[0], left[-1] + 1)), "passed over"
    assert 0 < left[0] < left[-1] < len(by_age) - 1
    assert len(left) < len(by_age) - ROUNDS * LOOKS // 2
