"""What comes in and what goes out, and how the shop is operated."""

import logging
from urllib.parse import urlsplit

from dropshop.machine.environment import env, env_choice, env_flag, env_float, env_int, env_web_address
from dropshop.settings.members import _elsewhere
from dropshop.settings.place import DROPSHOP_PROXIES, PRODUCTION

# -- What comes in, what goes out -----------------------------------------------------------------

# Connections and requests under way that one address may have; half as many sockets. Generous, because offices and
# dormitories share one. Behind a proxy all connections are the proxy's own and are not counted; requests and sockets are.
CONNECTIONS_PER_ADDRESS = env_int("DROPSHOP_PER_ADDRESS", 1000, least=2)
# Live processes that serve one port side by side (`make run`, and live in the containers). With more than one, each drop has
# its line in one of them, and the others hand over to it (reservations/desk/hand_over.py).
LIVE_PROCESSES = env_int("DROPSHOP_LIVE_PROCESSES", 1, least=1, most=64)
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

# -- Operating it ---------------------------------------------------------------------------------

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
