"""All settings of the shop, one section per concern; everything that differs between machines is an environment variable.

The defaults run on a fresh checkout. What must be set for production is named by `dropshop/checks.py`.
"""

import logging
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from dropshop.machine.environment import (
    env,
    env_amounts,
    env_choice,
    env_dates,
    env_flag,
    env_float,
    env_hosts,
    env_installed,
    env_int,
    env_limits,
    env_list,
    env_origins,
    env_own_address,
    env_postgres,
    env_prefixed,
    env_redis,
    env_time_zone,
    env_web_address,
    require_readable,
    state_file,
)

BASE_DIR = Path(__file__).resolve().parent.parent


# -- Where this shop lives -------------------------------------------------------------------------

STATE_DIR = Path(env("DROPSHOP_STATE", str(BASE_DIR / ".state")))
# Who was erased, beside the database and its backups (community/personal_data/erased.py).
ERASURES_FILE = env("ERASURES_FILE", str(STATE_DIR / "erasures" / "members.txt"))
# In production the shop starts only with safe values (dropshop/checks.py).
ENVIRONMENT = env_choice("DROPSHOP_ENV", "demo", ("demo", "production"))
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env_flag("DEBUG", default=False)
DEMO = env_flag("DROPSHOP_DEMO", default=False)
DEMO_PASSWORD = env("DROPSHOP_DEMO_PASSWORD", "dropshop")

# What the supervisor of `make run` wrote down, for commands in a second terminal.
_services = {} if env("DATABASE_URL") and env("REDIS_URL") else state_file(STATE_DIR / "services.json")
_secrets = {} if env("SECRET_KEY") and env("DROPSHOP_FIELD_KEYS") else state_file(STATE_DIR / "secrets.json")
REDIS_URL = env_redis("REDIS_URL", _services.get("REDIS_URL", "redis://127.0.0.1:6379/0"))

