"""Says what is wrong with a configuration, in sentences that name the variable; production does not start with any of it.

`manage.py check --deploy` shows them. `require_safe_start()` stands at the start of the web servers, the workers and beat, and
before `make run` and `manage.py migrate` have touched anything. It ends the process with the exit code REFUSED.
"""

import base64
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string

from dropshop.core.field_keys import is_key_name, is_wrapped
from dropshop.core.hooks import empty_hooks
from dropshop.core.token_buckets import Rate
from dropshop.machine.environment import refuse_to_start
from dropshop.operating.known_passwords import KNOWN, require_own_passwords

TAG = "dropshop"
KEY_MIN_LENGTH = 50  # characters, as Django's own check wants
WEBHOOK_PASSWORD_LENGTH = 24  # characters
STRIPE_KEYS = {
    "STRIPE_SECRET_KEY": "no card could be charged",
    "STRIPE_PUBLISHABLE_KEY": "no shopper could enter a card",
    "STRIPE_WEBHOOK_SECRET": "anybody could forge Stripe's messages",
}


def require_safe_start() -> None:
    """Ends a start with an empty hook, and a production start that has unsafe values, or accounts with a known password."""
    if empty := empty_hooks():
        refuse_to_start([f"The shop does not start: nobody fills the hook {name} (dropshop/core/hooks.py)." for name in empty])
    require_safe_values()
    require_own_passwords()


def require_safe_values() -> None:
    """Ends a production start that has unsafe values, with one sentence for each; anything else goes on."""
    if settings.ENVIRONMENT == "demo":
        return
    wrong = [
        found.msg for found in checks.run_checks(tags=[TAG], include_deployment_checks=True) if found.level >= checks.ERROR
    ]
    if wrong:
        refuse_to_start(["The shop does not start, because this is not safe:", *(f"  - {text}" for text in wrong)])


def require_usable_values() -> None:
    """Ends any process whose settings can be read but not used; called once all models are there."""
    unusable = [*_wrong_field_keys(settings.FIELD_KEYS), *_not_importable("PAYMENT_GATEWAY"), *_not_importable("EMAIL_BACKEND")]
    if unusable:
        refuse_to_start(unusable)


def _not_importable(name: str) -> Iterator[str]:
    path = getattr(settings, name)
    try:
        found = import_string(path)
    except ImportError as error:
        yield f"{name} is {path!r}, but must be the dotted path of a class that can be imported ({error})."
    else:
        if not isinstance(found, type):
            yield f"{name} is {path!r}, but must be the dotted path of a class, which that is not."


@checks.register(TAG)
def limits_can_be_read(**_: Any) -> list[checks.CheckMessage]:
    """Every limit is a rate, and every limited door names a limit."""
    wrong: list[checks.CheckMessage] = []
    for name, scopes in settings.LIMITS.items():
        for scope, text in scopes.items():
            try:
                Rate.parse(text)
            except ValueError as error:
                wrong.append(checks.Error(f"LIMITS[{name!r}][{scope!r}]: {error}", id="dropshop.E001"))
            if scope not in {"member", "account", "address", "device"}:
                wrong.append(checks.Error(f"LIMITS[{name!r}] counts by {scope!r}, which nobody knows.", id="dropshop.E002"))
    for door, name in settings.LIMITED_DOORS.items():
        if name not in settings.LIMITS:
            wrong.append(checks.Error(f"LIMITED_DOORS[{door!r}] is {name!r}, which LIMITS does not name.", id="dropshop.E003"))
    return wrong


@checks.register(TAG)
def hooks_are_filled(**_: Any) -> list[checks.CheckMessage]:
    """Every room hears from those above it what it asks of them."""
    return [checks.Error(f"Nobody fills the hook {name}.", id="dropshop.E004") for name in empty_hooks()]


@checks.register(TAG, deploy=True)
def production_is_safe(**_: Any) -> list[checks.CheckMessage]:
    """What must not be so where real people buy."""
    errors = [checks.Error(text, id=f"dropshop.E{number}") for number, text in _unsafe()]
    return [*errors, *(checks.Warning(text, id=f"dropshop.W{number}") for number, text in _doubtful())]


def _unsafe() -> Iterator[tuple[int, str]]:
    if settings.ENVIRONMENT not in {"demo", "production"}:
        yield 100, f"DROPSHOP_ENV is {settings.ENVIRONMENT!r}; it is either demo or production."
    if settings.SECRET_KEY == settings.UNSAFE_SECRET_KEY:
        yield 101, "SECRET_KEY is not set, and its default is known to everybody."
    elif len(settings.SECRET_KEY) < KEY_MIN_LENGTH or len(set(settings.SECRET_KEY)) < 5:
        yield 102, f"SECRET_KEY is too easy to guess: give it {KEY_MIN_LENGTH} random characters or more."
    if settings.DEBUG:
        yield 103, "DEBUG is on, and shows settings and code to whoever causes an error."
    if not settings.ALLOWED_HOSTS:
        yield 104, "ALLOWED_HOSTS is empty: name the hosts that the shop answers to."
    if any(host in {"*", "."} for host in settings.ALLOWED_HOSTS):
        yield 105, "ALLOWED_HOSTS lets in every host name, so that anybody can forge links in e-mails."
    if settings.DEMO and settings.DEMO_PASSWORD == KNOWN:
        yield 106, "DROPSHOP_DEMO=1 makes a staff member whose DROPSHOP_DEMO_PASSWORD is the known default."
    yield from ((107, text) for text in (*_wrong_field_keys(settings.FIELD_KEYS), *_known_field_key(settings.FIELD_KEYS)))
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"):
        if not getattr(settings, name):
            yield 108, f"{name} is off (COOKIES_SECURE=0): cookies would travel without encryption."
    if settings.DROPSHOP_PROXIES < 0:
        yield 109, "DROPSHOP_PROXIES is negative; it is how many proxies in front of the shop are trusted."
    if settings.SECURE_SSL_REDIRECT and not settings.SECURE_PROXY_SSL_HEADER:
        yield (
            110,
            (
                "SECURE_SSL_REDIRECT is on and DROPSHOP_PROXIES is 0: no proxy is trusted to say that a request came by HTTPS, "
                "so every page would redirect to itself for ever, and all shoppers would share the proxy's address."
            ),
        )
    yield from ((112, text) for text in _unsafe_stripe())
    yield from ((113, text) for text in _unsafe_vault(settings.FIELD_KEYS))
    yield from ((114, text) for text in _unsafe_email_webhook(settings.EMAIL_WEBHOOK_SECRET))
    if settings.ACCOUNT_RATE_LIMITS is not False:
        yield 111, "ACCOUNT_RATE_LIMITS is on: allauth's limits are not exact, and dropshop.core.limits already counts."


