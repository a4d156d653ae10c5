"""Every kind of notice that the shop sends stands in one group: else members could neither choose about it nor get it."""

import ast
from collections import Counter
from pathlib import Path

from dropshop.core.notice_groups import Way, groups

ROOT = Path(__file__).resolve().parents[3]
# What stores notices, by the place of the kind among what it is called with.
CALLS = {"notify": 1, "write_down": 1, "notify_members": 2, "_notify_guests": 1, "_notify": 1, "_notify_of_trouble": 1}
ENDINGS = ("rejected", "withdrawn")  # of the one kind that is put together: trade-<status>


def name_of(function):
    """What is called: of `news.write_down.value`, a hook, "write_down"."""
    if isinstance(function, ast.Attribute):
        return name_of(function.value) if function.attr == "value" else function.attr
    return getattr(function, "id", "")


def kinds_in(source):
    """The kinds that are written out in these calls; of an f-string what stands before its first value."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        place = CALLS.get(name_of(node.func))
        if place is not None and len(node.args) > place:
            yield node.args[place]


def test_every_kind_that_is_told_stands_in_a_group():
    found = set()
    for app in ("community", "reservations", "drops"):
        for path in (ROOT / app).rglob("*.py"):
            for said in kinds_in(path.read_text()):
                if isinstance(said, ast.Constant) and isinstance(said.value, str):
                    found.add(said.value)
    registered = {kind for name in groups.names() for kind in groups[name].kinds}
    assert len(found) > 15
    assert found - registered == set()
    assert {f"trade-{ending}" for ending in ENDINGS} <= registered


def test_no_kind_stands_in_two_groups_and_every_group_has_its_words():
    kinds = Counter(kind for name in groups.names() for kind in groups[name].kinds)
    assert [kind for kind, times in kinds.items() if times > 1] == []
    assert all(groups[name].title and groups[name].way in Way for name in groups.names())


def test_money_and_the_account_are_told_at_once_and_cannot_be_switched_off():
    assert {name: groups[name].way for name in groups.names() if groups[name].is_locked} == {
        "orders": Way.AT_ONCE,
        "account": Way.AT_ONCE,
    }