UNSAFE_SECRET_KEY = "unsafe-development-key"  # noqa: S105 - refused in production
SECRET_KEY = env("SECRET_KEY", _secrets.get("SECRET_KEY", UNSAFE_SECRET_KEY))
# Keys for encrypted fields (M3), newest first, "id:base64 of 32 bytes"; never derived from SECRET_KEY.
UNSAFE_FIELD_KEY = "unsafe:" + "A" * 43 + "="
FIELD_KEYS = env_list("DROPSHOP_FIELD_KEYS", _secrets.get("DROPSHOP_FIELD_KEYS", UNSAFE_FIELD_KEY))
# A key that says "id:vault:v1:…" is unwrapped by Vault's Transit engine (dropshop/core/field_keys.py).
VAULT_ADDR, VAULT_TRANSIT_KEY = env_web_address("VAULT_ADDR").rstrip("/"), env("VAULT_TRANSIT_KEY", "transit/dropshop")
VAULT_TOKEN, VAULT_TOKEN_FILE = env("VAULT_TOKEN"), env("VAULT_TOKEN_FILE")
VAULT_TIMEOUT = env_float("VAULT_TIMEOUT", 2, least=0.1, most=30)  # seconds
ALLOWED_HOSTS = env_hosts("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env_origins("CSRF_TRUSTED_ORIGINS")
# Where the shop is found from outside: what it says of itself to programs (the `type` of a problem) is an address below this.
SITE_URL = env_web_address("SITE_URL").rstrip("/") or env_own_address(ALLOWED_HOSTS if PRODUCTION else ())
# The seller, as receipts name them; the lines of the address are parted by "|".
SHOP_NAME, SHOP_TAX_ID = env("SHOP_NAME", "dropshop"), env("SHOP_TAX_ID")
SHOP_ADDRESS = [line.strip() for line in env("SHOP_ADDRESS").split("|") if line.strip()]
# How many proxies in front are trusted to have appended to X-Forwarded-For.
DROPSHOP_PROXIES = env_int("DROPSHOP_PROXIES", 0)

# Sites whose pages may call the API from a browser, with tokens and passes and never with cookies; none by default.
CORS_ALLOWED_ORIGINS = env_origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = (
    *("accept", "authorization", "content-type"),
    *("idempotency-key", "if-none-match", "x-drop-pass", "x-request-id", "x-work"),
)
CORS_EXPOSE_HEADERS = (
    *("ETag", "Idempotent-Replayed", "Location", "RateLimit", "RateLimit-Policy"),
    *("Retry-After", "WWW-Authenticate", "X-Request-ID"),
)

# -- Applications ----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "dropshop.apps.DropshopConfig",
    "dropshop.core.outbox.apps.OutboxConfig",
    "drops",
    "reservations",
    "community",
    "dropshop.apps.ShopAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "allauth.headless",
    "channels",
    "csp",
    "django_filters",
    "django_structlog",
    "lucide",
    "pghistory",
    "pgtrigger",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

# What puts headers on every answer. The desk, which answers without Django, asks it once (dropshop/core/response_headers.py).
HEADER_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
# The order matters: the log sees everything; headers stand on every answer, also on the early refusals below them; probes
# and malformed requests are answered before anybody asks a session; limits come after the CSRF check.
MIDDLEWARE = [
    "dropshop.core.logs.RequestLog",
    *HEADER_MIDDLEWARE,
    *(["corsheaders.middleware.CorsMiddleware"] if CORS_ALLOWED_ORIGINS else []),
    "dropshop.operating.health.HealthMiddleware",
    "dropshop.edge.request_checks.RequestChecks",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "community.accounts.linked_accounts.DeviceCookieMiddleware",
    "dropshop.core.limits.RateLimitMiddleware",
    "dropshop.core.errors.DropshopErrorMiddleware",
]

ROOT_URLCONF = "dropshop.urls"
ASGI_APPLICATION = "dropshop.asgi.application"
WSGI_APPLICATION = "dropshop.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["lucide.templatetags.lucide", "dropshop.templatetags.faults", "dropshop.templatetags.moments"],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# -- Database --------------------------------------------------------------------------------------

# A frozen process must not keep a size's row from the others: PostgreSQL ends its idle transaction after 4 s, and nobody
# waits longer than 5 s for a lock. `DATABASE_POOL=0` (tests) opens plain connections. Migrations may take their time
# (management/commands/migrate.py).
LOCK_TIMEOUTS = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=4s"
_postgres = env_postgres("DATABASE_URL", _services.get("DATABASE_URL", "postgresql:///dropshop"))
# The threads of a web process that keep a database connection while they work; a connection for each of them is in the pool
# (dropshop/checks.py). "probes" are the two parts of /readyz that ask the database. The threads that wait for banks hold none
# while they wait; what they borrow for a statement comes out of the "banks" here, and they queue for it.
THREADS = {"pages": 10, "sign-ins": 2, "elsewhere": 2, "desk": 4, "sockets": 2, "probes": 2, "banks": 4}
DATABASE_POOL = _pooled = env_int("DATABASE_POOL", sum(THREADS.values()))
DATABASES = {
    "default": {
        "ENGINE": "dropshop.core.postgresql",
        **{name.upper(): _postgres.pop(name, "") for name in ("user", "password", "host", "port")},
        "NAME": _postgres.pop("dbname"),
        "CONN_HEALTH_CHECKS": False,  # the engine looks itself whether a connection of the pool still answers
        "OPTIONS": {
            "connect_timeout": 3,
            **_postgres,
            "options": f"{_postgres.get('options', '')} {LOCK_TIMEOUTS}".strip(),
            **(
                {
                    "pool": {
                        "min_size": 1,
                        "max_size": _pooled,
                        "timeout": 3,
                        # The pool's pauses between attempts double until it gives up and starts afresh: give up early, or
                        # it sleeps on for minutes after the database is back.
                        "reconnect_timeout": 4,
                    }
                }
                if _pooled
                else {}
            ),
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Redis: push, queue ----------------------------------------------------------------------------

# Pub/sub knows no numbered databases, so the number stands in the prefix: two shops on one Redis do not hear each other.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": f"dropshop{urlsplit(REDIS_URL).path.replace('/', '.')}"},
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 2}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# The sweeper has a queue, and a worker slot, of its own: nothing slow ever delays an expiry. So have other stores' feeds:
# however long their hosts make us wait, a payment left open is settled meanwhile. And so have e-mails: nothing else waits for
# a mail server (M7).
CELERY_TASK_ROUTES = {
    "reservations.tasks.expire_overdue": {"queue": "expiry"},
    "drops.tasks.announce_phases": {"queue": "expiry"},
    "community.tasks.read_source": {"queue": "reading"},
    "dropshop.core.outbox.tasks.send_emails": {"queue": "mail"},
}
CELERY_TASK_DEFAULT_QUEUE = "default"


def _every(task: str, *, expires: int, **span: int) -> dict[str, object]:
    """The task once in each such span; a run that no worker has begun after `expires` seconds is dropped."""
    return {"task": task, "schedule": timedelta(**span), "options": {"expires": expires}}


CELERY_BEAT_SCHEDULE = {
    "end the holds that are overdue": _every("reservations.tasks.expire_overdue", seconds=1, expires=2),
    "announce the drops whose phase has changed": _every("drops.tasks.announce_phases", seconds=1, expires=2),
    "tell members what they follow and look for": _every("community.tasks.notify_members", seconds=1, expires=2),
    "write the e-mails of notices that are due": _every("community.tasks.write_notice_emails", seconds=10, expires=10),
    "send the e-mails that are due": _every("dropshop.core.outbox.tasks.send_emails", seconds=1, expires=2),
    "put the drops that have opened into the feed": _every("community.tasks.announce_drops", seconds=5, expires=10),
    "settle the payments that were left open": _every("reservations.tasks.settle_payments", seconds=5, expires=10),
    "book the fees of the payment provider": _every("reservations.tasks.book_fees", seconds=10, expires=20),
    "send the refunds that are due": _every("reservations.tasks.send_refunds", seconds=5, expires=10),
    "set up and forget saved cards": _every("reservations.tasks.set_up_payment_methods", seconds=2, expires=5),
    "save what shoppers keep for next time": _every("reservations.tasks.keep_for_next_time", seconds=2, expires=5),
    "let new orders be found by name": _every("reservations.tasks.store_words_of_recipients", seconds=5, expires=10),
    "handle what the payment provider has told": _every("reservations.tasks.handle_provider_events", seconds=5, expires=10),
    "ask back the money of withdrawals": _every("reservations.tasks.ask_back_withdrawn_money", minutes=1, expires=60),
    "read the sources that are due": _every("community.tasks.read_due_sources", seconds=10, expires=20),
    "remind guests of the events of the next day": _every("community.tasks.remind_guests", minutes=10, expires=600),
    "end the restocks nobody speaks of any more": _every("community.tasks.end_overdue_restocks", minutes=10, expires=600),
    "remind who has not sent what they traded": _every("community.tasks.notify_trade_deadlines", minutes=10, expires=600),
    "forget what was kept for its time": _every("dropshop.tasks.enforce_retention", hours=1, expires=3600),
}

# -- Members and sign-in ---------------------------------------------------------------------------

AUTH_USER_MODEL = "community.Member"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["dropshop.core.passwords.Argon2Hasher", "dropshop.core.passwords.PBKDF2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "dropshop.operating.known_passwords.NotTheDemosPassword"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
REQUIRE_VERIFIED_EMAIL = env_flag("DROPSHOP_REQUIRE_VERIFIED_EMAIL", default=PRODUCTION)
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if REQUIRE_VERIFIED_EMAIL else "optional"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_FORMS = {"signup": "community.accounts.mailboxes.SignupForm"}
ACCOUNT_ADAPTER = "community.accounts.adapter.AccountAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
# A way in while strangers guess at a password: a code by e-mail, good in its own browser, for ten minutes and three tries.
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
# What an account asks for beside its password. Who has one is asked for it however they sign in, programs too.
MFA_ADAPTER = "community.accounts.second_factors.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # steps of thirty seconds by which a telephone's clock may be wrong; each code is good once
# Where addresses are not verified, who loses a second factor has nothing to lose by it.
MFA_ALLOW_UNVERIFIED_EMAIL = not REQUIRE_VERIFIED_EMAIL
MFA_FORMS = {
    "authenticate": "community.accounts.second_factors.CodeForm",
    "reauthenticate": "community.accounts.second_factors.CodeAgainForm",
    "login_webauthn": "community.accounts.passkeys.PasskeySignInForm",
    "authenticate_webauthn": "community.accounts.passkeys.PasskeyForm",
    "reauthenticate_webauthn": "community.accounts.passkeys.PasskeyAgainForm",
    "add_webauthn": "community.accounts.passkeys.AddPasskeyForm",
    "edit_webauthn": "community.accounts.passkeys.RenamePasskeyForm",
}
# Without a second factor staff are members like any other: no admin, no permission, in a page or in the API.
STAFF_SECOND_FACTOR = env_flag("STAFF_SECOND_FACTOR", default=PRODUCTION)
# Seconds for which a sign-in is fresh: long enough for changing an address, a password or a second factor (docs/operations.md).
ACCOUNT_REAUTHENTICATION_TIMEOUT = env_int("FRESH_SIGN_IN_SECONDS", 300, least=10, most=3600)
# Signing in elsewhere: Google, and one other provider that speaks OpenID Connect. What has no client id is not shown.
_elsewhere = [
    ("google", "Google", "https://accounts.google.com", env("GOOGLE_CLIENT_ID"), env("GOOGLE_CLIENT_SECRET")),
    (
        *("openid", env("OPENID_NAME", "OpenID"), env_web_address("OPENID_SERVER").rstrip("/")),
        *(env("OPENID_CLIENT_ID"), env("OPENID_CLIENT_SECRET")),
    ),
]
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, list[dict[str, object]]]] = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": _id,
                "name": _name,
                "client_id": _client.strip(),
                "secret": _secret.strip(),
                "settings": {"server_url": _server, "fetch_userinfo": False, "oauth_pkce_enabled": True},
            }
            for _id, _name, _server, _client, _secret in _elsewhere
            if _client.strip() and _server
        ]
    }
}
SOCIALACCOUNT_ADAPTER = "community.accounts.providers.ProviderAdapter"
SOCIALACCOUNT_FORMS = {"signup": "community.accounts.providers.ProviderSignupForm"}
SOCIALACCOUNT_AUTO_SIGNUP = False  # who is new chooses a name by the shop's rules (N1)
SOCIALACCOUNT_EMAIL_VERIFICATION = ACCOUNT_EMAIL_VERIFICATION
# Seconds after which a page that asks a provider gives up, whatever it asks; such pages have threads of their own.
SIGN_IN_ELSEWHERE_SECONDS = env_float("SIGN_IN_ELSEWHERE_SECONDS", 5, least=0.001, most=30)
# The owner is told by e-mail what was changed about getting in.
ACCOUNT_EMAIL_NOTIFICATIONS = True
HEADLESS_ENABLED = True
HEADLESS_TOKEN_STRATEGY = "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy"  # noqa: S105 - a dotted path
HEADLESS_JWT_ALGORITHM = "HS256"
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 15 * 60
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = 7 * 24 * 3600
HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True
# Without this an access token outlives its sign-out.
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
# A member's oldest sign-ins end beyond so many; each is a session in the database.
SIGN_INS_PER_MEMBER = env_int("SIGN_INS_PER_MEMBER", 100, least=1)
EMAIL_BACKEND = env("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST, EMAIL_PORT = env("EMAIL_HOST", "localhost"), env_int("EMAIL_PORT", 25, least=1, most=65535)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env("EMAIL_HOST_USER"), env("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env_flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "shop@example.com")
# Days for which an e-mail that was sent, or given up, is kept for staff (dropshop/core/outbox).
EMAIL_DAYS = env_int("EMAIL_DAYS", 90, least=1)
# A provider of e-mail tells of bounces and complaints with it, as "name:password" (dropshop/core/outbox/webhook.py).
EMAIL_WEBHOOK_SECRET = env("EMAIL_WEBHOOK_SECRET").strip()
# What django-anymail, an extra, needs to know for its provider: ANYMAIL_POSTMARK_SERVER_TOKEN and the like.
if EMAIL_BACKEND.startswith("anymail."):
    env_installed("EMAIL_BACKEND", "anymail", "anymail")
    INSTALLED_APPS.append("anymail")
    ANYMAIL = {**env_prefixed("ANYMAIL_"), "WEBHOOK_SECRET": EMAIL_WEBHOOK_SECRET, "REQUESTS_TIMEOUT": EMAIL_TIMEOUT}
