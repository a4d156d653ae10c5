"""What the documents promise about the ground the shop stands on."""

import re
import subprocess

from dropshop.run import BASE_DIR


def test_every_variable_that_the_settings_read_is_in_the_table():
    read = set(re.findall(r'\benv(?:_flag|_list)?\("(\w+)"', (BASE_DIR / "dropshop" / "settings.py").read_text()))
    told = set(re.findall(r"`(\w+)`", (BASE_DIR / "docs" / "running.md").read_text()))
    assert read - told == set()


def test_make_says_what_it_can_make():
    said = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=BASE_DIR, capture_output=True, text=True, check=True
    ).stdout
    assert [line.split("\t")[0].strip() for line in said.splitlines()] == [
        "make help",
        "make run",
        "make test",
        "make soak",
        "make bench",
        "make lint",
        "make lock",
    ]
