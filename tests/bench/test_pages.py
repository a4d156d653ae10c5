"""The audit of pages finds one that is older than a second."""

import time
from types import SimpleNamespace
from typing import Any

from bench.scenarios.pages import _changing


def changed_under(look: Any) -> tuple[list[str], list[str]]:
    """The titles that a drop was given meanwhile, and those of them that were shown too late."""
    titles: list[str] = []
    stage: Any = SimpleNamespace(ground=SimpleNamespace(sql=lambda statement, title, pk: titles.append(title)))
    with _changing(stage, SimpleNamespace(title="Moss", pk=1), lambda: look(titles)) as late:
        time.sleep(0.1)
    return titles, late


def test_a_page_that_never_changes_is_found_out() -> None:
    titles, late = changed_under(lambda titles: "Moss")
    assert late == titles != []


def test_a_page_that_keeps_up_is_not() -> None:
    titles, late = changed_under(lambda titles: f"<h1>{titles[-1]}</h1>")
    assert (len(titles), late) == (1, [])