# E-mails of notices that a member gets at once within 24 hours; what is more waits, and comes together.
NOTICE_EMAILS_PER_DAY = env_int("NOTICE_EMAILS_PER_DAY", 20, least=1)
# The demo sends nobody anything: whoever sits at its machine reads its e-mails at /_mail/.
MAILBOX_OF_DEMO = DEMO and not PRODUCTION

# -- Limits ----------------------------------------------------------------------------------------

# "10/60s" lets ten through at once and then one every six seconds (dropshop/core/limits.py). "account" is what was typed as
# user name or e-mail; "address" is generous, because offices and campuses share one.
_limits = {
    "pass": {"member": "20/10s", "address": "1200/10s"},
    "reserve": {"member": "10/10s", "address": "600/10s"},
    "purchase": {"member": "10/10s", "address": "600/10s"},
    # Guessing an order's number and e-mail address is hopeless; "account" is the number that was typed.
    "withdraw": {"member": "10/1m", "address": "120/1m"},
    "withdraw-by-number": {"account": "20/10m", "address": "60/10m"},
    # Drawing a PDF takes a sixth of a second of a core.
    "receipt": {"member": "10/1m", "address": "120/1m"},
    "sign-in": {"account": "20/5m", "address": "60/1m", "device": "20/5m"},
    "sign-in-by-work": {"account": "600/1h", "address": "60/1m"},
    "second-factor": {"account": "10/10m", "address": "60/1m", "device": "10/10m"},
    "code": {"account": "5/10m", "address": "20/1m"},
    "code-try": {"account": "3/10m", "address": "60/1m"},
    # A challenge for a passkey is kept in a session.
    "passkey-challenge": {"address": "60/1m"},
    # A real shop's households sign up a few; a demo's visitors and tests come in crowds from one address.
    "sign-up": {"account": "5/10m", "address": "20/1h" if PRODUCTION else "60/1m"},
    "password-reset": {"account": "5/10m", "address": "20/1m"},
    "account-change": {"member": "10/1m"},
    "export": {"member": "20/1h"},
    "addresses": {"member": "60/1m", "address": "600/1m"},
    # Whoever tries stolen cards would have a bank asked for nothing.
    "payment-methods": {"member": "20/10m", "address": "200/10m"},
    "restock": {"member": "10/10m", "address": "60/10m"},
    "vote": {"member": "30/1m", "address": "300/1m"},
    "post": {"member": "10/1m", "address": "120/1m"},
    "comment": {"member": "20/1m", "address": "240/1m"},
    "react": {"member": "60/1m", "address": "1200/1m"},
    "trade": {"member": "20/1m", "address": "240/1m"},
    "closet": {"member": "120/1m", "address": "1200/1m"},
    "upload": {"member": "20/10m", "address": "120/10m"},
    "complaint": {"member": "10/10m", "address": "120/10m"},
    "event": {"member": "10/10m", "address": "120/10m"},
}
# An operator's or a load test's own rates: DROPSHOP_LIMITS={"sign-up": {"address": "10/1h"}}.
LIMITS = env_limits("DROPSHOP_LIMITS", _limits)
# Without Redis these say "busy"; everything else goes on without limits.
LIMITS_CLOSED_WITHOUT_REDIS = {
    "sign-in",
    "sign-in-by-work",
    "second-factor",
    "code",
    "code-try",
    "sign-up",
    "password-reset",
}
# Anybody can use up an account's tries. Whoever brings a proof of work then has one more for each, within limits of its own:
# 256 keys of so many rounds of PBKDF2, about a second of a browser's time, and as long for who guesses
# (dropshop/core/proof_of_work.py).
LIMITS_PAID_BY_WORK = {"sign-in": "sign-in-by-work"}
WORK_COST = env_int("WORK_COST", 8_000, least=1, most=1_000_000)
# Seconds after which a Redis that says nothing is taken to be away; long enough for one that only waits for a core.
LIMITS_PATIENCE = env_float("LIMITS_PATIENCE", 2, least=0.001, most=60)
# allauth counts in the cache, where two requests at once count as one, and refuses to count at all without
# Redis. Its own limits are off; `dropshop.core.limits` stands in front of the same addresses (LIMITED_DOORS).
ACCOUNT_RATE_LIMITS = False
MFA_RATE_LIMITS = False
# View names and what posting to them counts as. Views of our own call `limit()` or wear `@limited()`.
LIMITED_DOORS = {
    "admin:login": "sign-in",
    "account_login": "sign-in",
    "account_reauthenticate": "sign-in",
    "account_request_login_code": "code",
    "account_confirm_login_code": "code-try",
    "mfa_authenticate": "second-factor",
    "mfa_reauthenticate": "second-factor",
    "openid_connect_login": "sign-in",
    "socialaccount_signup": "sign-up",
    "socialaccount_connections": "account-change",
    "mfa_reauthenticate_webauthn": "second-factor",
    "mfa_login_webauthn": "sign-in",
    **dict.fromkeys(("mfa_activate_totp", "mfa_deactivate_totp", "mfa_generate_recovery_codes"), "account-change"),
    **dict.fromkeys(("mfa_add_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn"), "account-change"),
    "account_signup": "sign-up",
    "account_reset_password": "password-reset",
    "account_reset_password_from_key": "password-reset",
    "account_change_password": "account-change",
    "account_set_password": "account-change",
    "account_email": "account-change",
} | {
    f"headless:{_client}:{_view}": _name
    for _client in ("app", "browser")
    for _view, _name in {
        "account:login": "sign-in",
        "account:reauthenticate": "sign-in",
        "account:request_login_code": "code",
        "account:confirm_login_code": "code-try",
        "mfa:authenticate": "second-factor",
        "mfa:reauthenticate": "second-factor",
        "mfa:login_webauthn": "sign-in",
        "account:signup": "sign-up",
        "account:request_password_reset": "password-reset",
        "account:reset_password": "password-reset",
        "account:change_password": "account-change",
        "account:manage_email": "account-change",
        "account:resend_email_verification_code": "account-change",
    }.items()
}

