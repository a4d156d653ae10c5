"""What the shop is put together of: applications, middleware, templates."""

from dropshop.settings.place import BASE_DIR, CORS_ALLOWED_ORIGINS

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
