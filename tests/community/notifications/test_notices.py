"""Notices: told once, read once, kept while unread; and whatever else happens with them hurts nobody."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now

from community.models import Notice
from community.notifications import notices
from dropshop.core.errors import NotFound
from dropshop.core.retention import rules
from tests.make import make_members

pytestmark = pytest.mark.django_db


def tell(*members, cause="restock:1", text="Back at Foot Patrol.", **more):
    return notices.notify([member.pk for member in members], "restock", cause=cause, text=text, url="/restocks/", **more)


def test_each_member_is_told_once_for_one_cause(alice, bob, heard, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first, again = tell(alice, bob, alice), tell(bob, text="Somebody says so again.")

    assert ({notice.member_id for notice in first}, again) == ({alice.pk, bob.pk}, [])
    assert [event["to"] for event in heard.of("notification")] == [str(notice.member_id) for notice in first]
    assert heard.of("notification")[0] == {
        "type": "notification",
        "to": str(first[0].member_id),
        **notices.notice_facts(first[0]),
    }


def test_another_cause_is_another_notice(alice):
    tell(alice)
    tell(alice, cause="restock:2")

    assert notices.unread(alice) == 2


@pytest.mark.django_db(transaction=True)
def test_outlets_get_the_notice_after_the_commit_and_one_that_fails_hurts_nobody(alice, heard, monkeypatch, caplog):
    def broken(notice):
        raise ZeroDivisionError

    sent = []
    monkeypatch.setattr(notices, "deliveries", [broken, sent.append])

    with transaction.atomic():
        told = tell(alice)
        assert sent == []

    assert told == sent == list(Notice.objects.all())
    assert "ZeroDivisionError" in caplog.text
    assert len(heard.of("notification")) == 1


@pytest.mark.django_db(transaction=True)
def test_of_what_was_rolled_back_nobody_hears(alice, heard, monkeypatch):
    sent = []
    monkeypatch.setattr(notices, "deliveries", [sent.append])

    with transaction.atomic():
        tell(alice)
        transaction.set_rollback(True)

    assert (sent, heard.events, Notice.objects.count()) == ([], [], 0)


def test_the_unread_are_counted_in_one_statement_and_no_further_than_a_hundred(alice, bob, django_assert_num_queries):
    for number in range(103):
        Notice.objects.create(member=alice, kind="x", cause=str(number), text="x")

    with django_assert_num_queries(1):
        assert notices.unread(alice) == 100
    assert notices.unread(bob) == 0


def test_reading_is_told_to_the_members_other_screens_once(alice, heard, django_capture_on_commit_callbacks):
    (first,), _ = tell(alice), tell(alice, cause="restock:2")
    with django_capture_on_commit_callbacks(execute=True):
        read = notices.read(first.pk, member=alice)
        again = notices.read(first.pk, member=alice)

    assert read.read_at == again.read_at is not None
    assert heard.of("notices-read") == [{"type": "notices-read", "to": str(alice.pk), "unread": 1}]


def test_somebody_elses_notice_is_not_there(alice, bob):
    """35."""
    (notice,) = tell(alice)

    with pytest.raises(NotFound):
        notices.read(notice.pk, member=bob)
    assert notices.unread(alice) == 1


def test_reading_all_reads_ones_own(alice, bob):
    tell(alice, bob)
    tell(alice, cause="restock:2")

    assert (notices.read_all(alice), notices.read_all(alice)) == (2, 0)
    assert (notices.unread(alice), notices.unread(bob)) == (0, 1)


def test_a_list_goes_on_below_where_a_page_ended(alice):
    for number in range(5):
        Notice.objects.create(
            member=alice, kind="x", cause=str(number), text="x", created_at=Now() - timedelta(days=number // 2)
        )
    rows = list(notices.newest_first(alice))

    assert [list(notices.newest_first(alice, older_than=row)) for row in rows] == [rows[place + 1 :] for place in range(5)]


def test_what_was_read_ninety_days_ago_is_forgotten_and_what_is_unread_is_kept_for_two_years(alice):
    ages = {"old": 91, "new": 89}
    for name, days in ages.items():
        Notice.objects.create(member=alice, kind="x", cause=name, text=name, read_at=Now() - timedelta(days=days))
    for name, days in {"unread": 729, "never read": 731}.items():
        Notice.objects.create(member=alice, kind="x", cause=name, text=name, created_at=Now() - timedelta(days=days))

    assert [rules[name].enforce() for name in ("notices", "unread notices")] == [1, 1]

    assert sorted(alice.notices.values_list("cause", flat=True)) == ["new", "unread"]


def test_telling_a_hundred_costs_as_many_statements_as_telling_one(heard, django_assert_num_queries):
    for number in (1, 100):
        members = make_members(number)
        with django_assert_num_queries(4):  # the savepoint and its end among them
            tell(*members, cause=f"restock:{number}")
