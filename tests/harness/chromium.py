"""A Chromium for the browser tests: the one that is there, else one that can be got, else one sentence. Never a skip."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# The shell is the same browser without the windows, each of which is a page of its own: a sixth of the computing per page.
SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ARGUMENTS = (
    # It must not phone home: what it asks for in the background would be part of the test.
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps"),
    *("--disable-domain-reliability", "--disable-client-side-phishing-detection", "--no-first-run", "--no-pings"),
    *(
        "--disable-quic",
        "--disable-gpu",
        "--metrics-recording-only",
        # A spare renderer would be started with each page, for the next one.
        "--disable-features=OptimizationHints,MediaRouter,Translate,SpareRendererForSitePerProcess",
    ),
    *(("--no-sandbox",) if os.geteuid() == 0 else ()),
)


class NoChromium(Exception):
    """There is none and none could be got; the message says what to do."""


def chromium() -> str:
    """Path of a Chromium that starts; it is installed first when there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        if shutil.which(named) is None:
            raise NoChromium(f"CHROMIUM={named} is not a program.")
        return named
    with (Path(tempfile.gettempdir()) / f"dropshop-chromium-{os.geteuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two workers must not install at once
        found = _installed() or ((_from_debian() or _from_playwright()) and _installed())
    if not found:
        raise NoChromium(
            "The browser tests want a Chromium, and none could be found or installed: "
            f"install one, or name it by CHROMIUM=/path/to/chromium ({'; '.join(_reasons)})."
        )
    return found


_reasons: list[str] = []


def _installed() -> str | None:
    for name in NAMES:
        if path := shutil.which(name):
            return path
    return _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _from_debian() -> bool:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        _reasons.append("not root on a Debian")
        return False
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update"], quiet)
    # Older Debians have no package of the shell alone.
    return any(_run(["apt-get", "install", "--yes", "--no-install-recommends", name], quiet) for name in (SHELL, "chromium"))


def _from_playwright() -> bool:
    return _run([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))


def _run(command: list[str], env: dict[str, str]) -> bool:
    done = subprocess.run(command, check=False, env=env, capture_output=True, text=True)
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["no reason given"]
        _reasons.append(f"{' '.join(command[-3:])}: {words[-1]}")
    return done.returncode == 0