# -- What comes in, what goes out ------------------------------------------------------------------

# Connections and requests under way that one address may have; half as many sockets. Generous, because offices and
# dormitories share one. Behind a proxy all connections are the proxy's own and are not counted; requests and sockets are.
CONNECTIONS_PER_ADDRESS = env_int("DROPSHOP_PER_ADDRESS", 1000, least=2)
# Seconds for the head of a request, and for its body; a body may take longer while it comes with so many bytes per second.
HEAD_SECONDS = env_float("DROPSHOP_HEAD_SECONDS", 10, least=0.1, most=3600)
BODY_SECONDS, BODY_PACE = env_float("DROPSHOP_BODY_SECONDS", 10, least=0.1, most=3600), 16_384
# Bytes of large bodies that a process keeps at a time; of one address a quarter.
BODIES_MEMORY = 64 * 1_048_576
# Bytes of a request's body; pictures come in by the forms below these addresses alone (dropshop/edge/request_checks.py).
BODY_MAX = 1_048_576
UPLOAD_BODY_MAX = 8 * 1_048_576
UPLOAD_PATHS = ("/admin/", "/restocks/", "/closet/", "/community/", "/accounts/settings/picture/")
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_MAX
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

# Nothing inline, nothing from elsewhere. 'self' covers the socket: ws and wss of the same host (CSP Level 3, 6.7.2.8).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
# Browsers ask it of the redirect to a provider, too.
for _id, _name, _server, _client, _secret in _elsewhere:
    if _client.strip() and _server:
        CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].append("{0.scheme}://{0.netloc}".format(urlsplit(_server)))
