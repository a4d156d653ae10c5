"""The first requests of a fresh process come all at once, as they do when it is started again in the middle of a drop."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import Barrier, Lock

import httpx
import pytest
from django.test import RequestFactory

from dropshop.core.api import docs
from dropshop.machine.processes import wait_until
from tests.harness.patience import PATIENCE
from tests.make import make_drop, make_member

TOGETHER = 20
PAGES = (
    *("/", "/sneakers/", "/community/", "/restocks/", "/events/", "/trades/", "/search/?q=tide", "/accounts/login/"),
    *("/api/v1/drops", "/api/v1/sneakers", "/api/v1/events?city=Berlin", "/api/docs/", "/api/docs/errors", "/api/schema/"),
    *("/accounts/signup/", "/restocks/feed/", "/events/map/", "/members/alice/", "/admin/login/", "/no-such-page/"),
)


@pytest.fixture(scope="module")
def fresh(open_shops):
    """Web servers that nobody has asked anything but whether they are alive."""
    with open_shops.borrowed(webs=3, celery=(), env={"PAGE_CACHE_SECONDS": "0"}) as shop:
        make_member("alice", shows_name=True)
        make_drop({"9": 3})
        yield shop


def ask_together(url, paths):
    """The answers, in the order of the paths; all are asked at the same moment."""
    begin = Barrier(len(paths))

    def ask(path):
        with httpx.Client(timeout=60) as client:
            begin.wait(PATIENCE)
            return client.get(f"{url}{path}")

    with ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(ask, paths))


def test_the_document_of_the_api_is_whole_for_all_who_ask_first(fresh):
    answers = ask_together(fresh.urls[0], ["/api/schema/"] * TOGETHER)
    assert [answer.status_code for answer in answers] == [200] * TOGETHER
    assert len({answer.content for answer in answers}) == 1
    assert b"/api/v1/drops/{id}/reserve" in answers[0].content


def test_two_processes_say_the_same_of_the_api_and_whoever_has_it_is_not_sent_it_again(fresh):
    first, second = (httpx.get(f"{url}/api/schema/?format=json", timeout=60) for url in fresh.urls[:2])
    assert (first.content, first.headers["ETag"]) == (second.content, second.headers["ETag"])
    assert first.headers["Content-Type"] == "application/vnd.oai.openapi+json; charset=utf-8"
    again = httpx.get(
        f"{fresh.url}/api/schema/?format=json", headers={"If-None-Match": first.headers["ETag"]}, timeout=PATIENCE
    )
    assert (again.status_code, again.content) == (304, b"")
    assert httpx.get(f"{fresh.url}/api/schema/", timeout=PATIENCE).headers["ETag"] != first.headers["ETag"]


def test_every_page_is_whole_for_all_who_ask_first(fresh):
    answers = ask_together(fresh.urls[2], PAGES)
    broken = {path: answer.status_code for path, answer in zip(PAGES, answers, strict=True) if answer.status_code >= 500}
    assert broken == {}


class Counted:
    """A lock, or none, that counts who has come to it."""

    def __init__(self, lock):
        self.lock, self.asked = lock, 0

    def __enter__(self):
        self.asked += 1
        self.lock.__enter__()

    def __exit__(self, *exception):
        self.lock.__exit__(*exception)


def makings_for_two(monkeypatch, lock):
    """How often the document is made for two who ask first: it is not finished before both have come."""
    made, lock = [], Counted(lock)

    def slowly():
        made.append(True)
        assert wait_until(lambda: lock.asked == 2, PATIENCE, every=0.01)
        return {"openapi": "3.1.0"}

    monkeypatch.setattr(docs, "_made", {})
    monkeypatch.setattr(docs, "_making", lock)
    monkeypatch.setattr(docs, "whole_document", slowly)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: docs.document(RequestFactory().get("/api/schema/")), range(2)))
    assert [answer.status_code for answer in answers] == [200, 200]
    return len(made)


def test_the_document_of_the_api_is_made_once(monkeypatch):
    assert makings_for_two(monkeypatch, Lock()) == 1


def test_control_without_the_lock_it_is_made_for_each(monkeypatch):
    assert makings_for_two(monkeypatch, nullcontext()) == 2
