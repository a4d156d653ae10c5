"""Orders leave as CSV in chosen columns, and parcels come in by CSV: looked at first, then all or nothing, then the e-mails."""

import csv
import html
import re
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from dropshop.core.outbox.models import Email
from reservations.models import ExportColumns, OrderMove, Purchase
from reservations.orders import csv_in, csv_out, readdress, shipping
from tests.make import ADDRESS, make_drop, make_members, make_purchase

pytestmark = pytest.mark.django_db
LIST = "/admin/reservations/purchase/"
EXPORT, IMPORT = f"{LIST}export/", f"{LIST}import/"
LINES_OF_ADDRESSES = {"place", "name", "street", "zip_code", "city", "state", "country"}


@pytest.fixture
def orders(staff):
    drop = make_drop({"9": 3}, title="Ember Runner")
    orders = [make_purchase(member, drop, "9") for member in make_members(3)]
    shipping.pack([order.pk for order in orders], by=staff)
    return orders


@pytest.fixture
def desk(clerk, sign_in):
    return sign_in(clerk)


def table(answer):
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))


def file_of(*rows, header="order number,carrier,tracking number"):
    return "\r\n".join([header, *rows]) + "\r\n"


def parcels(orders, carrier="ups"):
    return file_of(*(f"{order.number},{carrier},1Z00{place}000" for place, order in enumerate(orders)))


def upload(desk, text):
    raw = text if isinstance(text, bytes) else text.encode()
    return desk.post(IMPORT, {"sheet": SimpleUploadedFile("parcels.csv", raw, "text/csv")})


def confirmation(answer):
    found = re.search(r'name="confirmed" value="([^"]+)"', answer.content.decode())
    return html.unescape(found[1]) if found else None


def states():
    return sorted(Purchase.objects.values_list("status", flat=True))


def shipped_emails():
    return Email.objects.filter(kind="order_shipped").count()


# -- Out -------------------------------------------------------------------------------------------


def test_the_chosen_columns_of_the_listed_orders_go_out_and_are_remembered(desk, orders, clerk):
    Purchase.objects.filter(pk=orders[0].pk).update(status="paid")
    answer = desk.post(f"{EXPORT}?status__exact=packed", {"columns": ["tracking", "name", "number"]})
    assert answer["Content-Disposition"] == 'attachment; filename="orders.csv"'
    head, *rows = table(answer)
    assert head == ["order number", "name", "tracking number"]
    assert sorted(rows) == sorted([order.number, ADDRESS["name"], ""] for order in orders[1:])
    assert ExportColumns.objects.get(member=clerk).columns == ["number", "name", "tracking"]
    assert re.findall(r'value="(\w+)"[^>]* checked', desk.get(EXPORT).content.decode()) == ["number", "name", "tracking"]


def test_an_export_stands_in_the_log_of_the_admin(desk, orders, clerk):
    table(desk.post(EXPORT, {"columns": ["number", "city"]}))
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_repr) == (clerk, "3 orders")
    assert entry.change_message == "Exported as CSV: number, city."


def test_what_was_paid_goes_out_part_by_part(desk, orders):
    first, second, _ = (order.pk for order in orders)
    added = {"shipping": 1200, "tax": 1584, "tax_name": "Sales tax", "tax_percent": "8.25"}
    Purchase.objects.filter(pk=first).update(**added)
    Purchase.objects.filter(pk=second).update(shipping=500, tax=2954, tax_name="VAT", tax_percent=19, tax_included=True)
    head, *rows = table(desk.post(EXPORT, {"columns": ["price", "shipping", "tax", "tax_rate", "total"]}))
    assert head == ["price", "shipping", "tax", "tax rate", "paid"]
    assert sorted(rows) == [
        ["180.00", "0.00", "0.00", "", "180.00"],
        ["180.00", "12.00", "15.84", "Sales tax 8.25%", "207.84"],
        ["180.00", "5.00", "29.54", "VAT 19% (included)", "185.00"],
    ]


def test_42_what_goes_out_is_no_formula(desk, orders):
    """Acceptance 42."""
    Purchase.objects.update(status="paid")
    readdress.change_address(orders[0].pk, {**ADDRESS, "name": "=cmd|' /C calc'!A0", "city": "+1"}, member=orders[0].member)
    _, *rows = table(desk.post(EXPORT, {"columns": ["name", "city"]}))
    assert ["'=cmd|' /C calc'!A0", "'+1"] in rows
    assert [cell for row in rows for cell in row if cell[:1] in set("=+-@")] == []