# The map's tiles: an address with {z}, {x} and {y}, and who made them. Without, the map has its offline ground alone, and
# nothing is asked of anybody else; with, browsers may load pictures from that host, and from no other.
MAP_TILES, MAP_ATTRIBUTION = env_web_address("MAP_TILES", "{z}", "{x}", "{y}"), env("MAP_ATTRIBUTION")
if MAP_TILES:
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["img-src"].append(
        "{0.scheme}://{0.netloc}".format(urlsplit(MAP_TILES.replace("{s}.", "*.")))
    )
# A Nominatim that is asked for places which the gazetteer does not know; by default nobody is asked.
GEOCODER_URL = env_web_address("GEOCODER_URL").rstrip("/")
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media",
        "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "picture-in-picture", "serial", "usb",
        "xr-spatial-tracking",
    )
}  # fmt: skip
# For the button "Use where I am" of a member's area; the browser asks, and rounds before it sends anything.
PERMISSIONS_POLICY["geolocation"] = ["self"]
PERMISSIONS_POLICY["payment"] = []  # with Stripe, below
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# HTTPS ends at the proxy in front, and only a proxy that is trusted may say so.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if DROPSHOP_PROXIES else None
SECURE_SSL_REDIRECT = env_flag("SECURE_SSL_REDIRECT", default=PRODUCTION)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env_int("SECURE_HSTS_SECONDS", 31_536_000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env_flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=PRODUCTION)
# Browsers carry their preload list for years, also of a name that is given up again: only who decides so is on it.
SECURE_HSTS_PRELOAD = env_flag("SECURE_HSTS_PRELOAD")
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # it wants preload
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env_flag("COOKIES_SECURE", default=PRODUCTION)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

