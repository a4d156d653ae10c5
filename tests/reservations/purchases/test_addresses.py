"""Where people live is kept as they wrote it, in any script, less what cannot be seen (N1)."""

import pytest
from iso3166 import countries_by_alpha2

from dropshop.core.countries import country_code, names
from dropshop.core.errors import Invalid
from reservations.purchases.addresses import check_address

PLAIN = {
    "name": "Ada Sample",
    "street": "1 Main St",
    "city": "Springfield",
    "state": "IL",
    "zip_code": "62701",
    "country": "US",
}
KEPT = {
    "full-width space": ("street", "見本町　１丁目", "見本町 １丁目"),
    "no-break space": ("street", "12\u00a0rue\u202fExemple", "12 rue Exemple"),
    "zero-width joiner": ("name", "ශ්\u200dරී", "ශ්\u200dරී"),
    "family": ("name", "Ada 👩\u200d👧", "Ada 👩\u200d👧"),
    "right-to-left mark": ("city", "\u200fעיר", "עיר"),
    "soft hyphen": ("street", "Muster\u00adweg 1", "Musterweg 1"),
    "tab": ("street", "1 Main St\tApt 2", "1 Main St Apt 2"),
    "byte order mark": ("zip_code", "\ufeff62701", "62701"),
    "emoji": ("name", "Ada 👟", "Ada 👟"),
    "bell": ("name", "Ada\x07 Sample", "Ada Sample"),
}


@pytest.mark.parametrize(("line", "text", "kept"), KEPT.values(), ids=KEPT)
def test_an_honest_line_is_kept_as_it_was_written(line, text, kept):
    assert check_address(PLAIN | {line: text}) == PLAIN | {line: kept}


@pytest.mark.parametrize(
    "text", ["Ada\0Sample", "Ada\nSample", "\u200b\u00ad", "x" * 101, "x" * 10**6, 5, None], ids=lambda text: repr(text)[:12]
)
def test_what_is_no_line_is_refused_by_name(text):
    with pytest.raises(Invalid) as refusal:
        check_address(PLAIN | {"name": text})
    assert list(refusal.value.facts["errors"]) == ["address.name"]


ONE_COUNTRY = ("US", "us", "USA", "United States", "united  states of america")
OTHERS = {"GB": "United Kingdom", "KR": "South Korea", "DE": "Germany", "CI": "Côte d'Ivoire", "TR": "Türkiye"}


@pytest.mark.parametrize("typed", ONE_COUNTRY)
def test_a_country_is_its_code_however_it_was_typed(typed):
    assert check_address(PLAIN | {"country": typed}) == PLAIN


def test_countries_are_those_of_iso_3166():
    assert {code: country_code(name) for code, name in OTHERS.items()} == {code: code for code in OTHERS}
    assert {country_code(code) for code in names()} == set(names())
    assert len(names()) == len(countries_by_alpha2)


@pytest.mark.parametrize("typed", ["Atlantis", "XX", "U", "USSR", "840", "U.S", "Unite"])
def test_what_is_no_country_is_refused_by_name(typed):
    with pytest.raises(Invalid) as refusal:
        check_address(PLAIN | {"country": typed})
    assert list(refusal.value.facts["errors"]) == ["address.country"]
