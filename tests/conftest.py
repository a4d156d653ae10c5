"""Fixtures of every test: the suite's servers, the people, whole shops and a browser (see docs/testing.md)."""

import gc
import os
import random
from typing import Any

import hypothesis
import pytest
from django.conf import settings

from dropshop.machine.processes import ChildProcess
from tests.harness.databases import begin_template
from tests.harness.emptying import empty_quickly
from tests.harness.scheduling import OneBrowser
from tests.harness.servers import Servers, take_environment, take_own_valkey_database

FIXTURES = ("fixtures", "callers", "heard", "redis", "roles", "vault", "stripe", "preparing")
pytest_plugins = [f"tests.harness.{name}" for name in FIXTURES]
_servers = pytest.StashKey[Servers]()
_template = pytest.StashKey[ChildProcess]()

hypothesis.settings.register_profile("shop", deadline=None, print_blob=True)
hypothesis.settings.load_profile("shop")


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers (in the process that owns the run) and load the settings on them."""
    if config.option.help or config.option.version:
        return
    if settings.configured:
        raise pytest.UsageError("The suite brings its own servers; unset DJANGO_SETTINGS_MODULE and leave out --ds.")
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        servers = config.stash[_servers] = Servers()
        servers.start()
        seed = os.environ.get("DROPSHOP_SEED") or str(random.randrange(10**9))
        # The workers must see sets in the same order, or they collect parametrized tests in different ones.
        take_environment({**servers.environment(), "DROPSHOP_SEED": seed, "PYTHONHASHSEED": str(int(seed) % 2**32)})
        if config.getoption("numprocesses", None):  # the workers run the tests
            config.stash[_template] = begin_template()
            return
    else:
        take_own_valkey_database(worker)
    os.environ["DJANGO_SETTINGS_MODULE"] = "dropshop.settings"
    import django

    django.setup()
    empty_quickly()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started. A pytest that is killed stops its servers too: they die with it."""
    if _template in config.stash:
        config.stash[_template].stop()
    if _servers in config.stash:
        config.stash[_servers].stop()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneBrowser | None:
    """With --dist loadfile, as `make test` has it."""
    return OneBrowser(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    """What was collected stays for the whole run: garbage is not sought in it every time."""
    gc.collect()
    gc.freeze()


def pytest_report_header() -> str:
    """How to draw the same random choices again."""
    return f"seed: DROPSHOP_SEED={os.environ.get('DROPSHOP_SEED', '')}"


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Random choices that are the same in every run with the same DROPSHOP_SEED (printed in the header)."""
    seed = f"{os.environ['DROPSHOP_SEED']} {request.node.nodeid}"
    print(f"chance is seeded with {seed!r}")
    return random.Random(seed)
