"""Feeds and pages as shops really write them (`cases/`), read from a server: what is certain is known, and nothing else."""

from pathlib import Path

import pytest

from community.models import Offer
from dropshop.core.money import Money
from tests.community.feed_reader.shops import Shop
from tests.make import make_sneaker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]

CASES = Path(__file__).parent / "cases"
KINDS = {
    ".json": ("products", "application/json"),
    ".xml": ("feed", "application/rss+xml"),
    ".html": ("page", "text/html; charset=utf-8"),
}


class Outside(Shop):
    """A store whose feed answers with one case after another."""

    def reads(self, *cases):
        """Each a file's name, or the kind and the text itself."""
        for case in cases:
            name, body = case if isinstance(case, tuple) else (case, (CASES / case).read_text("utf-8"))
            kind, content_type = KINDS[Path(name).suffix]
            self.source.kind = kind
            self.source.save(update_fields=["kind"])
            self.host.says["/products.json"] = (200, {"Content-Type": content_type}, body.encode())
            self.read()
            assert self.source.trouble == ""


@pytest.fixture
def outside(host):
    return Outside(host)


def known(*codes):
    """What is known of these sneakers: code and size, whether it is in stock, what it costs."""
    offers = Offer.objects.filter(sneaker__style_code__in=codes)
    return {
        (offer.sneaker.style_code[-2:], offer.size): (offer.in_stock, offer.price and str(Money(offer.price, offer.currency)))
        for offer in offers.select_related("sneaker")
    }


def catalogue(first, last):
    codes = [f"CASE-{number:04d}" for number in range(first, last + 1)]
    for code in codes:
        make_sneaker(style_code=code, currency="EUR")
    return codes


def test_a_part_of_a_size_is_no_size(outside):
    codes = catalogue(1, 1)
    outside.reads("feed-sizes.json")
    assert {size for _, size in known(*codes)} == {"9", "10", "9.5", "11.5", "12"}
    assert outside.source.unmatched == 4


def test_prices_are_read_for_certain_or_not_at_all(outside):
    codes = catalogue(2, 2)
    outside.reads("feed-prices.json")
    assert {size: price for (_, size), (_, price) in known(*codes).items()} == {
        **dict.fromkeys(("7", "9.5", "10"), "€1299"),
        "7.5": "€1299.50",
        "8": "€180.50",
        **dict.fromkeys(("8.5", "9", "10.5"), "€180"),
        **dict.fromkeys(("11", "11.5"), None),
        "12": "¥22000",
        "12.5": "1299 CHF",
    }


def test_a_sale_counts_while_it_lasts(outside):
    codes = catalogue(10, 17)
    outside.reads("feed-sale.xml")
    prices = {code: price for (code, _), (_, price) in known(*codes).items()}
    assert prices == {**dict.fromkeys(("10", "11", "13", "14", "15", "17"), "€180"), "12": "€120", "16": "€1299"}


def test_availability_is_known_in_any_spelling_or_not_at_all(outside):
    codes = catalogue(20, 26)
    outside.reads("page-availability.html", "page-availability.html")
    stands = {code: in_stock for (code, _), (in_stock, _) in known(*codes).items()}
    assert stands == {**dict.fromkeys(("20", "21", "22", "23", "24"), True), "25": False, "26": None}
    assert outside.reports == []


def test_prices_stand_in_specifications_too(outside):
    codes = catalogue(30, 32)
    outside.reads("page-price-specification.html")
    assert known(*codes) == {("30", ""): (True, "€180"), ("31", ""): (True, "€180"), ("32", ""): (True, "€1250")}


def test_sizes_are_objects_and_numbers_are_lists(outside):
    codes = catalogue(33, 34)
    outside.reads("page-size-specification.html")
    expected = {("33", "9"): (False, "€180"), ("33", "10"): (True, "€180"), ("34", ""): (True, "€180")}
    assert known(*codes) == expected


@pytest.mark.parametrize("wrapped", ["cdata", "comment", "semicolon"])
def test_what_is_wrapped_around_json_is_taken_off(outside, wrapped):
    codes = catalogue(35, 35)
    outside.reads(f"page-wrapped-{wrapped}.html")
    assert known(*codes) == {("35", ""): (True, "€180")}