# -- Operating it ----------------------------------------------------------------------------------

LOGGING_CONFIG = "dropshop.core.logs.configure"
LOGGING = {
    "level": env_choice("LOG_LEVEL", "INFO", ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")),
    "form": env_choice("LOG_FORM", "auto", ("auto", "json", "console")),
}
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = logging.INFO
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG
# What /readyz asks; without the vital ones it says 503.
READINESS = {
    "database": "dropshop.operating.health.database",
    "redis": "dropshop.operating.health.queue_and_push",
    "sweeper": "dropshop.operating.health.sweeper",
}
READINESS_VITAL = {"database"}
# Who shows it as a bearer token is told why a part is not ready, from any address.
READYZ_TOKEN = env("READYZ_TOKEN")

# Hours for which an Idempotency-Key gets the answer that was given (H8); afterwards the same key is a new request.
IDEMPOTENCY_HOURS = env_int("IDEMPOTENCY_HOURS", 24, least=1)

# -- API -------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["dropshop.core.api.parsers.StrictJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "dropshop.core.api.authentication.BearerAuthentication",
        "dropshop.core.api.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "dropshop.core.api.negotiation.JSONAlone",
    "DEFAULT_SCHEMA_CLASS": "dropshop.core.api.schema.ShopSchema",
    "EXCEPTION_HANDLER": "dropshop.core.errors.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "dropshop API",
    "DESCRIPTION": "Drops, holds and purchases. Times are ISO 8601 in UTC, public ids are UUIDs, and every refusal is "
    "`application/problem+json` with a code that is [explained](/api/docs/errors).",
    "VERSION": "1",
    "LICENSE": {"name": "MIT"},
    "TAGS": [
        {"name": name}
        for name in (
            "drops",
            "reservations",
            "purchases",
            "addresses",
            "payment-methods",
            "users",
            "sneakers",
            "closet",
            "restocks",
            "events",
            "community",
            "notices",
            "karma",
            "staff",
        )
    ],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": False,
    "PREPROCESSING_HOOKS": ["dropshop.core.api.schema.without_slashes"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "dropshop.core.api.schema.in_problems",
        "dropshop.core.api.schema.in_order",
        "dropshop.core.api.examples.in_examples",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "displayRequestDuration": True},
    "ENUM_NAME_OVERRIDES": {
        "Phase": "drops.models.Phase",
        "Access": "drops.models.Access",
        "Tint": "drops.models.Tint",
        "ReservationStatus": "reservations.models.Reservation.Status",
        "PurchaseStatus": "reservations.models.Purchase.Status",
        "WithdrawalStatus": "reservations.models.Withdrawal.Status",
        "Condition": "community.closet.facts.CONDITIONS",
        "Visibility": "community.models.Visibility",
        "AttendanceStatus": "community.models.Attendance.Status",
        "TradeStatus": "community.models.Trade.Status",
        "ComplaintReason": "community.models.Complaint.Reason",
        "ComplaintAbout": "community.moderation.models.TARGETS",
        "FeedKind": "community.models.FeedItem.Kind",
        "RestockStatus": "community.models.Restock.Status",
    },
}

