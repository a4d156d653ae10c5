"""M1, M2: whatever happens to a process or a provider, `reconcile_open` finishes what was begun or undoes it, once."""

from datetime import timedelta

import pytest
from django.db.models import F

from reservations.holds.lifecycle import cancel
from reservations.holds.reserve import reserve
from reservations.models import Payment, Purchase, Reservation, TestCharge
from reservations.payments import provider
from reservations.payments.errors import ConfirmationRequired, PaymentDeclined, PaymentUnanswered
from reservations.payments.gateways import GatewayTimeout
from reservations.payments.test_bank.gateway import TestGateway
from reservations.purchases import buy, reconcile
from reservations.purchases.attempts import PurchaseAttempt
from tests.make import ADDRESS, lapse, make_drop, make_member, make_reservation
from tests.reservations.till import asked_again, begin, carry, finish, said

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process is gone: no handler of the shop sees this."""


def dies(*args, **kwargs):
    raise Killed


def silent(*args, **kwargs):
    raise GatewayTimeout


def pay(hold, token="test_ok"):
    return buy.buy(hold.pk, member=hold.member, address=ADDRESS, payment_method=token)


def settle_later(seconds=20):
    """`reconcile_open` as it runs so many seconds from now."""
    Payment.objects.update(created_at=F("created_at") - timedelta(seconds=seconds))
    return reconcile.reconcile_open()


def books(hold):
    (payment,) = hold.payments.all()
    charge = TestCharge.objects.filter(key=str(payment.pk)).first()
    return payment.status, charge and charge.status, charge and charge.captured


def outlive(hold):
    """The hold's time, and its pin's, are over."""
    hold.refresh_from_db()
    lapse(hold)
    Reservation.objects.filter(pk=hold.pk).update(pinned_until=F("expires_at"))


def killed_at(monkeypatch, place, name, hold, token="test_ok"):
    with monkeypatch.context() as patch:
        patch.setattr(place, name, dies)
        with pytest.raises(Killed):
            pay(hold, token)


def test_acceptance_16_killed_between_authorise_and_commit_the_sale_is_finished(monkeypatch, hold):
    """Acceptance 16 (in process): nothing is stranded; while the hold stands, the shop finishes the sale itself."""
    killed_at(monkeypatch, buy, "decide_each", hold)
    assert books(hold) == ("started", "authorised", 0)
    assert reconcile.reconcile_open() == 0, "a process may still be at work on it"
    assert settle_later() == 1
    assert books(hold) == ("captured", "captured", 18000)
    assert Purchase.objects.get().status == "paid"
    assert settle_later() == 0


def test_acceptance_16_killed_between_authorise_and_commit_and_the_hold_over_the_money_goes_back(monkeypatch, hold, heard):
    """Acceptance 16 (in process): after the hold's end it is voided, and the member told."""
    killed_at(monkeypatch, buy, "decide_each", hold)
    outlive(hold)
    assert reserve(member=make_member(), drop=hold.drop).created
    assert settle_later() == 1
    assert books(hold) == ("voided", "voided", 0)
    assert [event["to"] for event in heard.of("notification")] == [str(hold.member_id)]
    assert not Purchase.objects.exists()
    assert settle_later() == 0


def test_killed_before_the_bank_heard_of_it_the_pair_is_unpinned(monkeypatch, hold):
    killed_at(monkeypatch, buy, "authorise", hold)
    assert Reservation.objects.get(pk=hold.pk).pinned_until is not None
    assert settle_later() == 1
    assert books(hold) == ("declined", None, None)
    assert Reservation.objects.get(pk=hold.pk).pinned_until is None
    assert pay(hold).created


def test_killed_between_the_sale_and_the_capture_the_money_is_taken(monkeypatch, hold):
    killed_at(monkeypatch, buy, "capture", hold)
    assert books(hold) == ("authorised", "authorised", 0)
    assert Purchase.objects.get().status == "processing"
    assert settle_later() == 1
    assert books(hold) == ("captured", "captured", 18000)
    assert Purchase.objects.get().status == "paid"


def test_a_capture_the_bank_did_not_answer_is_asked_for_again(monkeypatch, hold):
    with monkeypatch.context() as patch:
        patch.setattr(TestGateway, "capture", silent)
        bought = pay(hold)
        assert (bought.created, bought.purchase.status) == (True, "processing")
        assert settle_later() == 1
        assert Purchase.objects.get().status == "processing"
    assert settle_later() == 1
    assert books(hold) == ("captured", "captured", 18000)
    assert Purchase.objects.get().status == "paid"


def test_a_capture_the_bank_refused_leaves_its_reason_and_is_never_called_paid(monkeypatch, hold):
    """M1: no purchase without a capture or a recorded reason."""
    real = TestGateway.capture

    def lapsed_at_the_bank(self, reference, money):
        TestCharge.objects.filter(pk=reference).update(status="voided")
        real(self, reference, money)

    monkeypatch.setattr(TestGateway, "capture", lapsed_at_the_bank)
    assert pay(hold).purchase.status == "processing"
    assert books(hold) == ("authorised", "voided", 0)
    assert "refused the capture" in hold.payments.get().note


