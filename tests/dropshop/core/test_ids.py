"""Ids that strangers write, in addresses, forms and messages: one reader for all of them."""

from uuid import UUID, uuid4

import pytest

from drops.models import Drop
from dropshop.core.ids import find_by_id, find_by_id_or_slug, parse_id
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
