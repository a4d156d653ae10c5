"""A variable that cannot be read ends every process with one sentence: its name, its value, and what is wanted."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as shop

from dropshop.checks import require_usable_values
from dropshop.machine import environment
from dropshop.machine.environment import without_password
from dropshop.machine.processes import REFUSED, VARIABLES
from tests.harness.fresh_settings import read_settings

# Each variable that is more than a text: values that are none of its kind, and what the sentence says is wanted.
WRONG = {
    "DROPSHOP_ENV": (("prod",), "one of demo, production"),
    "DEBUG": (("maybe", "2", "ja"), "1 or 0 (or yes or no, true or false, on or off)"),
    "DROPSHOP_DEMO": (("perhaps",), "1 or 0 (or yes or no, true or false, on or off)"),
    "DROPSHOP_REQUIRE_VERIFIED_EMAIL": (("nope",), "1 or 0 (or yes or no, true or false, on or off)"),
    "EMAIL_USE_TLS": (("starttls",), "1 or 0 (or yes or no, true or false, on or off)"),
    "SECURE_SSL_REDIRECT": (("301",), "1 or 0 (or yes or no, true or false, on or off)"),
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": (("all",), "1 or 0 (or yes or no, true or false, on or off)"),
    "SECURE_HSTS_PRELOAD": (("x",), "1 or 0 (or yes or no, true or false, on or off)"),
    "COOKIES_SECURE": (("strict",), "1 or 0 (or yes or no, true or false, on or off)"),
    "DROPSHOP_PROXIES": (("one", "-1", "1.5", "٣", "1_0", "9" * 40), "a whole number from 0 up, such as 0"),
    "DATABASE_PREPARED": (("never",), "1 or 0 (or yes or no, true or false, on or off)"),
    "DATABASE_POOL": (("many", "-5"), "a whole number from 0 up, such as 26"),
    "DROPSHOP_LIVE_PROCESSES": (("two", "0", "65", "1.5"), "a whole number from 1 to 64, such as 1"),
    "EMAIL_PORT": (("smtp", "0", "65536"), "a whole number from 1 to 65535, such as 25"),
    "SECURE_HSTS_SECONDS": (("1y", "-1"), "a whole number from 0 up, such as 0"),
    "LIMITS_PATIENCE": (("short", "0", "-1", "nan", "inf"), "a number from 0.001 to 60, such as 2"),
    "PAYMENT_TIMEOUT": (("10s", "0", "nan"), "a number from 0.001 to 600, such as 10"),
    "REFUND_APPROVAL_LIMIT": (
        ("500", "500 dollars", "USD 500", "5e2 USD", "5_00 USD", "+500 USD", "-1 USD", "1.001 USD", "5 USD, 6 USD", "1 USD 2"),
        "amounts of zero or more, each currency once, such as 500 USD, 500 EUR, 400 GBP, 75000 JPY",
    ),
    "WITHDRAWAL_DAYS": (("two weeks", "-1", "367"), "a whole number from 0 to 366, such as 14"),
    "WITHDRAWAL_TIME_ZONE": (("Berlin", "CET+1"), "the name of a time zone, such as Europe/Berlin"),
    "WITHDRAWAL_HOLIDAYS": (("25 December", "2026-12-25, 2026-13-01"), "dates such as 2026-12-25, with commas between them"),
    "RETURN_COSTS": (("nobody",), "one of shop, shopper"),
    "PAGE_CACHE_SECONDS": (("1s", "-1", "inf"), "a number from 0 to 3600, such as 1"),
    "LOG_LEVEL": (("loud",), "one of CRITICAL, ERROR, WARNING, INFO, DEBUG"),
    "LOG_FORM": (("xml",), "one of auto, json, console"),
    "DATABASE_URL": (
        ("shop", "mysql://shop@db/shop", "postgresql://db:port/shop", "postgresql://db", "postgresql://db/shop?color=red"),
        "an address such as postgresql://user:password@host:5432/name",
    ),
    "REDIS_URL": (
        ("cache", "http://cache", "redis://cache:port/0", "redis://cache/one", "redis://"),
        "an address such as redis://:password@host:6379/0",
    ),
    "GEOCODER_URL": (("nominatim", "ftp://maps"), "an address that begins with https:// or http://"),
    "MAP_TILES": (
        ("tiles", "https://tiles.example.org/{z}/{x}.png"),
        "an address that begins with https:// or http:// that holds {z}, {x}, {y}",
    ),
    "DROPSHOP_LIMITS": (
        ("often", "[]", '"a"', "7", "{" * 3, "[" * 100_000),
        'a JSON object such as {"sign-up": {"address": "10/1h"}}',
    ),
}


@pytest.fixture(autouse=True)
def _nothing_read_yet(monkeypatch):
    monkeypatch.setattr(environment, "_unreadable", [])


@pytest.fixture
def say(capsys):
    """The sentences with which a process ends that has this environment, once it has read its settings."""

    def said():
        with pytest.raises(SystemExit) as stopped:
            read_settings()
        assert stopped.value.code == REFUSED
        return capsys.readouterr().err

    return said


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [(name, value, wanted) for name, (values, wanted) in WRONG.items() for value in values],
    ids=[f"{name}-{number}" for name, (values, _) in WRONG.items() for number, _ in enumerate(values, 1)],
)
def test_a_value_of_the_wrong_kind_is_named_with_what_is_wanted(say, monkeypatch, name, value, wanted):
    monkeypatch.setenv(name, value)
    assert say() == f"{name} is {value!r}, but must be {wanted}.\n"


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("DROPSHOP_LIMITS", '{"sing-in": {}}', "which 'sing-in' is not"),
        ("DROPSHOP_LIMITS", '{"sign-in": {"moon": "1/1s"}}', "by account or address or device for 'sign-in', not by 'moon'"),
        (
            "DROPSHOP_LIMITS",
            '{"sign-in": {"member": "1/1s"}}',
            "by account or address or device for 'sign-in', not by 'member'",
        ),
        ("DROPSHOP_LIMITS", '{"sign-in": {"address": "often"}}', "made of rates such as 10/60s, which 'often' is not"),
        ("DROPSHOP_LIMITS", '{"sign-in": {"address": 10}}', "made of rates such as 10/60s, which 10 is not"),
        ("DROPSHOP_LIMITS", '{"sign-in": "10/60s"}', "which '10/60s' is not"),
        ("ALLOWED_HOSTS", "https://shop.example.com", "which 'https://shop.example.com' is not"),
        ("ALLOWED_HOSTS", "a.example.com,b.example.com:8000", "which 'b.example.com:8000' is not"),
        ("CSRF_TRUSTED_ORIGINS", "shop.example.com", "which 'shop.example.com' is not"),
        ("CSRF_TRUSTED_ORIGINS", "https://shop.example.com/", "which 'https://shop.example.com/' is not"),
    ],
    ids=[
        *("limit", "moon", "member", "rate", "number", "text instead of rates"),
        *("scheme", "port", "origin without scheme", "origin with path"),
    ],
)
def test_the_part_of_a_value_that_is_wrong_is_named(say, monkeypatch, name, value, wanted):
    monkeypatch.setenv(name, value)
    said = say()
    assert said.startswith(f"{name} is {value!r}, but must be ")
    assert said.endswith(f"{wanted}.\n")


def test_all_that_is_wrong_is_said_at_once(say, monkeypatch):
    monkeypatch.setenv("DEBUG", "maybe")
    monkeypatch.setenv("DROPSHOP_PROXIES", "one")
    assert [line.split()[0] for line in say().splitlines()] == ["DEBUG", "DROPSHOP_PROXIES"]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://shop:hunter2@db/shop", "postgresql://shop:***@db/shop"),
        ("postgresql://shop:a/b@c:d@db:x/shop", "postgresql://shop:***@db:x/shop"),
        ("redis://:hunter2@cache/x", "redis://:***@cache/x"),
        ("postgres//shop:hunter2@db", "postgres//shop:***@db"),
        ("postgresql://db/shop?password=hunter2&x=1", "postgresql://db/shop?password=***&x=1"),
        ("postgresql://db:x/shop", "postgresql://db:x/shop"),
    ],
    ids=["password", "odd password", "without a name", "not an address", "in the query", "no password"],
)
def test_a_password_in_an_address_is_not_shown(address, shown):
    assert without_password(address) == shown


@pytest.mark.parametrize("name", ["services.json", "secrets.json"])
@pytest.mark.parametrize("content", ["{", "[]", '{"SECRET_KEY": 1}', "\0"], ids=["cut", "list", "number", "zero"])
def test_a_broken_file_of_the_state_folder_is_named(say, monkeypatch, tmp_path, name, content):
    (tmp_path / name).write_text(content)
    for variable in ("DATABASE_URL", "SECRET_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("DROPSHOP_STATE", str(tmp_path))
    said = say()
    assert said.startswith(f"{tmp_path / name} ")
    assert len(said.splitlines()) == 1


def test_what_libpq_knows_is_handed_on_from_the_address(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:p%40ss@db:6543/shop?sslmode=require&options=-c%20geqo%3Doff")
    found = read_settings()["DATABASES"]["default"]
    assert [found[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == ["ann", "p@ss", "db", "6543", "shop"]
    assert (found["OPTIONS"]["sslmode"], found["OPTIONS"]["options"].split(" -c ")[0]) == ("require", "-c geqo=off")


# -- In every process ------------------------------------------------------------------------------

PROCESSES = {
    "one web process": ("-m", "dropshop.edge.uvicorn", "--port", "0"),
    "worker": ("-m", "celery", "-A", "dropshop", "worker", "-n", "nobody@here", "-P", "threads"),
    "sweeper": ("-m", "celery", "-A", "dropshop", "worker", "-n", "nobody@here", "-P", "solo"),
    "beat": ("-m", "celery", "-A", "dropshop", "beat", "--schedule"),
    "web processes": ("manage.py", "check_start", "python", "-m", "dropshop.edge.uvicorn", "--port=0", "--processes=2"),
    "migrate": ("manage.py", "migrate"),
}
# No process may hide one of these three kinds: it cannot be read, it can be read but not used, it is not safe in production.
KINDS = {
    "unreadable": ({"DROPSHOP_PROXIES": "one"}, "DROPSHOP_PROXIES is 'one', but must be a whole number"),
    "unusable": ({"PAYMENT_GATEWAY": "a.bank.Gateway"}, "PAYMENT_GATEWAY is 'a.bank.Gateway', but must be the dotted path"),
    "unsafe": ({"DROPSHOP_ENV": "production", "ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS lets in every host name"),
}


def start(command, **env):
    quiet = {name: value for name, value in os.environ.items() if not name.startswith(VARIABLES)}
    quiet |= {"DROPSHOP_STATE": "/nonexistent", "PYTHONWARNINGS": "ignore", **env}
    return subprocess.run([sys.executable, *command], check=False, env=quiet, cwd=shop.BASE_DIR, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("process", "kind"),
    [
        ("one web process", "unreadable"),
        ("one web process", "unsafe"),
        ("web processes", "unsafe"),
        ("migrate", "unsafe"),
        ("sweeper", "unsafe"),
        ("beat", "unsafe"),
        ("worker", "unusable"),
    ],
)
def test_a_process_that_refuses_its_configuration_has_an_exit_code_for_it(tmp_path, process, kind):
    env, sentence = KINDS[kind]
    done = start((*PROCESSES[process], *([tmp_path / "schedule"] if process == "beat" else [])), **env)
    assert done.returncode == REFUSED, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_field_keys_that_cannot_be_used_are_refused_also_in_a_demo_and_are_not_shown(settings, capsys):
    settings.FIELD_KEYS = ["first:c2hvcnQ="]
    with pytest.raises(SystemExit) as stopped:
        require_usable_values()
    assert (stopped.value.code, capsys.readouterr().err) == (
        REFUSED,
        "DROPSHOP_FIELD_KEYS: the key named 'first' is not the base64 of 32 random bytes.\n",
    )
