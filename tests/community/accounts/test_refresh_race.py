"""The same refresh token sent twice at once."""

import threading

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import QuerySet
from django.test import RequestFactory

from community.accounts import tokens
from dropshop.core.errors import NotAuthenticated
from tests.races.crowd import Meeting

pytestmark = pytest.mark.django_db(transaction=True)


def send_twice(text, monkeypatch):
    """Both validate the token before either spends it, unless a lock keeps them apart; what each got."""
    meeting, got = Meeting(), []
    validate = tokens.jwt.validate_refresh_token

    def slowly(token):
        found = validate(token)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # however long the other takes to come
        meeting.meet()
        return found

    monkeypatch.setattr(tokens.jwt, "validate_refresh_token", slowly)

    def send():
        try:
            got.append(tokens.refresh(text))
        except NotAuthenticated:
            got.append(None)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [tokens for tokens in got if tokens is not None]


def test_a_refresh_token_sent_twice_at_once_is_good_once_and_ends_its_family(alice, monkeypatch):
    start = tokens.issue(alice, request=RequestFactory().post("/"))
    assert len(send_twice(start.refresh, monkeypatch)) == 1
    assert Session.objects.count() == 0


def test_without_the_lock_it_would_be_good_twice(alice, monkeypatch):
    start = tokens.issue(alice, request=RequestFactory().post("/"))
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
    assert len(send_twice(start.refresh, monkeypatch)) == 2