def test_who_may_not_see_addresses_or_e_mails_gets_none(orders, manager, support, sign_in):
    for reader, missing in ((manager, LINES_OF_ADDRESSES | {"email"}), (support, set())):
        ExportColumns.objects.update_or_create(member=reader, defaults={"columns": ["number", *missing]})
        page = sign_in(reader).get(EXPORT).content.decode()
        offered = set(re.findall(r'name="columns" value="(\w+)"', page))
        assert offered == set(csv_out.COLUMNS) - missing
        for column in missing:
            assert sign_in(reader).post(EXPORT, {"columns": [column]}).status_code == 400


def test_who_may_not_see_orders_exports_none(orders, editor, sign_in):
    assert sign_in(editor).post(EXPORT, {"columns": ["number"]}).status_code == 403


def test_an_address_that_nobody_can_read_is_blank_and_ends_no_file(desk, orders):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE reservations_purchase SET address = 'gone:AAAA' WHERE id = %s", [orders[0].pk])
    _, *rows = table(desk.post(EXPORT, {"columns": ["number", "name"]}))
    assert sorted(name for _, name in rows) == ["", ADDRESS["name"], ADDRESS["name"]]


def test_three_orders_go_out_in_as_many_statements_as_one(orders, django_assert_num_queries):
    every = list(csv_out.COLUMNS.values())
    for found in (Purchase.objects.filter(pk=orders[0].pk), Purchase.objects.all()):
        with django_assert_num_queries(1):
            list(csv_out.lines(found, every))


# -- In --------------------------------------------------------------------------------------------


def test_a_file_is_shown_line_by_line_and_done_once_it_is_confirmed(desk, orders):
    shown = upload(desk, parcels(orders))
    assert (shown.status_code, states(), shipped_emails()) == (200, ["packed"] * 3, 0)
    assert shown.content.decode().count("Shipped with UPS 1Z00") == 3
    done = desk.post(IMPORT, {"confirmed": confirmation(shown)}, follow=True)
    assert "3 orders shipped." in done.content.decode()
    assert (states(), shipped_emails()) == (["shipped"] * 3, 3)
    assert set(Purchase.objects.values_list("carrier", "tracking")) == {("UPS", f"1Z00{place}000") for place in range(3)}
    assert LogEntry.objects.filter(change_message="Shipped, by a CSV file.").count() == 3


def test_the_same_file_twice_and_the_same_confirmation_twice_change_nothing(desk, orders):
    first = confirmation(upload(desk, parcels(orders)))
    desk.post(IMPORT, {"confirmed": first})
    moves = OrderMove.objects.count()
    Purchase.objects.filter(pk=orders[0].pk).update(status="delivered")
    again = upload(desk, parcels(orders))
    assert again.content.decode().count("Nothing: it is shipped so already.") == 3
    assert desk.post(IMPORT, {"confirmed": first}).status_code == 409
    assert "0 orders shipped." in desk.post(IMPORT, {"confirmed": confirmation(again)}, follow=True).content.decode()
    assert (OrderMove.objects.count(), shipped_emails()) == (moves, 3)


def test_every_fault_is_named_at_its_line_and_nothing_can_be_confirmed(desk, orders, staff):
    first, second, third = orders
    shipping.unpack([third.pk], by=staff)
    text = file_of(
        f"{first.number},DHL,3.40434E+17",
        f"{first.number},DHL,1234567890",
        f"{second.number},,1234567890",
        f"{third.number},DHL,1234567891",
        "DS-0000-0000,DHL,1234567892",
        "somebody,DHL",
    )
    answer = upload(desk, text)
    page = html.unescape(answer.content.decode())
    assert (answer.status_code, confirmation(answer), states()) == (400, None, ["packed", "packed", "paid"])
    for words in (
        "Tracking: A spreadsheet has rounded this number.",
        "This order stands on line 2 already.",
        "Carrier: Write something.",
        "An order that is paid cannot become shipped.",
        "There is no order with the number “DS-0000-0000”.",
        "There is no order with the number “somebody”.",
        "Nothing was changed. 6 of 6 lines must be corrected",
    ):
        assert words in page, words


def test_one_parcel_for_two_people_is_a_slip_of_the_spreadsheet(desk, orders):
    text = file_of(*(f"{order.number},UPS,1Z00000" for order in orders[:2]))
    answer = upload(desk, text)
    assert (answer.status_code, "which goes to somebody else" in answer.content.decode()) == (400, True)


