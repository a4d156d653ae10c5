"""What is kept for how long: every rule is in the documents, and one that fails stops no other."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from dropshop.core import retention
from dropshop.core.hooks import Registry
from dropshop.core.retention import RetentionRule
from dropshop.tasks import enforce_retention

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


@pytest.fixture
def rules(monkeypatch):
    """An empty table of rules instead of the shop's own."""
    rules = Registry("rules of a test")
    monkeypatch.setattr(retention, "rules", rules)
    return rules


def rule(forget, **kept) -> RetentionRule:
    return RetentionRule(what="things", since="they came", kept=lambda: timedelta(**kept), forget=forget)


def fail(before):
    raise RuntimeError("the table is away")


def test_every_rule_stands_in_the_documents_and_no_other():
    table = OPERATIONS.read_text().partition("## What is forgotten")[2].partition("## Limits")[0]
    named = [
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([a-z -]+)`", line.split("|")[1])
    ]
    assert sorted(named) == sorted(retention.rules.names())


@pytest.mark.django_db
def test_a_rule_that_fails_is_logged_and_keeps_no_other_waiting(rules, caplog):
    rules.add("a", rule(fail, days=1))
    rules.add("b", rule(lambda before: 3, days=1))
    assert retention.enforce() == {"a": None, "b": 3}
    assert [record.rule for record in caplog.records] == ["a"]


@pytest.mark.django_db
def test_a_rule_forgets_what_is_older_than_its_time_by_the_databases_clock(rules):
    moments = []
    rules.add("a", rule(lambda before: moments.append(before) or 0, days=2))
    before = retention.database_time()
    enforce_retention()
    after = retention.database_time()
    assert before <= moments[0] + timedelta(days=2) <= after


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        pytest.param({"days": 90}, "90 days", id="days"),
        pytest.param({"hours": 24}, "24 hours", id="hours"),
        pytest.param({}, "no time", id="at once"),
    ],
)
def test_the_command_names_each_rule_with_its_time(rules, capsys, kept, words):
    rules.add("a", rule(fail, **kept))
    call_command("retention")
    assert capsys.readouterr().out == f"a: things, {words} after they came\n"


@pytest.mark.django_db
def test_the_command_enforces_them_and_says_what_failed(rules, capsys):
    rules.add("a", rule(fail, days=1))
    rules.add("b", rule(lambda before: 3, days=1))
    with pytest.raises(CommandError, match="Not everything"):
        call_command("retention", "--enforce")
    assert capsys.readouterr().out.splitlines()[2:] == ["a: failed, see the log", "b: 3 forgotten"]
