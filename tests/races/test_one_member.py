"""Acceptance 6, 2 and 17: one member in many places at once has one hold, and one request that is sent twice one effect."""

import pytest

from reservations.holds.facts import reservation_facts
from reservations.holds.reserve import reserve
from reservations.idempotency import keys
from reservations.idempotency.keys import StoredResponse, key_of, run_once
from reservations.models import Purchase, Reservation, TestCharge
from reservations.payments.test_bank.gateway import TestGateway
from reservations.purchases.buy import buy
from reservations.purchases.facts import purchase_facts
from tests.make import ADDRESS, make_drop, make_member, make_reservation
from tests.races.auditor import Auditor, NotTrue, audit
from tests.races.crowd import Meeting, at_once, codes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("heard")]


def test_acceptance_6_fifty_parallel_reserves_over_several_sizes_are_one_hold(chance):
    """Acceptance 6: one member, 50 parallel reserves (and over several sizes): one hold, expiry unmoved."""
    drop, member = make_drop({"9": 20, "10": 20, "11": 20}), make_member()
    sizes = list(drop.sizes.all())
    with Auditor():
        wanted = chance.choices(sizes, k=50)
        answers = at_once([lambda size=size: reserve(member=member, drop=drop, size=size) for size in wanted])
    hold = Reservation.objects.get()
    assert {(answer.reservation.pk, answer.reservation.expires_at) for answer in answers} == {(hold.pk, hold.expires_at)}
    assert [answer.created for answer in answers].count(True) == 1
    assert sum(drop.sizes.values_list("reserved", flat=True)) == 1


def test_h6_a_member_who_buys_in_two_sizes_at_once_stays_within_the_limit(chance):
    """The purchase in one size and the reserve in another pass each other; the limit holds."""
    for _ in range(6):
        drop, member = make_drop({"9": 5, "10": 5}, limit_per_member=1), make_member()
        nine, ten = drop.sizes.all()
        hold = make_reservation(member, drop, nine)
        acts = [lambda hold=hold, member=member: buy(hold.pk, member=member, address=ADDRESS, payment_method="test_ok")]
        acts += [lambda member=member, drop=drop, ten=ten: reserve(member=member, drop=drop, size=ten)] * 3
        chance.shuffle(acts)
        with Auditor():
            at_once(acts)
        assert (drop.purchases.count(), drop.reservations.count()) == (1, 1)


def test_eight_clicks_on_buy_are_one_purchase_and_one_charge():
    drop, member = make_drop(3), make_member()
    hold = make_reservation(member, drop)
    with Auditor():
        bought = at_once([lambda: buy(hold.pk, member=member, address=ADDRESS, payment_method="test_ok")] * 8)
    assert len({one.purchase.pk for one in bought}) == 1
    assert [one.created for one in bought].count(True) == 1
    assert list(TestCharge.objects.values_list("status", "captured")) == [("captured", 18000)]


def test_control_a_provider_that_is_given_no_key_is_charged_again_and_the_audit_reports_it(monkeypatch):
    """The guard of the test above is the payment's own id as the provider's key."""
    from uuid import uuid4

    from reservations.payments import provider

    meeting = Meeting()

    class Forgetful(TestGateway):
        def authorise(self, *, key, **asked):
            meeting.meet()
            return super().authorise(key=str(uuid4()), **asked)

    monkeypatch.setattr(provider, "gateway", Forgetful)
    member = make_member()
    hold = make_reservation(member, make_drop(3))
    with pytest.raises(NotTrue, match=r"M1|M2"), Auditor():
        at_once([lambda: buy(hold.pk, member=member, address=ADDRESS, payment_method="test_ok")] * 8)


# -- The order whose answer was lost ---------------------------------------------------------------


def order(member, drop):
    """Reserve and buy, each with the client's own key, as a door does it; the purchase's facts."""

    def act():
        return StoredResponse(201, reservation_facts(reserve(member=member, drop=drop).reservation))

    held = run_once(keys.key_of(member, "key-of-the-hold", "reserve", str(drop.pk)), act).body["id"]
    key = keys.key_of(member, "key-of-the-sale", "purchase", held)
    sold = buy(held, member=member, address=ADDRESS, payment_method="test_ok", key=key)
    return purchase_facts(sold.purchase) | {"created": sold.created}


def send_twice(*, at_the_same_time):
    """The client sends its order, hears nothing, and sends it again. Raises NotTrue when that bought two pairs."""
    drop, member = make_drop(5, limit_per_member=5), make_member()
    orders = [lambda: order(member, drop)] * (6 if at_the_same_time else 2)
    answers = at_once(orders, threads=None if at_the_same_time else 1)
    audit()
    if Purchase.objects.count() != 1:
        raise NotTrue(f"H8: one order, sent again, became {Purchase.objects.count()} purchases")
    return answers


@pytest.mark.parametrize("at_the_same_time", [False, True])
def test_acceptance_17_a_lost_response_sent_again_with_its_keys_is_the_original_purchase(at_the_same_time):
    """Acceptance 17, H8: one effect and one answer."""
    answers = send_twice(at_the_same_time=at_the_same_time)
    facts = [{name: value for name, value in answer.items() if name != "status"} for answer in answers]
    assert [one == facts[0] for one in facts] == [True] * len(facts)


def test_acceptance_2_control_with_idempotency_off_the_doubled_purchase_is_reported(monkeypatch):
    """Acceptance 2: idempotency off, a purchase doubled: the suite must report it."""
    monkeypatch.setattr(keys, "key_of", lambda *given: None)
    with pytest.raises(NotTrue, match="became 2 purchases"):
        send_twice(at_the_same_time=False)


def test_h8_the_same_key_at_once_for_two_different_requests_has_one_effect():
    member, drops = make_member(), [make_drop(2), make_drop(2)]

    def act(drop):
        return StoredResponse(201, reservation_facts(reserve(member=member, drop=drop).reservation))

    answers = at_once(
        [lambda drop=drop: run_once(key_of(member, "one-key", str(drop.pk)), lambda: act(drop)) for drop in drops * 3]
    )
    assert codes(answers) == ["idempotency_mismatch"] * 3 + ["ok"] * 3
    assert Reservation.objects.count() == 1
