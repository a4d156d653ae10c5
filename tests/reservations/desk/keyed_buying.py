"""Requests to buy under an Idempotency-Key."""

from reservations.idempotency import keys
from tests.harness.shoppers import PAST_THE_DESK
from tests.make import ADDRESS, make_drop, make_reservation
from tests.reservations.desk.ways import Request

PAID = {"address": ADDRESS, "payment_method": "test_ok"}
OTHER = PAID | {"address": ADDRESS | {"street": "2 Lace Lane"}}


def card(token):
    return PAID | {"payment_method": token}


def keyed(by="token", body=PAID):
    """A request to buy the pair that its member holds, under a key."""
    request = Request(by, body=body)
    request.headers["idempotency-key"] = "k"
    return for_hold(request, make_reservation(request.member, request.drop, "9"))


def for_hold(request, hold):
    request.hold, request.path = hold, f"/api/v1/reservations/{hold.pk}/purchase"
    return request


def twin(request, **other):
    """The same request on another connection, but for this."""
    same = object.__new__(Request)
    same.__dict__ |= request.__dict__ | {"cookies": dict(request.cookies), "headers": dict(request.headers)} | other
    return same


def past_the_desk(request):
    request.cookies |= PAST_THE_DESK
    return request


def elsewhere(request):
    """The same key for another pair that the member holds."""
    return for_hold(twin(request), make_reservation(request.member, make_drop(1)))


def key_of(request):
    return keys.key_for(request.member.pk, "k", *keys.said_by("POST", request.path, request.body))
