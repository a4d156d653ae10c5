"""The same refresh token sent twice at once."""

import threading
from contextlib import suppress

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import QuerySet
from django.test import RequestFactory

from community.accounts import tokens
from dropshop.core.errors import NotAuthenticated

pytestmark = pytest.mark.django_db(transaction=True)
APART = 4.0  # seconds that one waits for the other, in vain where a lock keeps them apart


def send_twice(text, monkeypatch):
    """Both validate the token before either spends it, unless a lock keeps them apart; what each got."""
    together, got = threading.Barrier(2, timeout=APART), []
    validate = tokens.jwt.validate_refresh_token

    def slowly(token):
        found = validate(token)
        with suppress(threading.BrokenBarrierError):
            together.wait()
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
