"""A row that was written by hand is in memory what reading it would give."""

import pytest
from django.db import models

from dropshop.core.sql import as_read
from reservations.models import Payment, Purchase
from tests.make import make_drop, make_purchase

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [Payment, Purchase])
def test_what_is_not_given_has_its_default(model):
    made, usual = as_read(model), model()
    for field in model._meta.concrete_fields:
        if not callable(field.default) or field.default is models.NOT_PROVIDED:
            assert getattr(made, field.attname) == getattr(usual, field.attname), field.name


def test_what_is_made_anew_is_made_for_each():
    first, second = as_read(Purchase), as_read(Purchase)
    assert first.pk != second.pk
    assert first.number != second.number


def test_it_is_the_row_that_is_read(alice):
    read = make_purchase(alice, make_drop({"9": 1}), "9")
    read.refresh_from_db()
    values = {field.attname: getattr(read, field.attname) for field in Purchase._meta.concrete_fields}
    made = as_read(Purchase, **dict(reversed(values.items())))
    assert {name: getattr(made, name) for name in values} == values
    assert (made, made._state.adding, made._state.db) == (read, False, "default")