# -- Absence says nothing --------------------------------------------------------------------------

FULL, OUT = "feed-dip-1-full.json", ("out.json", (CASES / "feed-dip-1-full.json").read_text().replace("true", "false"))
HALF = ("half.json", '{"products": [{"title": "Other", "variants": [{"title": "9", "available": true}]}]}')
NO_VARIANTS = ("none.json", '{"products": [{"title": "Runner CASE-0003", "variants": []}]}')
DIPS = ["feed-dip-2-empty.json", "feed-dip-2-no-field.json", "feed-dip-2-null.json", HALF, NO_VARIANTS]
dips = pytest.mark.parametrize("dip", DIPS, ids=["empty", "no-field", "null", "half", "no-variants"])


@dips
def test_one_reading_that_lacks_something_says_nothing(outside, dip):
    catalogue(3, 3)
    outside.reads(FULL, dip, FULL, dip, dip, FULL)
    assert outside.reports == []


@dips
def test_one_reading_that_lacks_something_ends_no_report_and_several_in_a_row_do(outside, dip):
    catalogue(3, 3)
    outside.reads(OUT, FULL, dip, dip, FULL, dip, dip)
    assert outside.reports == [(["9"], "confirmed")]
    outside.reads(dip)
    assert outside.reports == [(["9"], "gone")]


@pytest.mark.parametrize("dip", ["feed-dip-2-empty.json", "feed-dip-2-no-field.json", NO_VARIANTS])
def test_a_host_that_said_nothing_for_long_has_sold_nothing(outside, dip):
    catalogue(3, 3)
    outside.reads(FULL, *[dip] * 5, FULL)
    assert outside.reports == []


def test_what_other_things_were_listed_without_for_long_came_in(outside):
    catalogue(3, 3)
    outside.reads(FULL, *[HALF] * 3, FULL)
    assert outside.reports == [(["9"], "confirmed")]


def test_a_first_reading_that_had_half_says_nothing_of_the_other_half(outside):
    catalogue(3, 3)
    both = FULL, (CASES / FULL).read_text().replace('"variants": [', '"variants": [{"title": "10", "available": true},')
    outside.reads(FULL, both, FULL, both)
    assert outside.reports == []


@pytest.mark.parametrize("times", [1, 5])
def test_what_drifted_to_the_next_page_is_not_out(outside, times):
    catalogue(4, 4)
    outside.reads("feed-drift-1.json", *["feed-drift-2.json"] * times, "feed-drift-1.json")
    assert outside.reports == []
    assert {stands for stands, _ in known("CASE-0004").values()} == {True}


MORE = [
    '"next_page_url": "/products.json?page=2", ',
    '"pagination": {"hasMore": true}, ',
    '"meta": {"total": 40}, ',
    '"total_pages": 2, ',
]


@pytest.mark.parametrize("more", MORE, ids=["next", "more", "total", "pages"])
def test_what_a_page_of_several_lacks_may_stand_on_another(outside, more):
    catalogue(3, 3)
    outside.reads(FULL, *[("more.json", HALF[1].replace("{", "{" + more, 1))] * 5, FULL)
    assert outside.reports == []


def test_a_page_of_which_a_part_is_broken_says_nothing_by_what_it_lacks(outside):
    codes = catalogue(35, 35)
    whole = (CASES / "page-wrapped-comment.html").read_text()
    other = whole.replace("CASE-0035", "OTHER").replace("</head>", '<script type="application/ld+json">{"a": </script></head>')
    outside.reads("page-wrapped-comment.html", *[("broken.html", other)] * 5, "page-wrapped-comment.html")
    assert (outside.reports, known(*codes)) == ([], {("35", ""): (True, "€180")})


def test_what_is_missed_is_asked_for_anew_and_not_only_whether_it_has_changed(outside):
    catalogue(3, 3)
    outside.reads(OUT, FULL)
    outside.host.says["/products.json"] = (200, {"Content-Type": "application/json", "ETag": '"x"'}, HALF[1].encode())
    for _ in range(3):
        outside.read()
    assert ["if-none-match" in headers for path, headers in outside.host.asked if path != "/robots.txt"] == [False] * 5
    assert (outside.reports, outside.source.etag) == ([(["9"], "gone")], '"x"')
