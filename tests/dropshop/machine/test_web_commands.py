"""Every process that answers requests has the deadlines, and options that there are: containers, `make run`, documents."""

import re
from itertools import dropwhile

import pytest
import yaml

from dropshop.edge.uvicorn import options_of
from dropshop.machine import commands as machine_commands
from dropshop.machine.commands import BASE_DIR

SERVER = "dropshop.edge.uvicorn"


def commands():
    """Who starts a web process -> its command, in words."""
    compose = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"]
    (image,) = re.findall(r"^CMD (.*)$", (BASE_DIR / "Dockerfile").read_text(), re.MULTILINE)
    told = re.findall(rf"`(python -m {SERVER}.*?)`", (BASE_DIR / "docs/running.md").read_text())
    return {
        "image": yaml.safe_load(image),
        "web": compose["web"]["command"],
        "live": compose["live"]["command"],
        "make run": list(machine_commands.web("127.0.0.1", 8000)),
    } | {f"docs/running.md {number}": command.split() for number, command in enumerate(told)}


@pytest.mark.parametrize("who", commands())
def test_every_web_process_has_the_deadlines(who):
    module, *options = dropwhile(lambda word: word != SERVER, commands()[who])
    asked = options_of([re.sub(r"\$\{.*:-(.*)\}", r"\1", option) for option in options])
    assert (module, asked.application, asked.port) == (SERVER, "dropshop.asgi:application", 8000)
    assert (asked.host == "127.0.0.1") == (who == "make run")
    assert asked.processes == (2 if who == "web" else 1)


def test_so_many_processes_serve_the_port_as_are_asked_for():
    assert options_of(machine_commands.web("127.0.0.1", 8000, 4)[3:]).processes == 4


def test_several_processes_are_judged_before_they_are_started():
    for who in ("image", "web", "live"):
        before = commands()[who][: commands()[who].index(SERVER)]
        assert before == ["python", "manage.py", "check_start", "python", "-m"]
