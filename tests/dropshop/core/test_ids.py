"""Ids as rows get them, and as strangers write them, in addresses, forms and messages: one reader for all of them."""

from uuid import RFC_4122, UUID, uuid4

import pytest

from drops.models import Drop
from dropshop.core.ids import find_by_id, find_by_id_or_slug, parse_id, time_ordered_id
from tests.make import make_drop

ID = UUID("0f7c1d5e-8a51-4d3c-9a53-0b6f5a2c7e10")
SPELLINGS = {
    "itself": ID,
    "usual": str(ID),
    "capitals": str(ID).upper(),
    "without hyphens": ID.hex,
    "in braces": f"{{{ID}}}",
    "urn": ID.urn,
}
NO_IDS = {
    "empty": "",
    "word": "latest",
    "number": 7,
    "none": None,
    "too short": str(ID)[:-1],
    "nul": f"{ID}\0",
    "list": [str(ID)],
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_an_id_is_read_however_it_is_spelled(text):
    assert parse_id(text) == ID


@pytest.mark.parametrize("text", NO_IDS.values(), ids=NO_IDS)
def test_what_is_no_id_is_none(text):
    assert parse_id(text) is None


@pytest.mark.django_db
def test_a_thing_is_found_by_its_id_or_its_slug_and_by_nothing_else():
    drop = make_drop(1)
    drops = Drop.objects.all()
    assert [find_by_id(drops, text) for text in (drop.pk, str(drop.pk), uuid4(), drop.slug)] == [drop, drop, None, None]
    wanted = (str(drop.pk), drop.slug, str(uuid4()), "nothing", f"{drop.slug}\0")
    assert [find_by_id_or_slug(drops, text) for text in wanted] == [drop, drop, None, None, None]


def test_new_ids_are_of_version_7_and_those_of_later_milliseconds_sort_behind(monkeypatch):
    found = []
    for milliseconds in (1_780_000_000_000, 1_780_000_000_001, 1_900_000_000_000):
        monkeypatch.setattr("dropshop.core.ids.time.time_ns", lambda moment=milliseconds: moment * 1_000_000 + 999_999)
        crowd = [time_ordered_id() for _ in range(1000)]
        assert {each.int >> 80 for each in crowd} == {milliseconds}
        found += sorted(crowd)
    assert {(each.version, each.variant) for each in found} == {(7, RFC_4122)}
    assert found == sorted(set(found))


def test_every_other_bit_of_a_new_id_is_drawn():
    drawn = [time_ordered_id().int for _ in range(200)]
    ones, zeros = 0, 0
    for each in drawn:
        ones, zeros = ones | each, zeros | ~each
    assert (ones & zeros & (1 << 80) - 1).bit_count() == 74
