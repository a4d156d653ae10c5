"""A payment that was left open and settled later tells its member, once, in their notices and on their screens."""

import pytest

from community.models import Notice
from dropshop.core.outbox.models import Email
from reservations.payments import provider
from reservations.payments.gateways import CaptureRefused, GatewayTimeout
from reservations.payments.test_bank.gateway import TestGateway
from reservations.purchases import ask_bank, buy
from reservations.purchases.attempts import PurchaseAttempt
from tests.make import ADDRESS, make_drop, make_reservation
from tests.reservations.payments.test_due import over, sweep_later, wait_in_line
from tests.reservations.purchases.test_reconcile import killed_at
from tests.reservations.till import begin, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def hold(alice):
    return make_reservation(alice, make_drop({"9": 1}), "9")


def notices():
    return list(Notice.objects.values_list("kind", "text", "url"))


def test_a_sale_that_was_finished_later_is_told(monkeypatch, hold):
    killed_at(monkeypatch, buy, "decide_each", hold)
    assert sweep_later() == 1
    sale = hold.member.purchases.get()
    text = f"Your bank accepted the payment: {hold.drop.title}, size 9 is yours. Order {sale.number}."
    assert notices() == [("payment_sold", text, sale.get_absolute_url())]


def test_a_refusal_that_came_later_is_told(monkeypatch, hold):
    begin(hold, "test_declined")
    TestGateway().authorise(key=str(hold.payments.get().pk), token="test_declined", money=hold.money, return_path="/")
    assert sweep_later() == 1
    ((kind, text, url),) = notices()
    assert (kind, url) == ("payment_declined", hold.get_absolute_url())
    assert text.startswith(f"{hold.drop.title}, size 9: not paid. ")
    assert text.endswith(" You were not charged.")


def test_a_payment_that_was_never_asked_about_is_told(hold):
    wait_in_line(hold)
    over(hold)
    assert sweep_later(100) == 1
    said = f"{hold.drop.title}, size 9: not paid. Your bank could not be asked in time. You were not charged."
    assert notices() == [("payment_declined", said, hold.get_absolute_url())]


def test_money_that_goes_back_is_told_when_the_bank_knows_and_once(monkeypatch, hold, heard):
    killed_at(monkeypatch, buy, "decide_each", hold)
    over(hold)

    def silent(self, reference):
        raise GatewayTimeout

    with monkeypatch.context() as patch:
        patch.setattr(TestGateway, "void", silent)
        assert sweep_later() == 1
        assert notices() == []
    payment = hold.payments.get()
    assert sweep_later() == 1
    assert provider.void(payment)
    said = f"{hold.drop.title}, size 9: Your hold has run out. You were not charged."
    assert notices() == [("payment_voided", said, hold.get_absolute_url())]
    (told,) = heard.of("notification")
    assert (told["to"], told["id"]) == (str(hold.member_id), str(Notice.objects.get().pk))


def test_a_sale_whose_money_the_bank_refuses_for_good_is_told(monkeypatch, hold, sign_in):
    def refuses(self, reference, money):
        raise CaptureRefused("it has lapsed")

    monkeypatch.setattr(TestGateway, "capture", refuses)
    sale = pay(hold).purchase
    for _ in range(provider.CAPTURE_TRIES):
        assert sweep_later(1000) == 1
    ((kind, text, url),) = notices()
    assert (kind, url) == ("payment_uncaptured", sale.get_absolute_url())
    assert "You were not charged; we will write to you." in text
    receipt = sign_in(hold.member).get(sale.get_absolute_url()).content.decode()
    assert "Your bank did not pay what it had set aside." in receipt


@pytest.mark.parametrize("waits", [True, False], ids=["and its answer was waited for", "and nobody waited"])
def test_whoever_was_there_to_read_the_answer_gets_no_notice(hold, waits):
    attempt = PurchaseAttempt(ask_bank.intent(hold.pk, hold.member_id, address=ADDRESS, method="test_ok"))
    attempt.is_late = not waits
    ask_bank.carry(attempt, hold.drop_id)
    assert attempt.answer.created
    assert [kind for kind, *_ in notices()] == ([] if waits else ["payment_sold"])


# -- By e-mail -------------------------------------------------------------------------------------


def emails():
    """What was written, and what it says beside the pair."""
    return [
        (email.kind, email.context.get("said"), email.context["path"])
        for email in Email.objects.exclude(kind="purchase_receipt").order_by("created_at", "kind")
    ]


def test_whoever_is_told_by_a_notice_of_trouble_is_told_by_one_e_mail(hold):
    wait_in_line(hold)
    over(hold)
    assert sweep_later(100) == 1
    ((_, text, url),) = notices()
    assert emails() == [("payment_trouble", text, url)]
    assert Email.objects.get().to == hold.member.email


def test_a_sale_that_was_finished_later_is_told_by_its_receipt_alone(monkeypatch, hold):
    killed_at(monkeypatch, buy, "decide_each", hold)
    assert sweep_later() == 1
    assert emails() == []
    assert Email.objects.get().kind == "purchase_receipt"


def test_while_the_bank_is_silent_its_shopper_is_told_once_that_we_do_not_know_yet(monkeypatch, hold):
    begin(hold)
    with monkeypatch.context() as patched:
        patched.setattr(TestGateway, "lookup", silent_bank)
        assert [sweep_later(1000) for _ in range(3)] == [1, 1, 1]
        assert emails() == [("payment_later", None, hold.get_absolute_url())]
    over(hold)
    assert sweep_later(1000) == 1
    assert [kind for kind, *_ in emails()] == ["payment_later", "payment_trouble"]


def test_a_sale_whose_money_is_still_to_come_is_not_called_unknown(monkeypatch, hold):
    monkeypatch.setattr(TestGateway, "capture", silent_bank)
    pay(hold)
    assert sweep_later(1000) == 1
    assert emails() == []


def silent_bank(*asked):
    raise GatewayTimeout


def test_a_closed_account_is_told_by_no_e_mail(hold):
    wait_in_line(hold)
    over(hold)
    type(hold.member).objects.update(is_active=False)
    assert sweep_later(100) == 1
    assert Email.objects.count() == 0
