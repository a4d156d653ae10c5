"""A size is named by its id, by its label however that is written, or not at all where there is one."""

from datetime import timedelta

import pytest

from dropshop.core.clock import database_time
from dropshop.core.errors import Invalid
from reservations.holds.asked_sizes import AskedSizes
from reservations.holds.reserve import GrantedHold, HoldRequest, grant
from tests.make import make_drop, make_members

pytestmark = pytest.mark.django_db


def told(answers):
    """The label of each hold, and what each of the others was told."""
    return [
        answer.facts["size"] if isinstance(answer, GrantedHold) else answer.facts.get("errors", answer.code)
        for answer in answers
    ]


def test_each_of_a_batch_gets_the_size_that_they_mean():
    drop = make_drop({"9": 3, "9.5": 3, "6": 3, "6Y": 3})
    asked = ["9", "9,5", "US 9.5", drop.sizes.get(label="9").pk, "6", "06", "77", None]
    answers = grant(drop.pk, [HoldRequest(member.pk, size) for member, size in zip(make_members(8), asked, strict=True)])
    nobody, choose = {"size": ["This drop has no such size."]}, {"size": ["Choose a size."]}
    assert told(answers) == ["9", "9.5", "9.5", "9", "6", nobody, nobody, choose]
    assert {size.label: size.reserved for size in drop.sizes.all()} == {"9": 2, "9.5": 2, "6": 1, "6Y": 0}


def test_the_only_size_needs_no_name():
    drop, (member,) = make_drop({"One size": 1}), make_members(1)
    assert told(grant(drop.pk, [HoldRequest(member.pk, None)])) == ["One size"]


def test_who_names_no_size_of_a_drop_that_is_over_is_told_so_first():
    """As the ordinary view says it."""
    drop, (first, second) = make_drop(1), make_members(2)
    type(drop).objects.filter(pk=drop.pk).update(ends_at=database_time() - timedelta(seconds=1))
    answers = grant(drop.pk, [HoldRequest(first.pk, "77"), HoldRequest(second.pk, None)])
    assert [answer.code for answer in answers] == [Invalid.code, "closed"]


def test_a_name_is_looked_for_once_however_many_ask(monkeypatch):
    run = {size.pk: size for size in make_drop({"9.5": 1, "10": 1}).sizes.all()}
    looked_for = []
    monkeypatch.setattr("reservations.holds.asked_sizes.meant", lambda text, labels: looked_for.append(text) or "9.5")
    sizes = AskedSizes(run)
    assert {sizes.find("US 9.5").label for _ in range(3)} == {"9.5"}
    assert looked_for == ["US 9.5"]
