"""A closet as a sheet: out, in again, and what is refused. Acceptance 42."""

import csv
import html
import re
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.html import strip_tags
from hypothesis import given
from hypothesis import strategies as st

from community.closet import import_export
from community.closet import pairs as closet
from community.models import Notice, Pair
from community.notifications import telling
from community.wants import edit
from dropshop.core import csv_files
from dropshop.core.csv_files import Fault, inert, plain
from tests.make import make_member, make_pair, make_sneaker

FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "''+1"]


@given(
    st.text() | st.sampled_from(FORMULAS) | st.builds(lambda quotes, rest: "'" * quotes + rest, st.integers(0, 4), st.text())
)
def test_acceptance_42_what_is_made_inert_comes_back_exactly(text):
    """Acceptance 42: exported inert, imported as it was; of whatever text."""
    assert plain(inert(text)) == text
    assert inert(text)[:1] not in set("=+-@\t\r\n＝＋－＠") - {""}


def cells(text):
    return list(csv.reader(StringIO(text, newline="")))


@pytest.fixture
def sneaker(db):
    return make_sneaker(style_code="KR-1")


def sheet(*lines, header="sneaker,size,condition,price,currency,notes,folder,visibility,for_trade"):
    return "\r\n".join([header, *lines]) + "\r\n"


NOTES = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "'=1",
    "plain, with a comma",
    'and "quotes"',
    "two\nlines",
    "ünï ✓",
    "",
]