def _unsafe_email_webhook(secret: str) -> Iterator[str]:
    name, _, password = secret.partition(":")
    if secret and not (name and len(password) >= WEBHOOK_PASSWORD_LENGTH):
        wanted = f"“name:password” with {WEBHOOK_PASSWORD_LENGTH} characters or more in the password"
        yield f"EMAIL_WEBHOOK_SECRET is not {wanted}: anybody could have members' addresses suppressed."


def _takes_stripe() -> bool:
    return str(settings.PAYMENT_GATEWAY) == settings.GATEWAYS["stripe"]


def _unsafe_stripe() -> Iterator[str]:
    if not _takes_stripe():
        return
    for name, without in STRIPE_KEYS.items():
        if not getattr(settings, name):
            yield f"{name} is empty, and PAYMENT_GATEWAY is stripe: {without}."
    if not settings.STRIPE_API_BASE.startswith("https://"):
        yield f"STRIPE_API_BASE is {settings.STRIPE_API_BASE!r}: payments would travel without encryption."


def _wrong_field_keys(keys: Sequence[str]) -> Iterator[str]:
    if not keys:
        yield "DROPSHOP_FIELD_KEYS is empty: addresses could not be stored."
    if len({key.partition(":")[0] for key in keys}) < len(keys):
        yield "DROPSHOP_FIELD_KEYS names two keys alike."
    for key in keys:
        name, _, secret = key.partition(":")
        if not is_key_name(name):
            yield f"DROPSHOP_FIELD_KEYS: {name[:40]!r} is no name; give 1 to 40 letters, digits, dots and hyphens."
        if not is_wrapped(secret) and not _is_aes_256_key(secret):
            yield f"DROPSHOP_FIELD_KEYS: the key named {name!r} is not the base64 of 32 random bytes."


def _unsafe_vault(keys: Sequence[str]) -> Iterator[str]:
    if not any(is_wrapped(key.partition(":")[2]) for key in keys):
        return
    if not settings.VAULT_ADDR:
        yield "VAULT_ADDR is empty, and a key of DROPSHOP_FIELD_KEYS is wrapped by Vault: nothing encrypted could be read."
    elif not settings.VAULT_ADDR.startswith("https://"):
        yield f"VAULT_ADDR is {settings.VAULT_ADDR!r}: keys would travel without encryption."
    if not settings.VAULT_TOKEN and not settings.VAULT_TOKEN_FILE:
        yield "VAULT_TOKEN and VAULT_TOKEN_FILE are empty, and a key of DROPSHOP_FIELD_KEYS is wrapped by Vault."


def _known_field_key(keys: Sequence[str]) -> Iterator[str]:
    if settings.UNSAFE_FIELD_KEY in keys:
        yield "DROPSHOP_FIELD_KEYS is not set, and the default key for stored addresses is known to everybody."


def _is_aes_256_key(secret: str) -> bool:
    try:
        return len(base64.b64decode(secret, validate=True)) == 32
    except ValueError:
        return False


def _doubtful() -> Iterator[tuple[int, str]]:
    if settings.ENVIRONMENT == "demo":
        yield 200, "DROPSHOP_ENV is demo: HTTPS is not enforced. Set DROPSHOP_ENV=production where real people buy."
    if settings.DEMO:
        yield 201, "DROPSHOP_DEMO=1: the demo shop and its members are seeded."
    if not settings.REQUIRE_VERIFIED_EMAIL:
        yield 202, "DROPSHOP_REQUIRE_VERIFIED_EMAIL is 0: anybody can sign up with anybody's e-mail."
    if settings.EMAIL_BACKEND.startswith("anymail.") and not settings.EMAIL_WEBHOOK_SECRET:
        yield (
            206,
            "EMAIL_WEBHOOK_SECRET is not set: the shop does not hear of bounces and complaints, and goes on writing there.",
        )
    if settings.EMAIL_BACKEND.endswith((".console.EmailBackend", ".dummy.EmailBackend", ".locmem.EmailBackend")):
        yield 203, f"EMAIL_BACKEND is {settings.EMAIL_BACKEND}: no e-mail leaves the shop."
    if 0 < settings.DATABASE_POOL < (needed := sum(settings.THREADS.values())):
        yield (
            205,
            f"DATABASE_POOL is {settings.DATABASE_POOL}, but a web process has threads that keep {needed} connections.",
        )
    if settings.PAYMENT_GATEWAY.endswith("TestGateway"):
        yield 204, "PAYMENT_GATEWAY is the built-in test gateway: it takes no money."
    if _takes_stripe() and "_test_" in settings.STRIPE_SECRET_KEY:
        yield 206, "STRIPE_SECRET_KEY is one of Stripe's test keys: it takes no money."
