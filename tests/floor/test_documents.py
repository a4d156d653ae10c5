"""What the documents promise about the ground the shop stands on."""

import re
import subprocess

from django.conf import settings

from dropshop.machine.commands import BASE_DIR, READER, SWEEPER, WORKER


def test_every_variable_that_the_settings_read_is_in_the_table():
    read = set(re.findall(r'\benv(?:_\w+)?\("(\w+)"', (BASE_DIR / "dropshop" / "settings.py").read_text()))
    told = set(re.findall(r"`(\w+)`", (BASE_DIR / "docs" / "running.md").read_text()))
    assert read - told == set()


def test_make_says_what_it_can_make():
    said = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=BASE_DIR, capture_output=True, text=True, check=True
    ).stdout
    assert [line.split("\t")[0].strip() for line in said.splitlines()] == [
        "make help",
        "make run",
        "make forget-demo",
        "make test",
        "make thorough",
        "make soak",
        "make bench",
        "make lint",
        "make lock",
    ]


def test_every_queue_is_emptied_by_a_worker_of_its_own_here_and_in_containers():
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} | {settings.CELERY_TASK_DEFAULT_QUEUE}
    here = [command[command.index("-Q") + 1] for command in (WORKER, READER, SWEEPER)]
    apart = re.findall(r'"-Q", "(\w+)"', (BASE_DIR / "docker-compose.yml").read_text())
    assert sorted(here) == sorted(apart) == sorted(routed)