def test_acceptance_42_an_exported_closet_is_inert_and_comes_back_the_same(alice, bob, sneaker, sign_in):
    """Acceptance 42: every cell that a spreadsheet would calculate begins with an apostrophe; importing takes it off."""
    closet.add_each(
        alice, [{"sneaker": sneaker, "size": str(n + 1), "notes": note, "folder": "=Attic"} for n, note in enumerate(NOTES)]
    )
    Pair.objects.filter(size="2").update(price=12050, condition=2, visibility="public", for_trade=True)
    answer = sign_in(alice).get("/closet/export.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="closet.csv"'
    told = answer.content.decode()
    assert not [cell for row in cells(told) for cell in row if cell[:1] in set("=+-@\t\r\n")]
    import_export.carry_out(bob, told)
    facts = ("sneaker", "size", "condition", "price", "currency", "notes", "folder__name", "visibility", "for_trade")
    assert list(bob.pairs.order_by("size").values_list(*facts)) == list(alice.pairs.order_by("size").values_list(*facts))
    assert sorted(bob.pairs.values_list("notes", flat=True)) == sorted(NOTES)
    assert import_export.export(bob.pairs.order_by("size")) == import_export.export(alice.pairs.order_by("size"))


def test_acceptance_42_also_what_no_form_would_store_goes_out_inert(alice, sneaker):
    """Acceptance 42: tab and carriage return at the beginning."""
    for notes in ("\t=1", "\r=1"):
        make_pair(alice, sneaker=sneaker, notes=notes)
    ((_, *first, _, _, _), (_, *second, _, _, _)) = (row for row in cells(import_export.of(alice))[1:])
    assert [first[-1], second[-1]] == ["'\t=1", "'\r=1"]
    plan = import_export.read(alice, import_export.of(alice))
    assert (plan.faults, [changes["size"] for _, changes in plan.lines]) == ([], ["9", "9"])


def test_my_closet_alone_goes_out_by_page_and_by_api(alice, client, sneaker, sign_in, as_member):
    make_pair(alice, sneaker=sneaker)
    make_pair(make_member(), visibility="public")
    by_page = sign_in(alice).get("/closet/export.csv").content
    assert (len(cells(by_page.decode())), as_member(alice).get("closet/export").content) == (2, by_page)
    assert client.get("/api/v1/closet/export").status_code == 401
    assert client.get("/closet/export.csv").status_code == 302


def test_three_pairs_go_out_in_as_many_statements_as_one(alice, django_assert_num_queries):
    for _ in range(3):
        make_pair(alice, folder=alice.folders.create(name=f"Shelf {alice.folders.count()}"))
        with django_assert_num_queries(1):
            import_export.of(alice)


def upload(client, text, **more):
    raw = text if isinstance(text, bytes) else text.encode()
    return client.post("/closet/import/", {"sheet": SimpleUploadedFile("closet.csv", raw, "text/csv"), **more})


def words(answer):
    return html.unescape(" ".join(strip_tags(answer.content.decode()).split()))


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_an_import_shows_what_will_happen_before_it_does(alice, sneaker, sign_in, mark, ends):
    client, text = sign_in(alice), sheet("kr-1,9.5,Like new,120.50,EUR,First,Attic,members,YES", "KR-1,10,worn,,,,,,")
    there = make_pair(alice, sneaker=sneaker, size="10")
    shown = upload(client, mark + text.replace("\r\n", ends))
    assert (shown.status_code, alice.pairs.count()) == (200, 1)
    assert "2 pairs to import 1 looks like one you have." in words(shown)
    assert "New folder: Attic." in words(shown)
    checked = re.search(r'name="checked" value="([^"]+)"', shown.content.decode())[1]
    assert client.post("/closet/import/", {"checked": checked})["Location"] == "/closet/"
    second, first = alice.pairs.exclude(pk=there.pk).order_by("condition")
    told = (first.size, first.condition, str(first.money), first.notes, first.folder.name, first.visibility, first.for_trade)
    assert told == ("9.5", 3, "€120.50", "First", "Attic", "members", True)
    assert (second.size, second.condition, second.money, second.folder, second.visibility) == ("10", 1, None, None, "private")


def test_every_fault_is_named_by_line_and_column_and_nothing_is_changed(alice, sneaker, sign_in):
    text = sheet(
        'KR-1,9,new,,,"two',
        'lines",,,',
        "XX-9,9,mint,1.234,USD,,,friends,maybe",
        "KR-1,,good,12,usd,,,,yes",
        "KR-1,9,new",
        f"KR-1,9,new,12,EURO,{'x' * 1001},{'y' * 61},,",
    )
    plan = import_export.read(alice, text)
    assert [(fault.line, fault.column) for fault in plan.faults] == [
        (4, "sneaker"), (4, "condition"), (4, "visibility"), (4, "for_trade"), (4, "price"),
        (5, "size"), (5, "for_trade"), (6, ""), (7, "notes"), (7, "folder"), (7, "price"),
    ]  # fmt: skip
    answer = upload(sign_in(alice), text)
    assert (answer.status_code, alice.pairs.count(), alice.folders.count()) == (400, 0, 0)
    assert "Line 4, sneaker: No sneaker in the catalogue has the style code “XX-9”." in words(answer)
    assert "Line 6: 3 columns where the first line has 9." in words(answer)
    assert 'name="checked"' not in answer.content.decode()


def test_a_sheet_is_all_or_nothing_also_when_it_was_tampered_with(alice, sneaker, sign_in):
    text = sheet("KR-1,9,new,,,,,,", "XX-9,9,new,,,,,,")
    for checked in (csv_files.carried(text), "nonsense", "", csv_files.carried("\0"), csv_files.carried("x" * 2_000_000)):
        assert sign_in(alice).post("/closet/import/", {"checked": checked}).status_code == 400
    assert alice.pairs.count() == 0


@pytest.mark.parametrize(
    ("header", "faults"),
    [
        ("sneaker,size", [Fault(1, "condition", "This column is missing.")]),
        ("sneaker,size,condition,owner", [Fault(1, "owner", "No such column.")]),
        ("sneaker,size,condition,size", [Fault(1, "size", "This column appears twice.")]),
    ],
)
def test_a_header_that_makes_no_sense_is_named(alice, header, faults):
    assert import_export.read(alice, sheet(header=header)).faults == faults


def test_columns_come_in_any_order_and_semicolons_will_do(alice, sneaker):
    plan = import_export.read(alice, sheet("good;KR-1;9,5", header="Condition;Sneaker;Size"))
    assert (plan.faults, [changes["size"] for _, changes in plan.lines]) == ([], ["9.5"])


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"x" * 1_000_001, "At most 1,000,000 bytes"),
        ("sneaker,size,condition,notes\nKR-1,9,new,é".encode("latin-1"), "not in UTF-8"),
        (b"PK\x03\x04\x00\x00", "not a CSV file"),
        (b'sneaker,size,condition\n"KR-1,9,new', "Line 2 is not valid CSV"),
        (sheet(*["KR-1,9,new,,,,,,"] * 1001).encode(), "At most 1,000 pairs at once; these are 1,001."),
        (b"sneaker,size,condition\n" + b"y" * 200_000 + b",9,new", "is not valid CSV"),
    ],
)
def test_what_is_no_sheet_is_refused_whole(alice, sneaker, sign_in, raw, says):
    answer = upload(sign_in(alice), raw)
    assert (answer.status_code, says in words(answer), alice.pairs.count()) == (400, True, 0)


