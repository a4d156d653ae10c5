"""One size is one value for members too: whatever is typed, stored, looked for or imported (S6, acceptance 78)."""

from importlib import import_module

import pytest
from django.apps import apps

from community.closet import pairs
from community.models import Follow, Pair, Restock, Want
from community.people import follows
from community.restocks import reports
from community.wants import edit
from drops.models import Size, Sneaker
from dropshop.core.errors import Invalid
from tests.make import make_drop, make_pair, make_sneaker, make_store

pytestmark = pytest.mark.django_db
SPELLINGS = ("9.5", "9,5", "9.50", "US 9.5", "9.5 US", "９.５")


def test_acceptance_78_every_door_stores_one_spelling(alice):
    sneaker = make_sneaker()
    for text in SPELLINGS:
        pairs.add(alice, {"sneaker": sneaker, "size": text})
        follows.follow(alice, sneaker=sneaker, size=text)
        edit.add(alice, sneaker, {"sizes": [text]})
        reports.report(make_store(), sneaker, member=alice, sizes=[text])
    assert set(Pair.objects.values_list("size", flat=True)) == {"9.5"}
    assert [each.size for each in Follow.objects.all()] == ["9.5"]
    assert [each.sizes for each in Want.objects.all()] == [["9.5"]]
    assert [each.sizes for each in Restock.objects.all()] == [["9.5"]] * len(SPELLINGS)


def test_acceptance_78_every_filter_finds_it_however_it_is_spelled(alice, sign_in):
    sneaker = make_sneaker()
    pair = make_pair(alice, sneaker=sneaker, size="9.5", visibility="public")
    reports.report(make_store(), sneaker, member=alice, sizes=["9.5"])
    client = sign_in(alice)
    for text in SPELLINGS:
        assert [found["id"] for found in client.get("/api/v1/closet", {"size": text}).json()["results"]] == [str(pair.pk)]
        assert len(client.get("/api/v1/restocks", {"size": text}).json()["results"]) == 1


@pytest.mark.parametrize("text", ["09. Mai", "7-12:20", "Wide"])
def test_what_is_no_size_is_refused_and_changes_nothing(alice, text):
    sneaker = make_sneaker()
    for act in (
        lambda: pairs.add(alice, {"sneaker": sneaker, "size": text}),
        lambda: follows.follow(alice, sneaker=sneaker, size=text),
        lambda: edit.add(alice, sneaker, {"sizes": ["9", text]}),
        lambda: reports.report(make_store(), sneaker, member=alice, sizes=["9", text]),
    ):
        with pytest.raises(Invalid):
            act()
    assert [model.objects.count() for model in (Pair, Follow, Want, Restock)] == [0, 0, 0, 0]


def test_the_migrations_spell_what_is_stored_anew(alice):
    sneaker, drop = make_sneaker(size_system="us mens"), make_drop({"9,5": 1, "Wide": 1, "10": 1, "10.0": 1})
    for text in ("9,5", "US 9.5", "Wide"):
        make_pair(alice, sneaker=sneaker, size=text)
        Follow.objects.create(follower=alice, sneaker=sneaker, size=text)
    Want.objects.create(member=alice, sneaker=sneaker, sizes=["10", "9,5", "9.5", "Wide"])
    import_module("drops.migrations.0004_sizes_are_values").spell(apps, None)
    import_module("community.migrations.0015_sizes_are_values").spell(apps, None)
    assert Sneaker.objects.get(pk=sneaker.pk).size_system == "US men's"
    assert set(Size.objects.filter(drop=drop).values_list("label", flat=True)) == {"9.5", "Wide", "10", "10.0"}
    assert sorted(Pair.objects.values_list("size", flat=True)) == ["9.5", "9.5", "Wide"]
    assert sorted(Follow.objects.values_list("size", flat=True)) == ["9.5", "Wide"]
    assert Want.objects.get().sizes == ["9.5", "10", "Wide"]
