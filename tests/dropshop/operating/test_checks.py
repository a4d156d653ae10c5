"""A production start with unsafe values stops, and names them."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as shop
from django.core.checks import run_checks

from dropshop import asgi
from dropshop.checks import production_is_safe, require_safe_start
from dropshop.machine import run
from dropshop.machine.processes import REFUSED, VARIABLES

FIELD_KEY = "2026:" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SAFE = {
    "DROPSHOP_ENV": "production",
    "SECRET_KEY": "kB7-very-random-and-long-9xZq2LwP0sVtYcR4mNnE8uHjD6fGaT1",
    "ALLOWED_HOSTS": "shop.example.com",
    "DROPSHOP_FIELD_KEYS": FIELD_KEY,
    "DROPSHOP_PROXIES": "1",
}


@pytest.fixture
def production(settings):
    """Safe values."""
    settings.ENVIRONMENT, settings.DEBUG, settings.DEMO = "production", False, False
    settings.SECRET_KEY, settings.ALLOWED_HOSTS, settings.FIELD_KEYS = SAFE["SECRET_KEY"], ["shop.example.com"], [FIELD_KEY]
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.SECURE_SSL_REDIRECT = True
    settings.DROPSHOP_PROXIES, settings.SECURE_PROXY_SSL_HEADER = 1, ("HTTP_X_FORWARDED_PROTO", "https")
    return settings


def complaints():
    return [found.msg for found in production_is_safe() if found.id.startswith("dropshop.E")]


def test_safe_values_start(production):
    assert complaints() == []
    require_safe_start()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ENVIRONMENT", "prod", "DROPSHOP_ENV"),
        ("SECRET_KEY", "unsafe-development-key", "SECRET_KEY is not set"),
        ("SECRET_KEY", "short", "SECRET_KEY is too easy"),
        ("SECRET_KEY", "a" * 80, "SECRET_KEY is too easy"),
        ("DEBUG", True, "DEBUG is on"),
        ("ALLOWED_HOSTS", [], "ALLOWED_HOSTS is empty"),
        ("ALLOWED_HOSTS", ["shop.example.com", "*"], "ALLOWED_HOSTS lets in"),
        ("DEMO", True, "DROPSHOP_DEMO_PASSWORD"),
        ("FIELD_KEYS", [], "DROPSHOP_FIELD_KEYS is empty"),
        ("FIELD_KEYS", [shop.UNSAFE_FIELD_KEY], "known to everybody"),
        ("FIELD_KEYS", ["a:c2hvcnQ="], "'a' is not the base64 of 32"),
        ("FIELD_KEYS", ["a:***"], "'a' is not the base64 of 32"),
        ("FIELD_KEYS", [FIELD_KEY, FIELD_KEY], "two keys alike"),
        ("SESSION_COOKIE_SECURE", False, "SESSION_COOKIE_SECURE"),
        ("CSRF_COOKIE_SECURE", False, "CSRF_COOKIE_SECURE"),
        ("DROPSHOP_PROXIES", -1, "negative"),
        ("SECURE_PROXY_SSL_HEADER", None, "DROPSHOP_PROXIES is 0"),
        ("ACCOUNT_RATE_LIMITS", {}, "allauth's limits"),
    ],
    ids=[
        *("no environment", "default secret", "short secret", "monotonous secret", "debug", "no hosts", "any host", "demo"),
        *("no field keys", "default field key", "short field key", "no base64", "twice the same key", "session cookie"),
        *("csrf cookie", "fewer than no proxies", "no proxy for https", "allauth's limits"),
    ],
)
def test_each_unsafe_value_is_named_and_stops_the_start(production, capsys, name, value, says):
    setattr(production, name, value)
    found = complaints()
    assert len(found) == 1
    assert says in found[0]
    with pytest.raises(SystemExit) as stopped:
        require_safe_start()
    assert stopped.value.code == REFUSED
    assert capsys.readouterr().err == f"The shop does not start, because this is not safe:\n  - {found[0]}\n"


@pytest.fixture
def with_stripe(production):
    """Safe values of a shop that takes cards by Stripe."""
    production.PAYMENT_GATEWAY, production.STRIPE_API_BASE = production.GATEWAYS["stripe"], "https://api.stripe.com"
    production.STRIPE_SECRET_KEY, production.STRIPE_PUBLISHABLE_KEY = "sk_live_1", "pk_live_1"
    production.STRIPE_WEBHOOK_SECRET = "whsec_1"
    return production


def test_a_start_with_stripe_and_its_keys_is_safe(with_stripe):
    assert (complaints(), {"dropshop.W204", "dropshop.W206"} & set(doubts())) == ([], set())


@pytest.mark.parametrize("name", ["STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY", "STRIPE_WEBHOOK_SECRET"])
def test_acceptance_55_an_empty_secret_of_stripe_stops_a_production_start(with_stripe, capsys, name):
    """Acceptance 55: a blank secret stops a production start; without Stripe nobody asks for it."""
    setattr(with_stripe, name, "")
    assert [said.split(",")[0] for said in complaints()] == [f"{name} is empty"]
    with pytest.raises(SystemExit) as stopped:
        require_safe_start()
    assert stopped.value.code == REFUSED
    assert f"{name} is empty, and PAYMENT_GATEWAY is stripe" in capsys.readouterr().err
    with_stripe.PAYMENT_GATEWAY = with_stripe.GATEWAYS["test"]
    assert complaints() == []


def test_acceptance_55_a_secret_of_blanks_is_empty_and_stops_a_start_of_production():
    """Acceptance 55: by the real environment."""
    quiet = {name: value for name, value in os.environ.items() if not name.startswith(VARIABLES)}
    keys = {"STRIPE_SECRET_KEY": "sk_live_1", "STRIPE_PUBLISHABLE_KEY": "pk_live_1", "STRIPE_WEBHOOK_SECRET": "   "}
    env = quiet | SAFE | keys | {"DROPSHOP_STATE": "/nonexistent", "PAYMENT_GATEWAY": "stripe"}
    command = [sys.executable, "manage.py", "check_start", "true"]
    done = subprocess.run(command, check=False, env=env, cwd=shop.BASE_DIR, capture_output=True, text=True)
    assert (done.returncode, "STRIPE_WEBHOOK_SECRET is empty" in done.stderr) == (REFUSED, True), done.stderr


def test_a_test_key_of_stripe_is_warned_of(with_stripe):
    with_stripe.STRIPE_SECRET_KEY = "sk_test_1"
    assert ("dropshop.W206" in doubts(), complaints()) == (True, [])


def test_an_open_connection_to_stripe_is_not_safe(with_stripe):
    with_stripe.STRIPE_API_BASE = "http://api.example.com"
    assert complaints() == ["STRIPE_API_BASE is 'http://api.example.com': payments would travel without encryption."]


def test_no_complaint_shows_the_secret_itself(production):
    production.SECRET_KEY, production.FIELD_KEYS = "s3cr3t", ["a:c2hvcnQ="]
    assert len(complaints()) == 2
    assert "s3cr3t" not in str(complaints())
    assert "c2hvcnQ" not in str(complaints())


def test_a_demo_starts_with_anything(settings):
    settings.ENVIRONMENT, settings.SECRET_KEY = "demo", "unsafe-development-key"
    require_safe_start()


def test_a_limit_that_cannot_be_read_is_an_error_in_every_environment(settings):
    settings.LIMITS = {"sign-in": {"account": "often", "moon": "1/1s"}}
    settings.LIMITED_DOORS = {"account_signup": "sign-up"}
    assert sorted(found.id for found in run_checks(tags=["dropshop"])) == ["dropshop.E001", "dropshop.E002", "dropshop.E003"]


def test_a_real_start_with_safe_values_starts():
    quiet = {name: value for name, value in os.environ.items() if not name.startswith(VARIABLES)}
    quiet |= {"DROPSHOP_STATE": "/nonexistent", "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none", **SAFE}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import dropshop.asgi; print('started')"],
        check=False, env=quiet, cwd=shop.BASE_DIR, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "started"), done.stderr
    assert "accounts not judged, the database is away" in done.stderr


def doubts():
    return [found.id for found in production_is_safe() if found.id.startswith("dropshop.W")]


def test_a_pool_with_fewer_connections_than_threads_is_warned_of(production):
    needed = sum(shop.THREADS.values())
    found = []
    for production.DATABASE_POOL in (needed - 1, needed, 0):
        found.append("dropshop.W205" in doubts())
    assert found == [True, False, False]  # 0: no pool, plain connections


def test_make_run_allows_each_further_live_process_the_connections_of_its_threads():
    assert sum(shop.THREADS.values()) == run.POOL


def test_the_threads_of_a_web_process_are_as_many_as_the_settings_say():
    pools = {
        "pages": asgi.page_bridge._threads,
        "sign-ins": asgi.sign_in_bridge._threads,
        "elsewhere": asgi.elsewhere_bridge._threads,
        "desk": asgi.desk._threads,
        "sockets": asgi.sockets.hub._threads._pool,
    }
    assert {name: pool._max_workers for name, pool in pools.items()} == {name: shop.THREADS[name] for name in pools}
    assert {"database", "sweeper"} | {"redis"} == set(shop.READINESS)  # of which Redis asks no database
    assert shop.THREADS["probes"] == 2