def test_a_thousand_pairs_come_in_at_once_and_whoever_wants_one_hears_of_each(
    alice, bob, sneaker, django_assert_max_num_queries
):

    edit.add(bob, sneaker, {"sizes": ["9"]})
    lines = [f"KR-1,{'9' if n < 2 else 10},new,,,Nr {n},Attic,public,{'yes' if n < 3 else 'no'}" for n in range(1000)]
    with django_assert_max_num_queries(60):
        assert len(import_export.carry_out(alice, sheet(*lines))) == 1000
    telling.sweep()
    assert (alice.pairs.count(), alice.folders.count(), Notice.objects.filter(member=bob).count()) == (1000, 1, 2)


def test_acceptance_36_a_sheet_says_nothing_of_owners_and_promises(alice, sneaker):
    """Acceptance 36."""
    header = "sneaker,size,condition,owner,promised_in,purchase,hidden,id"
    assert [fault.column for fault in import_export.read(alice, sheet(header=header)).faults] == [
        "owner",
        "promised_in",
        "purchase",
        "hidden",
        "id",
    ]


FROM_SPREADSHEETS = {
    "a line that names the separator": (
        b"sep=;\r\nsneaker;size;condition;price;currency\r\nKR-1;9.5;new;180.00;EUR\r\n",
        [("9.5", 18000)],
    ),
    "the same behind a mark": (
        "\ufeffsep=,\nsneaker,size,condition,price,currency\nKR-1,9.5,new,180.00,EUR\n".encode(),
        [("9.5", 18000)],
    ),
    "decimal commas": (
        b"sneaker;size;condition;price;currency\nKR-1;9,5;new;180,00;EUR\nKR-1;10;like_new;1.299,00;EUR\n",
        [("9.5", 18000), ("10", 129900)],
    ),
    "blank columns and lines": (b"sneaker;size;condition;;;\nKR-1;9.5;new;;;\n;;;;;\n;;;;;\n", [("9.5", None)]),
    "tabs": (b"sneaker\tsize\tcondition\nKR-1\t9.5\tnew\n", [("9.5", None)]),
    "Unicode text": ("sneaker\tsize\tcondition\r\nKR-1\t9,5\tnew\r\n".encode("utf-16"), [("9.5", None)]),
    "what cannot be seen": (
        "\u200bsneaker,size,condition\nKR-1\u200b,9.5,new\nKR\u20111,9.5,new\n".encode(),
        [("9.5", None), ("9.5", None)],
    ),
    "one size in many spellings": (
        'sneaker,size,condition\nKR-1,9.5,new\nKR-1,"9,5",new\nKR-1,9.50,new\nKR-1,US 9.5,new\nKR-1,９.５,new\n'.encode(),
        [("9.5", None)] * 5,
    ),
}


@pytest.mark.parametrize(("raw", "pairs"), FROM_SPREADSHEETS.values(), ids=FROM_SPREADSHEETS)
def test_what_a_spreadsheet_saves_is_read(alice, sneaker, raw, pairs):
    import_export.carry_out(alice, csv_files.text_of(raw))
    assert sorted(alice.pairs.values_list("size", "price"), key=str) == sorted(pairs, key=str)


def test_a_size_that_became_a_date_is_a_fault_of_its_line(alice, sneaker):
    dates = ("09. Mai", "10.Mai", "5-Oct", "10.05.2026")
    plan = import_export.read(alice, "sneaker;size;condition\n" + "".join(f"KR-1;{date};new\n" for date in dates))
    assert [(fault.line, fault.column, "is a date" in fault.says) for fault in plan.faults] == [
        (n, "size", True) for n in (2, 3, 4, 5)
    ]


def test_faults_name_the_line_of_the_file_also_below_a_line_that_names_the_separator(alice, sneaker):
    assert [fault.line for fault in import_export.read(alice, "sep=;\nsneaker;size;condition\nKR-1;Wide;new\n").faults] == [3]


def test_a_closet_goes_out_as_a_spreadsheet_opens_it(alice, sneaker, sign_in):
    closet.add(alice, {"sneaker": sneaker, "size": "9", "notes": "Größe"})
    told = sign_in(alice).get("/closet/export.csv").content
    assert told.startswith(b"\xef\xbb\xbf")
    assert "Größe" in told.decode("utf-8-sig")
