"""The first round of a drop's requests against a reference that is a few plain lines (docs/fairness.md)."""

import hashlib
import hmac

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reservations.models import PurchaseRequest, RequestRound
from reservations.requests.bell import decide_first_round
from reservations.seeds.seal import sealed
from tests.harness.thorough import DRAWN, THOROUGH
from tests.make import make_members
from tests.reservations.requests.opening import at_the_page, coming_drop, file_many, open_now

LABELS = ("8", "9", "10")


def published_rule(seed, stock, people, requests):
    """By request the size that it gets; `requests` by id, each with its sizes in order of preference."""

    def lot(*parts):
        return hmac.new(seed, "\0".join(("dropshop/requests/1", *parts)).encode(), hashlib.sha256).digest()

    everybody = len(requests) + people
    parts = {}
    for size, pairs in stock.items():
        whole, rest = divmod(pairs * len(requests), everybody)
        parts[size] = whole + (int.from_bytes(lot("part", size)[:8], "big") * everybody // 2**64 < rest)
    gets = {}
    for request in sorted(requests, key=lot):
        size = next((size for size in requests[request] if parts[size] > 0), None)
        if size is not None:
            parts[size] -= 1
            gets[request] = size
    return gets


@DRAWN
@pytest.mark.django_db
@settings(max_examples=10 * THOROUGH, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    totals=st.tuples(*[st.integers(0, 4)] * 3),
    people=st.integers(0, 5),
    wishes=st.lists(st.permutations(LABELS).map(lambda run: run[:2]), min_size=1, max_size=8),
)
def test_the_first_round_is_what_the_published_rule_says(totals, people, wishes):
    stock = dict(zip(LABELS, totals, strict=True))
    drop = coming_drop(stock)
    ids = {size.label: size.pk for size in drop.sizes.all()}
    at_the_page(drop, *make_members(people))
    file_many(drop, make_members(len(wishes)))
    requests = {}
    for request, wish in zip(PurchaseRequest.objects.filter(drop=drop), wishes, strict=True):
        PurchaseRequest.objects.filter(pk=request.pk).update(sizes=[ids[label] for label in wish])
        requests[str(request.pk)] = wish
    open_now(drop)
    decide_first_round(drop.pk)
    served = PurchaseRequest.objects.filter(drop=drop, status="processing_payment").select_related("reservation__size")
    got = {str(request.pk): request.reservation.size.label for request in served}
    assert got == published_rule(sealed(drop.pk).secret, stock, people, requests)
    assert all(size.total == size.available + size.reserved + size.sold for size in drop.sizes.all())
    stored = RequestRound.objects.get(drop=drop)
    assert (stored.requests, stored.people) == (len(wishes), people)
