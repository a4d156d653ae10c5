"""How the browser tests come by a Chromium; nothing is installed here."""

import subprocess

import pytest

from tests.harness import chromium as harness
from tests.harness.chromium import NoChromium, chromium


@pytest.fixture
def tried(monkeypatch):
    """A machine without a browser, where every command fails; those that were tried."""

    tried = []

    def run(command, **options):
        tried.append(" ".join(command))
        return subprocess.CompletedProcess(command, 1, "", "no way out of here")

    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(harness.shutil, "which", lambda name: None)
    monkeypatch.setattr(harness.subprocess, "run", run)
    monkeypatch.setattr(harness, "_playwrights_own", lambda: None)
    monkeypatch.setattr(harness, "_reasons", [])
    return tried


def test_the_named_chromium_is_taken_or_nothing(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/bin/sh")
    assert chromium() == "/bin/sh"
    monkeypatch.setenv("CHROMIUM", "/no/such/program")
    with pytest.raises(NoChromium, match=r"^CHROMIUM=/no/such/program is not a program\.$"):
        chromium()


def test_an_installed_one_is_taken(tried, monkeypatch):
    monkeypatch.setattr(harness.shutil, "which", {"google-chrome": "/opt/google-chrome"}.get)
    assert chromium() == "/opt/google-chrome"
    assert tried == []


def test_the_one_without_windows_is_taken_where_there_are_two(tried, monkeypatch):
    both = {"chromium": "/usr/bin/chromium", "chromium-headless-shell": "/usr/bin/chromium-headless-shell"}
    monkeypatch.setattr(harness.shutil, "which", both.get)
    assert chromium() == "/usr/bin/chromium-headless-shell"
    assert tried == []


def test_root_on_a_debian_installs_its_package_first(tried, monkeypatch):
    monkeypatch.setattr(harness.shutil, "which", {"apt-get": "/usr/bin/apt-get"}.get)
    monkeypatch.setattr(harness.os, "geteuid", lambda: 0)
    with pytest.raises(NoChromium):
        chromium()
    assert [command.split()[1] for command in tried[:3]] == ["update", "install", "install"]
    assert [command.split()[-1] for command in tried[1:3]] == ["chromium-headless-shell", "chromium"]
    assert tried[3].endswith("-m playwright install chromium")


def test_where_none_can_be_got_one_sentence_says_so(tried, monkeypatch):
    monkeypatch.setattr(harness.os, "geteuid", lambda: 1000)
    with pytest.raises(
        NoChromium, match=r"^The browser tests want a Chromium.*CHROMIUM=/path/to/chromium.*no way out of here"
    ) as none:
        chromium()
    assert "\n" not in str(none.value)
    assert len(tried) == 1
