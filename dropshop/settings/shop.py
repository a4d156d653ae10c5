"""Holds, payments, withdrawals, other stores' feeds, and pages."""

import sys

from dropshop.machine.environment import (
    env,
    env_amounts,
    env_choice,
    env_dates,
    env_float,
    env_int,
    env_time_zone,
    env_web_address,
    require_readable,
)
from dropshop.settings.edge import CONTENT_SECURITY_POLICY, PERMISSIONS_POLICY
from dropshop.settings.members import DEFAULT_FROM_EMAIL
from dropshop.settings.place import BASE_DIR, PRODUCTION, STATE_DIR

# -- Holds ----------------------------------------------------------------------------------------

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

# -- Payments -------------------------------------------------------------------------------------

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

# -- Withdrawals ----------------------------------------------------------------------------------

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

# -- Other stores' feeds --------------------------------------------------------------------------

# Where a store complains about how we read its feed; every request says it (dropshop/core/outbound/client.py).
MONITOR_CONTACT = env("DROPSHOP_MONITOR_CONTACT", f"mailto:{DEFAULT_FROM_EMAIL}")

# -- Pages ----------------------------------------------------------------------------------------

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