def test_a_charge_that_timed_out_is_finished_without_the_shopper(settings, hold):
    settings.PAYMENT_TIMEOUT = 0
    with pytest.raises(PaymentUnanswered):
        pay(hold, "test_timeout")
    assert settle_later() == 1
    assert books(hold) == ("captured", "captured", 18000)


def test_a_void_the_bank_did_not_answer_is_repeated_and_the_member_told_once(monkeypatch, hold, heard):
    killed_at(monkeypatch, buy, "decide_each", hold)
    outlive(hold)
    with monkeypatch.context() as patch:
        patch.setattr(TestGateway, "void", silent)
        assert settle_later() == 1
        assert books(hold) == ("voided", "authorised", 0)
        assert heard.of("notification") == []
    assert settle_later() == 1
    assert settle_later() == 0
    assert books(hold) == ("voided", "voided", 0)
    assert len(heard.of("notification")) == 1


def test_killed_before_the_void_it_is_voided_later(monkeypatch, hold):
    def answers_late(payment):
        outcome = provider.authorise(payment)
        outlive(hold)
        return outcome

    with monkeypatch.context() as patch:
        patch.setattr(buy, "authorise", answers_late)
        killed_at(monkeypatch, buy, "void", hold)
    assert books(hold) == ("voided", "authorised", 0)
    assert settle_later() == 1
    assert books(hold) == ("voided", "voided", 0)


def test_a_hold_given_back_while_the_bank_is_asked_is_not_sold(monkeypatch, hold, alice):
    def meanwhile(payment):
        outcome = provider.authorise(payment)
        cancel(hold.pk, member=alice)
        return outcome

    monkeypatch.setattr(buy, "authorise", meanwhile)
    with pytest.raises(buy.DropshopError) as refused:
        pay(hold)
    assert refused.value.code == "already_cancelled"
    assert books(hold) == ("voided", "voided", 0)


def test_a_confirmation_is_waited_for_while_the_hold_runs_and_called_off_after_it(hold):
    with pytest.raises(ConfirmationRequired):
        pay(hold, "test_confirm")
    assert settle_later() == 0
    outlive(hold)
    assert settle_later() == 1
    assert books(hold) == ("voided", "voided", 0)
    assert TestGateway().confirm(TestCharge.objects.get().pk, agreed=True).status == "voided"


def test_a_confirmation_given_in_the_last_second_and_never_reported_is_carried_out_by_the_shop(hold):
    with pytest.raises(ConfirmationRequired):
        pay(hold, "test_confirm")
    TestGateway().confirm(TestCharge.objects.get().pk, agreed=True)
    hold.refresh_from_db()
    pinned = hold.pinned_until
    lapse(hold)
    Reservation.objects.filter(pk=hold.pk).update(pinned_until=pinned)
    assert settle_later() == 1
    assert books(hold) == ("captured", "captured", 18000)


def test_a_confirmation_carried_out_while_the_sweep_looks_on_is_not_voided_after_its_sale(hold, monkeypatch):
    """Found in review: `reconcile_open` had read "confirming", the sale was made, and it then voided what was to be taken."""
    with pytest.raises(ConfirmationRequired):
        pay(hold, "test_confirm")
    charge, looked_up = TestCharge.objects.get(), TestGateway.lookup

    def lookup_then_sale(self, key):
        outcome = looked_up(self, key)
        monkeypatch.setattr(TestGateway, "lookup", looked_up)
        self.confirm(charge.pk, agreed=True)
        monkeypatch.setattr(buy, "capture", lambda payment: False)
        assert asked_again(Payment.objects.get()).created
        return outcome

    monkeypatch.setattr(TestGateway, "lookup", lookup_then_sale)
    assert asked_again(Payment.objects.get()) is None
    assert books(hold) == ("authorised", "authorised", 0)
    monkeypatch.undo()
    assert settle_later() == 1
    assert books(hold) == ("captured", "captured", 18000)


def test_an_answer_that_comes_after_the_shop_gave_up_is_voided_and_called_no_sale(hold, heard):
    begun = begin(hold)
    settle_later()  # the bank had not heard of it
    with pytest.raises(PaymentDeclined):
        finish(begun, provider.authorise(begun))
    assert books(hold) == ("voided", "voided", 0)
    assert len(heard.of("notification")) == 1


def test_an_answer_that_comes_after_its_address_was_forgotten_is_voided_and_keeps_nobody_else_from_buying(hold):
    given_up = begin(hold)
    settle_later()
    Payment.objects.update(address=None, place_hash="")  # its member has left
    begun = [given_up, begin(make_reservation(make_member(), make_drop(1)))]
    answers = carry([PurchaseAttempt(payment=each, outcome=provider.authorise(each)) for each in begun])
    assert said(answers) == ["payment_declined", True]
    assert books(hold) == ("voided", "voided", 0)


def test_one_payment_that_cannot_be_settled_does_not_keep_the_others_waiting(monkeypatch, hold, caplog):
    other = make_reservation(make_member(), make_drop(1))
    for one in (hold, other):
        killed_at(monkeypatch, buy, "decide_each", one)
    poisoned = str(hold.payments.get().pk)
    real = TestGateway.lookup
    monkeypatch.setattr(TestGateway, "lookup", lambda self, key: 1 / 0 if key == poisoned else real(self, key))
    assert settle_later() == 2
    assert books(other) == ("captured", "captured", 18000)
    assert books(hold) == ("started", "authorised", 0)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["not settled"]