# -- Holds -----------------------------------------------------------------------------------------

# A pair that is given back while its size has no other is offered again within so many seconds, at random; 0: at once.
GIVE_BACK_RESTS = env_float("GIVE_BACK_RESTS", 2, most=60)
# Who gives back after this share of a hold's time has let it lapse (H7).
GIVE_BACK_LATE = 0.5
# Pairs that one device, and one network (an IPv4 address or an IPv6 /64), may hold at once in a drop. Eight leave a family and
# the floor of a dormitory alone; of a large drop, whose shoppers share the addresses of their telephone companies, a network
# may hold a tenth. Bought pairs do not count.
HOLDS_AT_ONCE = {"device": env_int("HOLDS_PER_DEVICE", 2, least=1), "network": env_int("HOLDS_PER_NETWORK", 8, least=1)}
HOLDS_SHARE = env_float("HOLDS_PER_NETWORK_SHARE", 0.1, most=1)
# Days after which a hold no longer says from which network and device it was made.
HOLD_MARKS_DAYS = env_int("HOLD_MARKS_DAYS", 7, least=1)

# -- Payments --------------------------------------------------------------------------------------

GATEWAYS = {
    "test": "reservations.payments.test_bank.gateway.TestGateway",
    "stripe": "reservations.payments.stripe.gateway.StripeGateway",
}
# One of these names, or the dotted path of a class of one's own.
PAYMENT_GATEWAY = GATEWAYS.get(env("PAYMENT_GATEWAY", "test").strip(), env("PAYMENT_GATEWAY"))
# Seconds the shop waits for the provider's answer before it treats the payment as unanswered.
PAYMENT_TIMEOUT = env_float("PAYMENT_TIMEOUT", 10, least=0.001, most=600)
# https://docs.stripe.com/security/guide#content-security-policy
STRIPE_HOSTS = {
    "script-src": ["https://js.stripe.com", "https://*.js.stripe.com"],
    "frame-src": ["https://js.stripe.com", "https://*.js.stripe.com", "https://hooks.stripe.com"],
    "connect-src": ["https://api.stripe.com"],
    "form-action": ["https://hooks.stripe.com"],  # browsers ask it of the redirect to a confirmation too
}
# What the test bank keeps of each payment, in hundredths of a percent: 290 is 2.9 %.
TEST_BANK_FEE = env_int("TEST_BANK_FEE", 0, most=10_000)
# Days for which an order that is over keeps its address: the time in which shoppers may complain of a pair.
ORDER_ADDRESS_DAYS = env_int("ORDER_ADDRESS_DAYS", 730, least=1)
# Days for which an event of the provider is kept for staff once it is handled, or set aside.
PAYMENT_EVENT_DAYS = env_int("PAYMENT_EVENT_DAYS", 90, least=7)
STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY").strip()
STRIPE_PUBLISHABLE_KEY = env("STRIPE_PUBLISHABLE_KEY").strip()
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET").strip()
# Stripe's form has to come from Stripe's own host, and its confirmations are pages and frames there; only with Stripe.
if PAYMENT_GATEWAY.endswith(".StripeGateway"):
    for _directive, _hosts in STRIPE_HOSTS.items():
        CONTENT_SECURITY_POLICY["DIRECTIVES"].setdefault(_directive, ["'self'"]).extend(_hosts)
    PERMISSIONS_POLICY["payment"] = ["self", "https://js.stripe.com"]  # Apple Pay and Google Pay, in Stripe's form