@pytest.mark.parametrize(
    "write",
    [
        lambda order: f"sep=;\r\nOrder No.;Carrier;Tracking_Number;;\r\n{order};ups;1Z00000;;\r\n;;;;\r\n".encode(),
        lambda order: f"\ufeffTracking ID,Weight,Order ID,Courier\n1z 00000,2.5,{order.lower()},UPS\n".encode(),
        lambda order: f"number\tcarrier\ttracking\r\n{order}\tUPS\t1Z00000\r\n".encode("utf-16"),
        lambda order: f'"order number","carrier","tracking number"\n"\'{order}","UPS\u200b","1Z00000"\n'.encode(),
        lambda order: f"order,carrier,tracking\n{order.replace('-', chr(0x2011))},UPS,1Z00000\n".encode(),
    ],
    ids=["separator named", "other columns", "Unicode text", "quotes", "pasted hyphens"],
)
def test_files_are_read_as_spreadsheets_and_carriers_write_them(desk, orders, write):
    shown = upload(desk, write(orders[0].number))
    assert shown.status_code == 200, shown.content.decode()
    desk.post(IMPORT, {"confirmed": confirmation(shown)})
    assert Purchase.objects.filter(status="shipped").values_list("number", "carrier", "tracking").get() == (
        orders[0].number,
        "UPS",
        "1Z00000",
    )


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"order,carrier\nx,y\n", "Line 1, tracking: This column is missing."),
        (b"order,number,carrier,tracking\na,b,c,d\n", "Line 1, number: This column appears twice."),
        (b"order,carrier,tracking\n", "There is no line with an order in it."),
        (b"", "Line 1, number: This column is missing."),
        (b"order,carrier,tracking\n\xff,b,c\n", "The file is not in UTF-8."),
        (b"order,carrier,tracking\n" + b"a,b,c\n" * 1001, "At most 1,000 orders at once; these are 1,001."),
        (b'order,carrier,tracking\n"a', "Line 2 is not valid CSV"),
        (b'sep="\norder"carrier"tracking\na"b"c\n', "Line 1, number: This column is missing."),
        (b"sep=\r\norder\rcarrier\rtracking\r\n", "Line 1, number: This column is missing."),
        (b"sep=x\norderxcarrierxtracking\naxbxc\n", "Line 1, number: This column is missing."),
    ],
    ids=[
        *("column missing", "column twice", "no line", "empty", "other encoding", "too many", "broken"),
        *("quotes that separate", "line ends that separate", "letters that separate"),
    ],
)
def test_what_is_no_file_of_parcels_is_refused_whole(desk, orders, raw, says):
    answer = upload(desk, raw)
    page = html.unescape(answer.content.decode())
    assert (answer.status_code, says in page) == (400, True)


def test_what_is_confirmed_is_what_was_shown_to_the_same_person(desk, orders, staff, sign_in, monkeypatch):
    signed = confirmation(upload(desk, parcels(orders)))
    for forged in (signed[:-1] + ("A" if signed[-1] != "A" else "B"), "", "nonsense"):
        assert desk.post(IMPORT, {"confirmed": forged}).status_code == 400
    assert sign_in(staff).post(IMPORT, {"confirmed": signed}).status_code == 400
    monkeypatch.setattr(csv_in, "CONFIRM_SECONDS", -1)
    assert desk.post(IMPORT, {"confirmed": signed}).status_code == 400
    assert states() == ["packed"] * 3


@pytest.mark.parametrize("shipped", [True, False], ids=["shipped", "unpacked"])
def test_an_order_that_changed_since_the_preview_keeps_all_from_being_done(desk, orders, staff, shipped):
    signed = confirmation(upload(desk, parcels(orders)))
    if shipped:
        shipping.ship({orders[0].pk: csv_in.Parcel("DHL", "55555555")}, by=staff)
    else:
        shipping.unpack([orders[0].pk], by=staff)
    before, emails = states(), shipped_emails()
    answer = desk.post(IMPORT, {"confirmed": signed})
    assert (answer.status_code, "have changed meanwhile" in answer.content.decode()) == (409, True)
    assert (states(), shipped_emails()) == (before, emails)


def test_who_may_not_ship_imports_nothing(orders, support, sign_in):
    reader = sign_in(support)
    assert (reader.get(IMPORT).status_code, upload(reader, parcels(orders)).status_code) == (403, 403)
    assert "Import parcels" not in reader.get(LIST).content.decode()


def test_the_list_leads_to_both_pages_and_keeps_its_filter(desk, orders):
    page = html.unescape(desk.get(f"{LIST}?status__exact=packed").content.decode())
    assert (f"{EXPORT}?status__exact=packed" in page, IMPORT in page) == (True, True)
