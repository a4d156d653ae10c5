"""The AsyncAPI document says what the socket really takes and tells."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from community.feed import comments, likes, posts
from community.karma import ledger
from community.models import Comment
from community.moderation import decisions
from community.notifications import notices
from community.restocks import votes
from community.trades import offers
from drops import schedule
from drops.facts import snapshot
from dropshop.core.api.socket_document import SENT, TOLD, whole_document
from reservations.holds import lifecycle, reserve
from reservations.queue import deeds
from reservations.requests.filing import withdraw
from tests.make import make_drop, make_member, make_open_pair, make_post, make_request, make_restock
from tests.reservations.queue.people import admit, started
from tests.reservations.till import pay

APPS = ("dropshop", "drops", "reservations", "community")


def strict(schema: Any) -> Any:
    """What is not described is not allowed."""
    match schema:
        case dict():
            found = {name: strict(part) for name, part in schema.items()}
            return found | {"additionalProperties": False} if "properties" in found and "type" in found else found
        case list():
            return [strict(part) for part in schema]
    return schema


def faults(message: dict[str, Any]) -> list[str]:
    """What the document says against a message."""
    document = whole_document()
    payload = document["components"]["messages"][message["type"]]["payload"]
    whole = {**strict(payload), "components": strict(document["components"])}
    return [f"{message['type']}: {fault.message}" for fault in Draft202012Validator(whole).iter_errors(message)]


@pytest.mark.django_db
def test_every_example_is_as_its_schema_says():
    messages = whole_document()["components"]["messages"]
    assert set(messages) == set(SENT) | set(TOLD)
    assert [faults(message["examples"][0]["payload"]) for message in messages.values()] == [[]] * len(messages)


@pytest.mark.django_db
def test_it_is_served_and_names_the_socket(client):
    answer = client.get("/api/asyncapi/")
    document = answer.json()
    assert (answer.status_code, document["asyncapi"], document["channels"]["live"]["address"]) == (200, "3.0.0", "/ws/live/")
    assert "Origin" in document["info"]["description"]


def types_in_code() -> set[str]:
    """Every type of message that the code writes down: as a fact "type", or as what a function is told to call it."""
    found = set()
    for file in (path for app in APPS for path in Path(app).rglob("*.py") if path.name != "socket_document.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(PREFIXES, node.value):
                found.add(node.value)
    return found


THINGS = "stock|purchase|drop|reservation|notices|karma|trade|feed|feed-item|feed-comment|restock"
PREFIXES = rf"(?:{THINGS})-(?:created|ended|updated|recovered|read|joined|item|hidden|skipped)"


def test_no_type_of_message_is_missing():
    assert types_in_code() - set(TOLD) == set()
    assert len(types_in_code()) >= 14


@pytest.mark.django_db
def test_what_is_really_told_is_as_the_document_says(heard, alice, bob, staff, django_capture_on_commit_callbacks):
    drop = make_drop(3)
    with django_capture_on_commit_callbacks(execute=True):
        much_happens(drop, alice, bob, staff)
    told = [{name: value for name, value in event.items() if name != "to"} for event in heard.events]
    told.append(snapshot(drop.pk, viewer=make_member()))
    found = [fault for message in told for fault in faults(message)]
    assert found == [], found
    kinds = {message["type"] for message in told}
    assert kinds >= set(TOLD) - {"feed-joined", "feed-skipped", "pong", "error", "stock-recovered", "feed-item-hidden"}


def much_happens(drop, alice, bob, staff):
    hold = reserve.reserve(member=alice, drop=drop).reservation
    lifecycle.cancel(hold.pk, member=alice)
    pay(reserve.reserve(member=bob, drop=drop).reservation)
    schedule.announce(drop)
    line, _ = started(1, 2)
    admit(line)
    deeds.run(line.pk, {"on_hold": True}, by=staff, reason="The bank is slow.")
    withdraw(make_request(alice, make_drop(1, starts_in=3600)).pk, member=alice)
    post = posts.write(alice, text="Fresh laces.")
    likes.like(post.pk, member=bob)
    said = comments.comment(post.pk, author=bob, text="Nice.")
    posts.edit(post.pk, author=alice, text="Fresher laces.")
    decisions.hide(Comment.objects.get(pk=said.pk), moderator=staff, reason="spam")
    other = make_post(bob)
    posts.remove(other.pk, author=bob)
    report = make_restock(alice)
    votes.confirm(report.pk, member=staff)
    decisions.hide(report, moderator=staff, reason="spam")
    ledger.award(alice, "restock-confirmed", source="test:1")
    made = offers.offer(alice, gives=[make_open_pair(alice).pk], wants=[make_open_pair(bob).pk], message="")
    offers.accept(made.trade.pk, by=bob)
    notices.read_all(bob)
