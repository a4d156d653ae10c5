"""All settings of the shop, one section per concern; everything that differs between machines is an environment variable.

The defaults run on a fresh checkout. What must be set for production is named by `dropshop/checks.py`.
"""

import json
import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str = "") -> str:
    """The variable as text; an empty value counts as unset."""
    return os.environ.get(name) or default


def env_flag(name: str, default: bool = False) -> bool:
    """1/true/yes/on and 0/false/no/off, in any case."""
    return env(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def env_list(name: str, default: str = "") -> list[str]:
    """Comma-separated values without blanks."""
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


# -- Where this shop lives -------------------------------------------------------------------------

STATE_DIR = Path(env("DROPSHOP_STATE", str(BASE_DIR / ".state")))
PRODUCTION = env("DROPSHOP_ENV", "demo") == "production"
DEBUG = env_flag("DEBUG", default=False)
DEMO = env_flag("DROPSHOP_DEMO", default=False)


def _state(name: str) -> dict[str, str]:
    """What the supervisor of `make run` wrote down for commands in a second terminal; {} when it has not run."""
    file = STATE_DIR / name
    return json.loads(file.read_text()) if file.is_file() else {}


_services = _state("services.json")
_secrets = _state("secrets.json")
DATABASE_URL = env("DATABASE_URL", _services.get("DATABASE_URL", "postgresql:///dropshop"))
REDIS_URL = env("REDIS_URL", _services.get("REDIS_URL", "redis://127.0.0.1:6379/0"))

SECRET_KEY = env("SECRET_KEY", _secrets.get("SECRET_KEY", "unsafe-development-key"))
# Keys for encrypted fields (M3), newest first, "id:base64 of 32 bytes"; never derived from SECRET_KEY.
UNSAFE_FIELD_KEY = "unsafe:" + "A" * 43 + "="
FIELD_KEYS = env_list("DROPSHOP_FIELD_KEYS", _secrets.get("DROPSHOP_FIELD_KEYS", UNSAFE_FIELD_KEY))
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
# How many proxies in front are trusted to have appended to X-Forwarded-For.
DROPSHOP_PROXIES = int(env("DROPSHOP_PROXIES", "0"))

# -- Applications ----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "dropshop.apps.DropshopConfig",
    "drops",
    "reservations",
    "community",
    "django.contrib.admin",
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
    "allauth.usersessions",
    "allauth.headless",
    "channels",
    "csp",
    "django_htmx",
    "django_filters",
    "django_structlog",
    "lucide",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dropshop.errors.DropshopErrorMiddleware",
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
            "builtins": ["lucide.templatetags.lucide"],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# -- Database --------------------------------------------------------------------------------------


def _postgres(url: str) -> dict[str, object]:
    """`postgresql://user:password@host:port/name?host=/socket/folder`, as Django wants it."""
    parts = urlsplit(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or ""),
    }


# A frozen process must not keep a size's row from the others: PostgreSQL ends its idle transaction after 4 s, and nobody
# waits longer than 5 s for a lock. `DATABASE_POOL=0` (tests) opens plain connections.
DATABASES = {
    "default": {
        **_postgres(DATABASE_URL),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "options": "-c lock_timeout=5s -c idle_in_transaction_session_timeout=4s",
            "connect_timeout": 3,
            **(
                {"pool": {"min_size": 1, "max_size": int(env("DATABASE_POOL", "20")), "timeout": 3}}
                if env("DATABASE_POOL", "20") != "0"
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
# The sweeper has a queue, and a worker slot, of its own: a slow e-mail never delays an expiry.
CELERY_TASK_ROUTES = {
    "reservations.tasks.expire_overdue": {"queue": "expiry"},
    "drops.tasks.announce_phases": {"queue": "expiry"},
}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_BEAT_SCHEDULE = {
    "every second, end the holds that are overdue": {
        "task": "reservations.tasks.expire_overdue",
        "schedule": timedelta(seconds=1),
        "options": {"expires": 2},
    },
    "every second, announce the drops whose phase has changed": {
        "task": "drops.tasks.announce_phases",
        "schedule": timedelta(seconds=1),
        "options": {"expires": 2},
    },
    "every five seconds, settle the payments that were left open": {
        "task": "reservations.tasks.settle_payments",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 10},
    },
}

# -- Members and sign-in ---------------------------------------------------------------------------

AUTH_USER_MODEL = "community.Member"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
REQUIRE_VERIFIED_EMAIL = env_flag("DROPSHOP_REQUIRE_VERIFIED_EMAIL", default=PRODUCTION)
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if REQUIRE_VERIFIED_EMAIL else "optional"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
HEADLESS_ENABLED = True
HEADLESS_TOKEN_STRATEGY = "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy"  # noqa: S105 - a dotted path
HEADLESS_JWT_ALGORITHM = "HS256"
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 15 * 60
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = 7 * 24 * 3600
HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True
# Without this an access token outlives its sign-out.
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
EMAIL_BACKEND = env("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "shop@example.com")

# -- API -------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "dropshop.errors.problem_json",
}

# -- Payments --------------------------------------------------------------------------------------

PAYMENT_GATEWAY = env("PAYMENT_GATEWAY", "reservations.gateways.test.TestGateway")
# Seconds the shop waits for the provider's answer before it treats the payment as unanswered.
PAYMENT_TIMEOUT = float(env("PAYMENT_TIMEOUT", "10"))

# -- Pages -----------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = STATE_DIR / "media"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