STRIPE_API_BASE = env_web_address("STRIPE_API_BASE").rstrip("/") or "https://api.stripe.com"
# What staff may give back of one order alone, in minor units by currency; more, and any other currency, needs the approval of
# a second member of staff.
REFUND_APPROVAL_LIMIT = env_amounts("REFUND_APPROVAL_LIMIT", "500 USD, 500 EUR, 400 GBP, 75000 JPY")

# -- Withdrawals -----------------------------------------------------------------------------------

# Days after delivery within which shoppers may withdraw from the contract without a reason (Directive 2011/83/EU, Article 9);
# 0, where that law does not apply: no button, no page, no call of the API.
WITHDRAWAL_DAYS = env_int("WITHDRAWAL_DAYS", 14, most=366)
# Days after a withdrawal within which its money is back with the shopper (Article 13).
WITHDRAWAL_REFUND_DAYS = env_int("WITHDRAWAL_REFUND_DAYS", 14, least=1, most=366)
# Where days begin and end for both; and the public holidays, which no such time ends on.
WITHDRAWAL_TIME_ZONE = env_time_zone("WITHDRAWAL_TIME_ZONE", "UTC")
WITHDRAWAL_HOLIDAYS = env_dates("WITHDRAWAL_HOLIDAYS")
# Where a pair is sent back to, its lines divided by "|"; who has withdrawn is told.
RETURN_ADDRESS = [line.strip() for line in env("RETURN_ADDRESS").split("|") if line.strip()]
# Who pays for sending it back. The shopper does only where the shop has said so before the sale (Article 6(6)).
RETURN_COSTS = env_choice("RETURN_COSTS", "shop", ("shop", "shopper"))

# -- Other stores' feeds ---------------------------------------------------------------------------

# Where a store complains about how we read its feed; every request says it (dropshop/core/outbound/client.py).
MONITOR_CONTACT = env("DROPSHOP_MONITOR_CONTACT", f"mailto:{DEFAULT_FROM_EMAIL}")

# -- Pages -----------------------------------------------------------------------------------------

# Seconds for which visitors share an answer (dropshop/edge/page_cache.py), counted from before its facts were read; 0: never.
PAGE_CACHE_SECONDS = env_float("PAGE_CACHE_SECONDS", 1, most=3600)
STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Collected files carry their hash in the name (`collectstatic`, run by every start); a checkout without them, as in most
# tests, serves the files where they lie.
STATIC_COLLECTED = PRODUCTION or "collectstatic" in sys.argv or (STATIC_ROOT / "staticfiles.json").is_file()
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not STATIC_COLLECTED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "dropshop.edge.static_files.Storage"
        if STATIC_COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_URL = "media/"
MEDIA_ROOT = STATE_DIR / "media"
LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = ["dropshop.core.formats"]
TIME_ZONE = "UTC"
USE_TZ = True

require_readable()  # the last line: everything has been read
