"""Where this shop lives: its state, its secrets, its names, and who it trusts."""

from pathlib import Path

from dropshop.machine.environment import (
    env,
    env_choice,
    env_flag,
    env_float,
    env_hosts,
    env_int,
    env_list,
    env_origins,
    env_own_address,
    env_redis,
    env_web_address,
    state_file,
)

BASE_DIR = Path(__file__).resolve().parents[2]

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
