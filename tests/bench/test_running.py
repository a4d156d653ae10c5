"""A run that is ended early reports what it has."""

import argparse
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench import running
from bench.audit import Audit
from bench.conversation import Silent
from bench.plans import FULL


class Scenario:
    """Bears the name of one that exists, by which the report finds its title."""

    unit, every_round = "holds/s", False

    def __init__(self, name: str, *, ends: BaseException | None = None, fault: str = "") -> None:
        self.name, self.ends, self.fault = name, ends, fault

    def run(self, stage: Any, seconds: float) -> dict[str, float]:
        if self.ends is not None:
            raise self.ends
        stage.audits.append(Audit(self.name, faults=[self.fault] if self.fault else []))
        return {"figure": 4711.0}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs these scenarios without any servers."""

    def run(*scenarios: Scenario) -> int:
        stage = SimpleNamespace(audits=[], outcomes={})
        monkeypatch.setattr(running, "prepare", lambda ground, plan, **how: stage)
        monkeypatch.setattr(running, "chosen", lambda names: scenarios)
        monkeypatch.setattr(running, "plan_of", lambda options: FULL)
        monkeypatch.setattr(running.meters, "machine", lambda folder: {"load_average": 0.0})
        monkeypatch.setattr(running.report, "write", lambda facts: "the file")
        ground: Any = SimpleNamespace(folder=Path(), complaints=list)
        return running.run(ground, argparse.Namespace(only=[], generators=1))

    return run


@pytest.mark.parametrize("end", [KeyboardInterrupt(), Silent("The generator says nothing.")])
def test_a_run_that_is_ended_in_its_last_part_prints_what_it_measured_and_audited(
    run: Any, capsys: pytest.CaptureFixture[str], end: BaseException
) -> None:
    with pytest.raises(type(end)):
        run(Scenario("holds-64", fault="1 oversold"), Scenario("expiry", ends=end))
    said = capsys.readouterr().out
    assert "The run was ended early." in said
    assert "4,711.0" in said
    assert "1 audits: 0 oversold, 0 undersold, 1 faults\n  holds-64: 1 oversold" in said
    assert said.endswith("the file\n")


def test_a_whole_run_is_not_called_ended_early(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Scenario("holds-64"), Scenario("expiry")) == 0
    said = capsys.readouterr().out
    assert "ended early" not in said
    assert "2 audits: 0 oversold, 0 undersold, nothing wrong" in said


def test_a_fault_fails_the_run(run: Any) -> None:
    assert run(Scenario("holds-64", fault="1 oversold")) == 1
