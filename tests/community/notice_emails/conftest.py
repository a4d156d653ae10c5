"""Members who have confirmed their addresses, and a clock that a test sets."""

from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace

import pytest


@pytest.fixture
def alice(alice):
    return _confirmed(alice)


@pytest.fixture
def bob(bob):
    return _confirmed(bob)


def _confirmed(member):
    from tests.community.notice_emails.mail import confirm

    confirm(member)
    return member


@pytest.fixture
def clock(monkeypatch):
    """`clock.at("2026-06-01 12:00")` is what the database's clock says from then on, in UTC."""
    from community.notice_emails import sending

    clock = SimpleNamespace(moment=datetime(2026, 6, 1, 12, tzinfo=UTC))

    def at(text):
        clock.moment = datetime.fromisoformat(text).replace(tzinfo=UTC)

    clock.at = at
    monkeypatch.setattr(sending, "database_time", lambda: clock.moment)
    monkeypatch.setattr(sending, "steady", lambda: 0.0)
    return clock


@pytest.fixture
def tell(clock):
    """Members are told, at the moment that the clock shows: each time a microsecond later, since e-mails sort by it."""
    from community.models import Notice, WaitingNotice
    from community.notifications import notices

    times = count()

    def tell(*members, kind="moderation", cause="x:1", text="A moderator has hidden your post.", url="/community/"):
        new = notices.notify([member.pk for member in members], kind, cause=cause, text=text, url=url)
        pks = [notice.pk for notice in new]
        Notice.objects.filter(pk__in=pks).update(created_at=clock.moment + timedelta(microseconds=next(times)))
        WaitingNotice.objects.filter(pk__in=pks).update(due_at=clock.moment)
        return new

    return tell
