"""How often who may do what."""

from dropshop.machine.environment import env_float, env_int, env_limits
from dropshop.settings.place import PRODUCTION

# "10/60s" lets ten through at once and then one every six seconds (dropshop/core/limits.py). "account" is what was typed as
# user name or e-mail; "address" is generous, because offices and campuses share one.
_limits = {
    "pass": {"member": "20/10s", "address": "1200/10s"},
    "reserve": {"member": "10/10s", "address": "600/10s"},
    "draw-entries": {"member": "10/1m", "address": "300/10s"},
    "queue": {"member": "20/1m", "address": "1200/10s"},
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
    # Asked once or twice for each address that is typed; then the browser knows.
    "postcode": {"member": "60/1m", "address": "600/1m"},
    # Whoever tries stolen cards would have a bank asked for nothing.
    "payment-methods": {"member": "20/10m", "address": "200/10m"},
    # A program with a member's key may file some in a row.
    "purchase-requests": {"member": "30/1m", "address": "600/1m"},
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
