"""Thirty tell the same at the same moment: each member hears of it once. The control: without the constraint, many times."""

import pytest
from django.db import connection

from community.models import Notice
from community.talk import notices
from tests.make import make_members
from tests.races.crowd import at_once

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def without_constraint(transactional_db):
    constraint = next(one for one in Notice._meta.constraints if one.name == "notice_once")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Notice, constraint)
    yield
    Notice.objects.all().delete()
    with connection.schema_editor() as editor:
        editor.add_constraint(Notice, constraint)


def thirty_tell(members):
    ids = [member.pk for member in members]
    told = at_once([lambda: notices.tell(ids, "restock", cause="restock:1", text="Back.")] * 30, threads=10)
    return sorted(notice.member_id for notices in told for notice in notices)


def test_thirty_who_tell_of_one_cause_at_once_tell_each_member_once(heard):
    members = make_members(3)

    assert thirty_tell(members) == sorted(member.pk for member in members)
    assert sorted(event["to"] for event in heard.of("notification")) == sorted(str(member.pk) for member in members)
    assert Notice.objects.count() == 3


def test_control_without_the_constraint_members_are_told_again_and_again(heard, without_constraint):
    assert len(thirty_tell(make_members(3))) > 3
