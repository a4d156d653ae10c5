"""A past is as long as was asked for, and the scenarios of growth run only where they are named."""

import os
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count

from bench import operation, past
from bench.rounds import chosen
from bench.scenarios import ALL, GROWTH, HUGE
from community.models import Member
from drops.models import Drop
from reservations.models import Reservation


@pytest.mark.django_db(transaction=True)
def test_a_past_has_its_reservations_drop_by_drop() -> None:
    past.fill(past=2500, members=20)
    assert Counter(Reservation.objects.values_list("status", flat=True)) == {
        "completed": 1500,
        "expired": 750,
        "cancelled": 250,
    }
    counts = Drop.objects.annotate(number=Count("reservations")).values_list("number", flat=True)
    assert sorted(counts) == [0, 500, 1000, 1000]  # the first is the model of the others
    assert past.size()["rows"] == 2500
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)  # whoever reserves here is checked again


@pytest.mark.django_db(transaction=True)
def test_whoever_reserves_beside_a_past_is_granted_and_counted() -> None:
    past.fill(past=1000, members=20)
    members = list(Member.objects.values_list("pk", flat=True))
    drop, numbers, faults = operation.measure(members, 5, 60, os.getpid())
    assert faults == []
    assert numbers["figure"] > 0
    assert drop.reservations.count() == 20  # of which the first five are not measured


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_is_not_granted_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    past.fill(past=1000, members=20)
    members = list(Member.objects.values_list("pk", flat=True))
    monkeypatch.setattr(operation, "grant", lambda drop, claims: [SimpleNamespace(created=False)] * len(claims))
    monkeypatch.setattr(operation, "GrantedHold", SimpleNamespace)
    assert operation.measure(members, 5, 60, os.getpid())[2] == ["0 of 15 were granted"]


def names(scenarios: Any) -> set[str]:
    return {scenario.name for scenario in scenarios}


def test_growth_is_measured_only_where_it_is_named() -> None:
    assert names(chosen([])) == {*ALL} - names(GROWTH) - names(HUGE)
    assert names(chosen(["growth"])) == names(GROWTH)


def test_ten_million_are_measured_only_by_their_whole_name() -> None:
    (huge,) = names(HUGE)
    assert huge not in names(chosen(["growth-past"]))
    assert names(chosen([huge])) == {huge, "growth-past-10000"}
