"""Querysets compiled once: the same rows as Django's own, whatever the values."""

import pytest

from drops.models import Drop, Size
from drops.stock.facts import hold_expressions
from dropshop.core.sql import CompiledQuery
from tests.make import make_drop

pytestmark = pytest.mark.django_db


def sizes(drop):
    return list(drop.sizes.order_by("pk"))


def test_a_compiled_queryset_finds_what_the_queryset_finds():
    compiled = CompiledQuery(lambda drop, pks: Size.objects.filter(drop=drop, pk__among=pks).order_by("pk"))
    drop, other = make_drop({"8": 1, "9": 2, "10": 3}), make_drop({"8": 4})
    first, second, _ = sizes(drop)
    assert compiled(drop.pk, [first.pk, second.pk]) == [first, second]
    assert compiled(drop.pk, [first.pk, *(size.pk for size in sizes(other))]) == [first]
    assert compiled(other.pk, []) == []
    (again,) = compiled(drop.pk, [second.pk])
    assert {field.attname: getattr(again, field.attname) for field in Size._meta.concrete_fields} == {
        field.attname: getattr(second, field.attname) for field in Size._meta.concrete_fields
    }
    assert not again._state.adding


def test_annotations_come_along():
    compiled = CompiledQuery(lambda drop: Size.objects.filter(drop=drop).annotate(**hold_expressions.value()))
    drop = make_drop(3)
    (size,) = compiled(drop.pk)
    assert (size.lapsed, size.next_expiry) == (0, None)


def test_the_sql_is_built_once(monkeypatch):
    built = []
    compiled = CompiledQuery(lambda pk: built.append(pk) or Drop.objects.filter(pk=pk))
    one, another = make_drop(1), make_drop(1)
    assert [compiled(one.pk), compiled(another.pk)] == [[one], [another]]
    assert len(built) == 1


def test_a_lock_is_part_of_what_is_compiled(django_assert_num_queries):
    compiled = CompiledQuery(lambda pks: Size.objects.select_for_update(no_key=True).filter(pk__among=pks))
    with django_assert_num_queries(1) as asked:
        assert compiled([0]) == []
    assert "FOR NO KEY UPDATE" in asked[0]["sql"]
