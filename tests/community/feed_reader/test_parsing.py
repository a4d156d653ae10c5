"""Answers as items, sneakers and sizes; hostile ones as trouble in words."""

import json
from datetime import UTC, datetime

import pytest

from community.feed_reader.matching import Catalogue, match, size_of
from community.feed_reader.parsing import MAX_ITEMS, FeedEntry, parse
from dropshop.core.money import Money
from dropshop.core.outbound.client import OutboundResponse
from dropshop.core.outbound.errors import ReadingFailed
from tests.harness.patience import little_work
from tests.make import make_sneaker

URL = "https://shop.example/collections/new"


def answer(body, kind):
    return OutboundResponse(
        URL, 200, {"content-type": f"{kind}; charset=utf-8"}, body if isinstance(body, bytes) else body.encode()
    )


def products(*listed, **more):
    return parse("products", answer(json.dumps({"products": list(listed), **more}), "application/json"))


def feed(text, kind="application/rss+xml"):
    return parse("feed", answer(text, kind))


def page(text):
    return parse("page", answer(text, "text/html"))


def test_product_json_gives_an_item_per_variant():
    runner = {
        "title": "Halden Runner",
        "handle": "halden-runner",
        "variants": [
            {"title": "9", "available": True, "price": "180.00", "sku": "HN-1-9"},
            {"title": "10", "available": False, "price": 175, "sku": None},
        ],
    }
    link = "https://shop.example/products/halden-runner"
    assert products(runner, currency="EUR").items == [
        FeedEntry(("Halden Runner", "HN-1-9", ""), "9", True, "180.00", "EUR", link),
        FeedEntry(("Halden Runner", "", ""), "10", False, "175", "EUR", link),
    ]


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>New</title>
<item><title>Halden Runner HN-1</title><link>/runner</link><pubDate>Sat, 21 Nov 2026 10:00:00 GMT</pubDate></item>
<item><title>Trail</title><g:mpn>HN-2</g:mpn><g:size>9.5</g:size><g:price>140.00 EUR</g:price>
<g:availability>out of stock</g:availability><link>https://shop.example/trail</link></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>New</title><entry><title>Halden HN-1 is back</title>
<id>1</id><updated>2026-11-21T10:00:00Z</updated><link href="https://shop.example/runner"/></entry></feed>"""
TEN = datetime(2026, 11, 21, 10, tzinfo=UTC)


def test_rss_and_atom_give_an_item_per_entry():
    assert feed(RSS).items == [
        FeedEntry(("Halden Runner HN-1", "", ""), "", True, "", "", "https://shop.example/runner", TEN, is_announcement=True),
        FeedEntry(("Trail", "HN-2", ""), "9.5", False, "140.00 EUR", "", "https://shop.example/trail"),
    ]
    assert feed(ATOM, "application/atom+xml").items == [
        FeedEntry(("Halden HN-1 is back", "", ""), "", True, "", "", "https://shop.example/runner", TEN, is_announcement=True)
    ]


def in_page(thing):
    return page(f'<html><head><script type="application/ld+json">{json.dumps(thing)}</script></head><body></body></html>')


OFFER = {"@type": "Offer", "price": "180.00", "priceCurrency": "USD", "availability": "https://schema.org/InStock"}


def facts(reading):
    return [(item.size, item.in_stock, item.price, item.currency) for item in reading.items]


def test_json_ld_gives_an_item_per_offer_of_products_groups_and_graphs():
    variants = [
        {"@type": "Product", "sku": "HN-1-9", "size": "9", "offers": OFFER},
        {"@type": "Product", "sku": "HN-1-10", "size": "10", "offers": {**OFFER, "availability": "OutOfStock"}},
    ]
    group = {"@type": "ProductGroup", "name": "Runner", "mpn": "HN-1", "hasVariant": variants}
    expected = [("9", True, "180.00", "USD"), ("10", False, "180.00", "USD")]
    assert facts(in_page({"@context": "https://schema.org", "@graph": [{"@type": "WebSite"}, group]})) == expected
    one = in_page({"@type": ["Product"], "name": "Runner", "sku": "HN-1", "offers": [OFFER, {**OFFER, "price": 170}]})
    assert [item.price for item in one.items] == ["180.00", "170"]
    assert one.items[0].link == URL
    aggregate = {"@type": "AggregateOffer", "lowPrice": "99", "priceCurrency": "EUR", "availability": "InStock"}
    assert facts(in_page({"@type": "Product", "name": "Runner", "offers": aggregate})) == [("", True, "99", "EUR")]
    nested = {**aggregate, "offers": [{**OFFER, "itemOffered": {"@type": "Product", "size": "8"}}]}
    assert facts(in_page({"@type": "Product", "name": "Runner", "offers": nested})) == [("8", True, "180.00", "USD")]


def test_microdata_says_the_same():
    found = page(
        """<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Runner HN-1</h1>
        <div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="price" content="180.00">
        <meta itemprop="priceCurrency" content="USD"><link itemprop="availability" href="https://schema.org/InStock">
        </div></div>"""
    )
    assert facts(found) == [("", True, "180.00", "USD")]
    assert found.items[0].texts[0] == "Runner HN-1"


PRODUCT = json.dumps({"@type": "Product", "name": "Runner", "sku": "HN-1", "offers": OFFER})
WRAPPED = [
    *("/*<![CDATA[*/ {} /*]]>*/", "<!--//--><![CDATA[//><!--\n{}\n//--><!]]>", "<![CDATA[{}]]>", "{} //]]>", "\ufeff{};;"),
    *("// ours\n{}", "/* ours */ {}", "[{}];", "{},", "&quot;".join(PRODUCT.split('"'))),
]


@pytest.mark.parametrize("script", WRAPPED, ids=range(len(WRAPPED)))
def test_whatever_stands_around_the_json_of_a_page_is_taken_off(script):
    found = page(f'<script type="application/ld+json">{script.replace("{}", PRODUCT)}</script>')
    assert (facts(found), found.whole) == ([("", True, "180.00", "USD")], True)


SIZES = [
    ({"name": "42", "sizeSystem": "https://schema.org/WearableSizeSystemEU"}, None),
    ({"name": "8", "sizeSystem": "WearableSizeSystemUK"}, None),
    ({"name": "8 / Black", "sizeSystem": "UK"}, None),
    ({"name": "9", "sizeSystem": {"@id": "WearableSizeSystemUS"}, "sizeGroup": "WearableSizeGroupWomens"}, "9W"),
    ({"name": "9", "sizeSystem": ["US"], "sizeGroup": "regular"}, "9"),
    ({"name": "9", "sizeSystem": "FR"}, None),
    ({"@type": "QuantitativeValue", "value": 9.5}, "9.5"),
    (["9"], "9"),
    (["9", "10"], None),
    ({"of": "something"}, None),
]


@pytest.mark.parametrize(("said", "size"), SIZES, ids=range(len(SIZES)))
def test_a_size_says_in_which_system_it_is_and_what_cannot_be_read_is_not_one_size(said, size):
    (item,) = in_page({"@type": "Product", "name": "Runner", "size": said, "offers": OFFER}).items
    assert size_of(item.size) == size


SPECIFIED = [
    ([{"price": "120"}, {"priceType": "https://schema.org/ListPrice", "price": "180"}], "120"),
    ([{"price": "120", "validThrough": "2020-01-01"}, {"price": "180"}], "180"),
    ([{"price": "120", "validFrom": "2090-01-01"}, {"price": "180"}], "180"),
    ([{"price": "120"}, {"price": "180"}], ""),
    ({"price": ["180.00"]}, "180.00"),
]


@pytest.mark.parametrize(("said", "price"), SPECIFIED, ids=range(len(SPECIFIED)))
def test_of_several_prices_the_one_that_is_paid_now_counts(said, price):
    offer = {"@type": "Offer", "availability": "InStock", "priceCurrency": "USD", "priceSpecification": said}
    assert [item.price for item in in_page({"@type": "Product", "name": "Runner", "offers": offer}).items] == [price]


LAUGHS = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)
LAUGHS += "]><rss version='2.0'><channel><item><title>&j;</title></item></channel></rss>"
DEEP = 100_000
HOSTILE = {
    "broken json": ("products", "application/json", '{"products": ['),
    "deep json": ("products", "application/json", '{"products":' + "[" * DEEP),
    "no products": ("products", "application/json", '["products"]'),
    "a number as list": ("products", "application/json", '{"products": 7}'),
    "a page instead": ("products", "text/html", "<html>Sign in</html>"),
    "no kind": ("products", "", "{}"),
    "not utf-8": ("products", "application/json", b"\xff\xfe\x00"),
    "billion laughs": ("feed", "application/xml", LAUGHS),
    "broken xml": ("feed", "application/rss+xml", "<html><p>nothing"),
    "an address": ("feed", "application/rss+xml", "http://127.0.0.1:9/"),
    "a file": ("feed", "application/rss+xml", "/etc/passwd"),
    "nothing but tags": ("feed", "application/rss+xml", "<rss version='2.0'><channel>" + "<a>" * DEEP),
    "nothing but entities": ("page", "text/html", "&" * DEEP),
    "empty page": ("page", "text/html", ""),
    "no offers": ("page", "text/html", "<html><body>Nothing for sale</body></html>"),
    "deep page": ("page", "text/html", "<div>" * DEEP),
    "deep json in a page": ("page", "text/html", '<script type="application/ld+json">' + "[" * DEEP + "</script>"),
    "broken json in a page": ("page", "text/html", '<script type="application/ld+json">{"a": </script>'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_or_broken_is_trouble_in_words_and_quickly(name):
    kind, content_type, body = HOSTILE[name]
    with little_work(), pytest.raises(ReadingFailed):
        parse(kind, answer(body, content_type))


def test_nonsense_in_the_places_of_texts_is_left_out():
    odd = {"title": {"a": 1}, "handle": ["x"], "variants": [{"title": True, "available": "yes", "price": [], "sku": 5}, 7]}
    assert products(odd, "x", None, {"variants": "no"}).items == [
        FeedEntry(("", "5", ""), "?", None, "", "", "https://shop.example/products/")
    ]
    assert products({"title": "a\0b\u202ec" + "d" * 999, "variants": [{}]}).items[0].texts[0] == "a b c" + "d" * 295


def test_a_huge_number_of_items_is_cut_and_what_is_missing_is_not_taken_as_out():
    found = products(*[{"title": "x", "variants": [{"title": "9"}] * 100}] * 60)
    assert (len(found.items), found.whole) == (MAX_ITEMS, False)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "ftp://x/", "http://[", "/" + "x" * 600])
def test_links_lead_to_the_web_or_nowhere(link):
    assert feed(RSS.replace("<link>/runner</link>", f"<link>{link}</link>")).items[0].link == ""


# -- Which sneaker, which size ---------------------------------------------------------------------


@pytest.mark.django_db
def test_a_style_code_is_found_as_a_word_of_its_own_in_any_case_and_the_longest_counts():
    short, long, other = (make_sneaker(style_code=code) for code in ("DZ5485", "DZ5485-612", "GW 2871"))
    known = Catalogue()
    texts = {
        "Jordan dz5485-612 Chicago": long,
        "(DZ5485)": short,
        "DZ5485-612-9.5": long,
        "DZ5485-61": short,
        "DZ5485-6125": short,
        "XDZ5485": None,
        "DZ54855": None,
        "gw 2871 black": other,
        "GW2871": None,
        "DZ5485-612 and GW 2871": None,
        "": None,
    }
    assert {text: known.find([text]) for text in texts} == texts
    assert known.find(["DZ5485-612", "", "DZ5485-612-10"]) == long


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ("9", "9"), ("9.5", "9.5"), ("9,5", "9.5"), ("US 9", "9"), ("us m 9.5", "9.5"), ("Size 10", "10"), ("Men's 8", "8"),
        ("Black / 9.5", "9.5"), ("9 / Black / EU 42", "9"), ("6Y", "6Y"), ("", ""), ("Default Title", ""), ("One size", ""),
        ("EU 42", None), ("UK 8.5", None), ("EU 42 2/3", None), ("36 2/3", None), ("40 1/3 / Core Black", None),
        ("38/39", None), ("10.0", "10"), ("9.50", "9.5"), ("11.5 US", "11.5"), ("Men’s 12", "12"),
        ("9 / 10", None), ("Black 2 / 9", None),
        ("Black", None), ("9.75", None), ("100", None), ("9" * 300, None),
    ],
)  # fmt: skip
def test_sizes_are_read_as_labels_and_other_systems_are_not_guessed(said, size):
    assert size_of(said) == size


@pytest.mark.django_db
def test_items_of_one_size_are_one_and_unknown_ones_are_counted():
    sneaker = make_sneaker(style_code="HN-1", currency="EUR")
    items = [
        FeedEntry(("HN-1 Black",), "9 / Black", False, "180"),
        FeedEntry(("HN-1 Black",), "9 / White", True, "1,190.00", "usd"),
        FeedEntry(("HN-1",), "EU 42", True),
        FeedEntry(("HN-2",), "9", True),
        FeedEntry(("HN-1",), "10", True, "-5"),
        FeedEntry(("HN-1",), "11", True, "1e999"),
    ]
    seen, unmatched = match(items)
    found = {size: (thing.in_stock, thing.money) for (_, size), thing in seen.items()}
    assert found == {"9": (True, Money(119000, "USD")), "10": (True, None), "11": (True, None)}
    assert ({thing.sneaker for thing in seen.values()}, unmatched) == ({sneaker}, 2)
