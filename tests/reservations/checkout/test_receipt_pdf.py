"""The receipt as a PDF: whose it is, what it says, and names in every script."""

import os
import subprocess
import sys

import pytest

from dropshop.core.money import Money
from dropshop.machine.commands import BASE_DIR
from reservations.checkout import receipt_pdf
from reservations.models import Payment, Purchase
from reservations.refunds import refund, send
from tests.make import ADDRESS, make_drop, make_purchase
from tests.reservations.charges.rates import ship, tax

pytestmark = pytest.mark.django_db


@pytest.fixture
def said(monkeypatch):
    """The lines of the receipts that are made, name and value one after the other."""
    found = []
    draw = receipt_pdf._Page.drawn

    def noted(page, text):
        found.append(draw(page, text))
        return found[-1]

    monkeypatch.setattr(receipt_pdf._Page, "drawn", noted)
    return found


def named(order, name):
    Purchase.objects.filter(pk=order.pk).update(address={**ADDRESS, "name": name})
    order.refresh_from_db()
    return order


def test_only_the_owner_gets_the_receipt_and_no_cache_keeps_it(client, alice, bob):
    order = make_purchase(alice, make_drop(1))
    path = f"/orders/{order.pk}/receipt.pdf"
    assert client.get(path).status_code == 302
    client.force_login(bob)
    assert client.get(path).status_code == 404
    client.force_login(alice)
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (200, "application/pdf", "no-store")
    assert answer["Content-Disposition"] == f'inline; filename="receipt-{order.number}.pdf"'
    assert answer.content.startswith(b"%PDF-")
    assert path in client.get(order.get_absolute_url()).content.decode()


@pytest.mark.parametrize("status", ["authorised", "uncaptured"])
def test_there_is_no_receipt_for_money_that_was_not_taken(client, alice, status):
    order = make_purchase(alice, make_drop(1))
    Payment.objects.update(status=status)
    Purchase.objects.update(status="processing")
    client.force_login(alice)
    page, path = client.get(order.get_absolute_url()).content.decode(), f"/orders/{order.pk}/receipt.pdf"
    assert [words in page for words in (path, "Receipt", "<dt>Paid</dt>", "<dt>Total</dt>")] == [False, False, False, True]
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, order.get_absolute_url())


def test_whoever_asks_for_it_again_and_again_waits_and_reads_the_order_all_the_same(client, alice, settings):
    settings.LIMITS = {**settings.LIMITS, "receipt": {"member": "2/1h"}}
    order = make_purchase(alice, make_drop(1))
    client.force_login(alice)
    asked = (client.get, client.head, client.get, client.head)
    assert [ask(f"/orders/{order.pk}/receipt.pdf").status_code for ask in asked] == [200, 200, 429, 429]
    assert client.get(order.get_absolute_url()).status_code == 200


def test_the_receipt_says_who_sold_what_for_how_much_and_what_went_back(said, client, alice, staff, settings):
    settings.SHOP_NAME, settings.SHOP_ADDRESS, settings.SHOP_TAX_ID = "Lace & Sons", ["1 Sole Road", "London"], "GB 123"
    settings.REFUND_APPROVAL_LIMIT = {"USD": 50000}
    ship("US", 1200)
    tax("US", "8.25", name="Sales tax")
    order = make_purchase(alice, make_drop({"9": 1}), "9")
    refund.ask(order.pk, Money(2000, "USD"), by=staff, reason="A scratch.")
    send.sweep()
    client.force_login(alice)
    client.get(f"/orders/{order.pk}/receipt.pdf")
    sneaker = order.drop.sneaker
    assert said == [
        *("Lace & Sons", "1 Sole Road", "London", "Tax ID: GB 123", f"Receipt {order.number}"),
        *("Date", f"{order.created_at:%Y-%m-%d}"),
        *("Item", f"{sneaker.brand} {sneaker.name}, {sneaker.style_code}"),
        *("Size", f"9 {sneaker.size_system}", "Status", "Paid"),
        *("Price", "$180", "Shipping", "$12", "Sales tax 8.25%", "$14.85", "Total paid", "$206.85", "Refund 1", "-$20"),
        *("Ships to", "Alice Ångström", "", "1 Lace Lane", "", "97201 Portland, OR", "", "United States"),
    ]


def test_no_letter_of_a_receipt_is_told_to_the_log(alice, caplog):
    receipt_pdf.receipt_pdf(make_purchase(alice, make_drop(1)), [])
    assert [record for record in caplog.records if record.name.startswith(("fontTools", "fpdf"))] == []


def test_the_same_order_has_the_same_bytes_and_another_has_others(alice, bob):
    drop = make_drop(2)
    order, other = make_purchase(alice, drop), make_purchase(bob, drop)
    assert receipt_pdf.receipt_pdf(order, []) == receipt_pdf.receipt_pdf(Purchase.objects.get(pk=order.pk), [])
    assert receipt_pdf.receipt_pdf(order, []) != receipt_pdf.receipt_pdf(other, [])


DRAWN = {
    "Latin": "Łucja Ångström-Đặng",
    "Greek": "Ωραία Παπαδοπούλου",
    "Cyrillic": "Наталія Коваль",
    "Hebrew": "שרה כהן",
    "Arabic": "محمد العربي",
    "Armenian": "Արամ",
    "Georgian": "ნინო",
}
NOT_DRAWN = {"Chinese": ("王小明", "□□□"), "Japanese": ("すずき Ken", "□□□ Ken"), "an emoji": ("Ada 🦊", "Ada □")}


@pytest.mark.parametrize("script", DRAWN)
def test_names_in_the_scripts_of_the_font_are_drawn_whole(said, alice, script):
    order = named(make_purchase(alice, make_drop(1)), DRAWN[script])
    assert receipt_pdf.receipt_pdf(order, []).startswith(b"%PDF-")
    assert DRAWN[script] in said
    assert [line for line in said if "□" in line] == []


@pytest.mark.parametrize("script", NOT_DRAWN)
def test_what_the_font_lacks_is_a_square_and_the_receipt_says_where_all_of_it_is(said, alice, script):
    name, drawn = NOT_DRAWN[script]
    order = named(make_purchase(alice, make_drop(1)), name)
    assert receipt_pdf.receipt_pdf(order, []).startswith(b"%PDF-")
    assert drawn in said
    assert said[-1].startswith("□ stands for a letter that this file cannot draw.")
    assert said[-1].endswith(order.get_absolute_url())


@pytest.mark.parametrize("currency", ["JPY", "KWD", "EUR", "INR", "ILS"])
def test_every_currency_is_written(said, alice, currency):
    receipt_pdf.receipt_pdf(make_purchase(alice, make_drop(1, currency=currency)), [])
    assert str(Money(18000, currency)) in said
    assert [line for line in said if "□" in line] == []


def test_what_draws_pdfs_is_imported_by_the_first_receipt_alone():
    """It would cost every process 45 MB, and most of a second of its start."""
    check = "import django, sys; django.setup(); import dropshop.urls; sys.exit('fpdf' in sys.modules)"
    env = os.environ | {"DATABASE_POOL": "0"}
    assert subprocess.run([sys.executable, "-c", check], check=False, env=env, cwd=BASE_DIR).returncode == 0
