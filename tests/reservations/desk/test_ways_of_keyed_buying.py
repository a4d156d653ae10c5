"""A purchase with an Idempotency-Key is answered by the desk as by the ordinary view, also where each has it once (H8)."""

import pytest

from reservations.desk import purchase_door
from reservations.models import IdempotencyKey, Payment, Purchase, SavedMethod
from tests.make import make_drop, make_reservation, make_saved_method
from tests.reservations.desk.keyed_buying import OTHER, PAID, card, elsewhere, for_hold, keyed, twin
from tests.reservations.desk.kinds import set_body
from tests.reservations.desk.ways import Request, seen, send
from tests.reservations.till import books, pay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]
BYS = ["cookie", "token", "pass"]


@pytest.fixture(autouse=True)
def quick(settings):
    settings.PAYMENT_TIMEOUT = 0.05  # seconds of a slow bank


@pytest.mark.parametrize("by", BYS)
def test_what_is_sent_again_with_its_key_is_answered_as_before_by_either_way(by):
    told = []
    for first, second in ((True, True), (True, False), (False, True), (False, False)):
        request = keyed(by)
        told.append([send(request, doors=first), send(request, doors=second)])
        assert [answer.by_desk for answer in told[-1]] == [first, second]
        assert told[-1][0].body == told[-1][1].body
        assert books(request.hold) == [("captured", "captured", 18000)]
    for one, again in told:
        assert (one.status, again.status) == (201, 201)
        assert seen(one) == seen(told[0][0])
        assert seen(again) == seen(told[0][1])
    assert dict(told[0][1].headers)["idempotent-replayed"] == "true"


def pay_by_saved_card(request):
    request.body = card(str(make_saved_method(request.member).pk))


@pytest.mark.parametrize("case", [set_body(card("test_slow")), pay_by_saved_card], ids=["slow", "saved"])
def test_the_same_with_a_slow_bank_and_with_a_saved_card(case):
    told = []
    for doors in (True, False):
        request = keyed()
        case(request)
        told.append([send(request, doors=doors) for _ in range(2)])
        assert [(answer.status, answer.by_desk) for answer in told[-1]] == [(201, doors)] * 2
        assert books(request.hold) == [("captured", "captured", 18000)]
    assert [seen(answer) for answer in told[0]] == [seen(answer) for answer in told[1]]


def another_address(request):
    request.body = OTHER


def another_pair(request):
    for_hold(request, make_reservation(request.member, make_drop(1)))


def a_hold(request):
    request.path, request.body = f"/api/v1/drops/{request.drop.pk}/reserve", {"size": "10"}


@pytest.mark.parametrize("by", ["cookie", "token"])
@pytest.mark.parametrize("change", [another_address, another_pair, a_hold])
def test_a_key_that_was_used_for_another_request_is_refused_by_either_way(by, change):
    told = []
    for doors in (True, False):
        request = keyed(by)
        first = send(request, doors=doors)
        change(request)
        told.append(send(request, doors=doors))
        assert (first.status, told[-1].status, told[-1].by_desk) == (201, 422, doors)
    assert seen(told[0]) == seen(told[1])
    assert Purchase.objects.count() == 2


def test_a_key_of_a_hold_buys_nothing():
    told = []
    for doors in (True, False):
        request = Request("token")
        request.headers["idempotency-key"] = "k"
        held = send(request, doors=doors)
        request.path, request.body = f"/api/v1/reservations/{held.body['reservation']['id']}/purchase", PAID
        told.append(send(request, doors=doors))
        assert (held.status, told[-1].status, told[-1].by_desk) == (201, 422, doors)
    assert seen(told[0]) == seen(told[1])
    assert not Payment.objects.exists()


@pytest.mark.parametrize("by", BYS)
def test_a_refusal_leaves_no_key_and_another_request_may_use_it(by):
    told = []
    for doors in (True, False):
        request = keyed(by, card("test_declined"))
        told.append([send(request, doors=doors)])
        assert not IdempotencyKey.objects.filter(member=request.member).exists()
        request.body = PAID
        told[-1].append(send(request, doors=doors))
        assert [answer.by_desk for answer in told[-1]] == [doors] * 2
    assert [[answer.status for answer in answers] for answers in told] == [[402, 201]] * 2
    assert [seen(answer) for answer in told[0]] == [seen(answer) for answer in told[1]]


def reach_the_limit(request):
    send(elsewhere(twin(request, headers={**request.headers, "idempotency-key": "another"})), doors=False)


def pay_by_removed_card(request):
    pay_by_saved_card(request)
    SavedMethod.objects.all().delete()


@pytest.mark.parametrize("doors", [True, False])
@pytest.mark.parametrize("hindrance", [None, reach_the_limit, pay_by_removed_card])
def test_a_pair_that_was_bought_without_the_key_is_told_again_as_it_was_told_first(doors, hindrance, settings):
    request = keyed()
    pay(request.hold)
    if hindrance is not None:
        settings.LIMITS = settings.LIMITS | {"purchase": {"member": "1/1h", "address": "600/10s"}}
        hindrance(request)
    first, again, other = (send(each, doors=doors) for each in (request, request, twin(request, body=OTHER)))
    assert [answer.status for answer in (first, again, other)] == [200, 200, 422]
    assert [answer.by_desk for answer in (first, again, other)] == [doors] * 3
    assert first.body == again.body
    assert "idempotent-replayed" in dict(again.headers)


def test_replays_count_as_nothing(settings):
    settings.LIMITS = settings.LIMITS | {"purchase": {"member": "1/1h", "address": "600/10s"}}
    for doors in (True, False):
        request = keyed("cookie")
        answers = [send(request, doors=doors) for _ in range(3)]
        assert [answer.status for answer in answers] == [201] * 3
        assert ["ratelimit" in dict(answer.headers) for answer in answers] == [True, False, False]


@pytest.mark.parametrize("by", BYS)
@pytest.mark.parametrize("body", [PAID | {"colour": "red"}, {"payment_method": "test_ok"}, b"{", b'{"a": "\\u0000"}', [PAID]])
def test_what_is_wrong_with_a_keyed_request_is_said_by_the_view(by, body):
    told = []
    for doors in (True, False):
        told.append(send(keyed(by, body), doors=doors))
        assert (told[-1].status, told[-1].by_desk) == (400, False)
    assert seen(told[0]) == seen(told[1])
    assert not IdempotencyKey.objects.exists()


def test_who_is_signed_out_is_told_nothing_of_what_was_bought_under_a_key(monkeypatch):
    request = keyed("pass")
    assert send(request, doors=True).status == 201
    monkeypatch.setattr(purchase_door.tokens, "invalid_reasons", lambda passes: ["You have signed out."] * len(passes))
    assert send(request, doors=True).status == 401
