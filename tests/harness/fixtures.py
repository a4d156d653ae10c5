"""The people, the shops and the browser, as fixtures."""

import os
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection, connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.plugin import DjangoDbBlocker

from tests.harness.chromium import ARGUMENTS, chromium
from tests.harness.databases import drop_database, make_database, make_template
from tests.harness.open_shops import OpenShops
from tests.harness.patience import PATIENCE
from tests.harness.shop import Shop
from tests.harness.thorough import SLOW_AND_RARE, is_slow_together

NAME_LENGTH = 60  # letters of a parameter that may stand in a test's name
# A whole name: printable ASCII of a bounded length, without the address of an object.
PLAIN_NAME = re.compile(r"(?!.* at 0x)[ -~]{1,240}")
# Folders whose tests take many seconds each: begun last, one would keep one worker busy while the other has nothing left.
LONG = ("browser", "faults", "floor", "bench")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the processes of the open shops had to say."""
    report = yield
    if report.failed:
        for shop in OpenShops.in_use:
            report.sections.append((f"processes of {shop.name}", shop.logs_of_all()))
            shop.untouched = False  # nobody knows in what state it was left
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """In the name of a test, bytes and odd or long texts or patterns are called by their parameter, and pytest numbers them.

    What is in them may differ between two processes (a packed body holds the time): two workers that see different names
    collect different tests, and the run fails. pytest itself does the same for other objects.
    """
    text = val.pattern if isinstance(val, re.Pattern) else val
    odd = isinstance(text, bytes) or (isinstance(text, str) and not is_plain(text))
    return argname if odd else None


def refuse_odd_names(items: list[pytest.Item]) -> None:
    """UsageError where the name of a test may differ between two processes, or cannot be typed: its parameters want `ids`."""
    odd = [item.nodeid for item in items if not PLAIN_NAME.fullmatch(item.name)]
    if odd:
        names = "\n  ".join(ascii(name)[: NAME_LENGTH * 3] for name in odd)
        raise pytest.UsageError(f"Give `ids` to the parameters of tests whose names are too long or not plain:\n  {names}")


def is_plain(text: str) -> bool:
    """Whether a text may stand in a test's name as it is."""
    return len(text) <= NAME_LENGTH and text.isascii() and text.isprintable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Wait for the template before the first test, not in its time."""
    if any(wants_database(item) for item in session.items) and not session.config.option.collectonly:
        make_template()


def wants_database(item: pytest.Item) -> bool:
    """Whether the test reads or writes a database, its own or a shop's."""
    return item.get_closest_marker("django_db") is not None or "open_shops" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Each worker's database is a copy of the one that was migrated for the whole run."""
    name = f"test_dropshop_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    make_database(name)
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = name
        yield
        connection.close()
    drop_database(name)


# -- People ----------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, None, None]:
    """A test with people has a database: its shop's, where it has a shop, else its own. The long ones begin first."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if "database" in names and not names & {"shop", "open_shop"} and not item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.django_db)
        if is_slow_together(item.nodeid):
            item.add_marker(SLOW_AND_RARE)
    yield
    refuse_odd_names(items)
    items.sort(key=lambda item: next((place for place, folder in enumerate(LONG) if folder in item.path.parts), len(LONG)))


@pytest.fixture
def database(request: pytest.FixtureRequest) -> None:
    """The database in which the people of this test live; with `open_shop`, ask for people after opening."""
    if "shop" in request.fixturenames:
        request.getfixturevalue("shop")


@pytest.fixture(autouse=True)
def _idles_in_peace(request: pytest.FixtureRequest) -> None:
    """A test's own transaction waits while its process loads every address of the shop, on a busy machine for more than the
    4 s after which PostgreSQL ends the transaction of a frozen process."""
    mark = request.node.get_closest_marker("django_db")
    if mark is not None and not mark.kwargs.get("transaction"):
        request.getfixturevalue("db")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


# Where these are, passwords cost what they cost in the shop: its processes would hash a cheaper one anew at the first sign-in.
DEAR = {"shop", "open_shop", "open_shops", "real_passwords"}
_cheap_hashes: dict[str, str] = {}


@pytest.fixture
def real_passwords() -> None:
    """Passwords are hashed in this test as the shop does it."""


@pytest.fixture(autouse=True)
def _cheap_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everywhere else with the same hasher, and little of its time and memory."""
    from tests import make

    if DEAR.isdisjoint(request.fixturenames):
        monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
        monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 64)
        monkeypatch.setattr(make, "_hashes", _cheap_hashes)


def _person(username: str, **facts: Any) -> Any:
    from community.models import Member
    from tests.make import make_member

    return Member.objects.filter(username=username).first() or make_member(username, **facts)


@pytest.fixture
def alice(database: None) -> Any:
    """A shopper who lets others see her name."""
    return _person("alice", shows_name=True)


@pytest.fixture
def bob(database: None) -> Any:
    """A shopper who keeps his name to himself."""
    return _person("bob")


@pytest.fixture
def charlie(database: None) -> Any:
    """The stranger: signed in, and nothing here is his."""
    return _person("charlie")


@pytest.fixture
def staff(database: None) -> Any:
    """Staff who may do everything."""
    return _person("staff", is_staff=True, is_superuser=True)


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    """`sign_in(alice)` is a Django test client that alice is signed in with."""

    def signed_in(member: Any, **options: Any) -> Client:
        client = Client(**options)
        client.force_login(member)
        return client

    return signed_in


# -- Shops of real processes -----------------------------------------------------------------------


@pytest.fixture(scope="session")
def open_shops(django_db_blocker: DjangoDbBlocker) -> Iterator[OpenShops]:
    """Where shops are borrowed; the last one goes on serving until somebody wants another kind."""
    with OpenShops(django_db_blocker) as shops:
        yield shops


@pytest.fixture(scope="module")
def shop(open_shops: OpenShops) -> Iterator[Shop]:
    """One shop for all tests of a module; models read and write its database. Don't use `db` in the same module."""
    with open_shops.borrowed() as shop:
        yield shop


@pytest.fixture
def open_shop(open_shops: OpenShops) -> Iterator[Callable[..., Shop]]:
    """`open_shop(webs=2)` opens a shop for this test alone; models read and write its database from then on."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(open_shops.borrowed(**options))


# -- The browser -----------------------------------------------------------------------------------


@contextmanager
def a_browser() -> Iterator[Browser]:
    """A Chromium without a window. Playwright has an event loop, in which Django refuses its ORM: not meanwhile."""
    executable = chromium()  # may ask Playwright for its own, and two Playwrights at once there cannot be
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield browser
        browser.close()
        connections.close_all()  # beside an event loop Django keeps other connections, and these are to a shop that closes
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of a module (those of tests/browser share one)."""
    with a_browser() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser, shop: Shop) -> Iterator[Callable[..., Page]]:
    """`open_page("/", member=alice, viewport={...})` is a page of a browser of its own, signed in as that member.

    At the end of the test no page may have thrown, broken the content security policy, or logged an error; refusals the
    test asks for (a 409, a 404) do not count.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(path: str = "/", *, member: Any = None, **options: Any) -> Page:
        context = browser.new_context(base_url=shop.url, **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000)
        if member is not None:
            client = Client()
            client.force_login(member)
            context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": shop.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: complaints.extend(_complaint(page, message)))
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _complaint(page: Page, message: Any) -> list[str]:
    expected = message.text.startswith("Failed to load resource") or "WebSocket connection to" in message.text
    return [f"{page.url}: {message.text}"] if message.type == "error" and not expected else []
