"""Members, how they sign in, and what they are told by e-mail."""

from dropshop.machine.environment import env, env_flag, env_float, env_installed, env_int, env_prefixed, env_web_address
from dropshop.settings.applications import INSTALLED_APPS
from dropshop.settings.place import DEMO, PRODUCTION

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
ACCOUNT_FORMS = {
    "add_email": "community.accounts.forms.AddEmailForm",
    "change_password": "community.accounts.forms.ChangePasswordForm",
    "confirm_login_code": "community.accounts.forms.ConfirmLoginCodeForm",
    "login": "community.accounts.forms.LoginForm",
    "reauthenticate": "community.accounts.forms.ReauthenticateForm",
    "request_login_code": "community.accounts.forms.RequestLoginCodeForm",
    "reset_password": "community.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "community.accounts.forms.ResetPasswordKeyForm",
    "set_password": "community.accounts.forms.SetPasswordForm",
    "signup": "community.accounts.mailboxes.SignupForm",
}
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
