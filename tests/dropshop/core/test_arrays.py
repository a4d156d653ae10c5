"""Arrays for statements by hand: one parameter, and what was put in comes out."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropshop.core.sql import as_parameter, rows
from tests.harness.thorough import DRAWN, THOROUGH

pytestmark = pytest.mark.django_db

TEXTS = {
    "none": [],
    "an empty one": [""],
    "the word null": ["NULL", "null"],
    "signs of arrays": ["{a,b}", ",", "}", "{", '"', "\\", '\\"', '\\\\"', "'", "''", "$$"],
    "white space": [" a ", "\n", "\t", "\r\n"],
    "other scripts": ["Ärmel", "靴", "👟"],
    "signs of the driver": ["%s", "%(name)s", "%%", "?"],
}


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
def test_texts_come_out_of_an_array_as_they_were_put_in(texts: list[str]) -> None:
    assert rows("SELECT %(texts)s::text[]", texts=texts) == [(texts,)]


@DRAWN
@settings(max_examples=30 * THOROUGH, derandomize=THOROUGH == 1)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"))))
def test_any_texts_come_out_of_an_array_as_they_were_put_in(texts: list[str]) -> None:
    assert rows("SELECT %(texts)s::text[]", texts=texts) == [(texts,)]


def test_ids_are_one_array_and_what_is_mixed_is_left_to_the_driver() -> None:
    assert as_parameter([1, 2]) == "{1,2}"
    assert as_parameter({UUID(int=1)}) == "{00000000-0000-0000-0000-000000000001}"
    for other in (["a", None], [1.5], b"a", "a", None):
        assert as_parameter(other) is other
