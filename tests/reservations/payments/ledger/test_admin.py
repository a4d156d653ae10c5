"""The ledger as an accountant reads it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reservations.models import LedgerEntry, LedgerTransfer
from tests.make import make_drop, make_member, make_purchase

LIST = "/admin/reservations/ledgertransfer/"


@pytest.fixture
def sales(alice, bob):
    return make_purchase(alice, make_drop(2)), make_purchase(bob, make_drop(2, currency="KWD", price=55125))


@pytest.fixture
def desk(accountant, sign_in):
    return sign_in(accountant)


def found(desk, **query):
    """The (order, kind) of the transfers that this finds, and the sums above them."""
    context = desk.get(LIST, query).context
    listed = sorted((transfer.number, transfer.kind) for transfer in context["cl"].result_list)
    return listed, {f"{account.code} {money.currency}": money.minor for account, money in context["sums"]}


def test_transfers_are_found_by_order_payment_kind_and_day_each_with_its_sums(desk, sales):
    sale, _ = sales
    both = [(sale.number, "authorised"), (sale.number, "captured")]
    sums = {"authorisations USD": 0, "authorised USD": 0, "provider USD": 18000, "sales USD": -18000}
    payment = sale.reservation.payments.get()
    for words in (sale.number, sale.number.lower(), str(payment.pk), payment.authorisation):
        assert found(desk, q=words) == (both, sums)
    assert found(desk, q="nobody") == ([], {})
    assert found(desk, kind__exact="authorised", q=sale.number) == (
        both[:1],
        {"authorisations USD": -18000, "authorised USD": 18000},
    )
    day = payment.transfers.first().created_at
    today = {"created_at__year": day.year, "created_at__month": day.month, "created_at__day": day.day}
    assert len(found(desk, **today)[0]) == 4
    assert found(desk, **today | {"created_at__year": day.year - 1}) == ([], {})
    assert found(desk)[1].items() >= {"provider USD": 18000, "provider KWD": 55125}.items()


def test_the_page_says_amounts_in_their_own_decimals(desk, sales):
    page = desk.get(LIST).content.decode()
    assert [amount for amount in ("$180", "55.125 KWD", "-55.125 KWD", "-$180") if amount not in page] == []


def test_a_transfer_shows_its_entries_and_the_way_to_its_payment(desk, sales):
    transfer = LedgerTransfer.objects.get(payment__reservation__purchase=sales[1], kind="captured")
    page = desk.get(f"{LIST}{transfer.pk}/change/").content.decode()
    wanted = (
        "sales",
        "authorisations",
        "55.125 KWD",
        sales[1].number,
        f"/admin/reservations/payment/{transfer.payment_id}/change/",
    )
    assert [words for words in wanted if words not in page] == []


def test_nobody_writes_the_ledger_superusers_included(staff, sales, sign_in):
    desk, before = sign_in(staff), list(LedgerEntry.objects.values())
    transfer = LedgerTransfer.objects.first().pk
    acts = [f"{LIST}{transfer}/change/", f"{LIST}{transfer}/delete/", f"{LIST}add/"]
    assert [desk.post(act, {"kind": "voided", "post": "yes"}).status_code for act in acts] == [403] * 3
    desk.post(LIST, {"action": "delete_selected", "_selected_action": [str(transfer)], "post": "yes"})
    assert list(LedgerEntry.objects.values()) == before


def test_the_list_asks_as_often_for_many_transfers_as_for_few(desk, sales):
    with CaptureQueriesContext(connection) as few:
        desk.get(LIST)
    for _ in range(3):
        make_purchase(make_member(), make_drop())
    with CaptureQueriesContext(connection) as many:
        desk.get(LIST)
    assert len(few) == len(many)
