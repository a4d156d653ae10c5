"""Whether somebody could sign in with a password that everybody knows: the demo's, which the documentation tells.

A shop that began as a demo may still hold the demo's accounts. `manage.py forget_demo` removes them.
"""

import logging
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError

from dropshop.core.connections import connect
from dropshop.machine.environment import refuse_to_start

log = logging.getLogger(__name__)

KNOWN = "dropshop"
SIGN_INS = ("staff", "alice", "bob")  # whom the demo gives a password

# Verifying a hash takes a tenth of a second, so only accounts that may be the demo's are tried: by the demo's name or e-mail
# address, and, where that is asked for, whoever may do everything.
SUSPECTS = """
    SELECT username, password FROM community_member
    WHERE lower(username) = ANY(%s) OR lower(email) = ANY(%s) OR (is_superuser AND %s) ORDER BY username"""


def require_own_passwords(*, superusers: bool = False) -> None:
    """Ends a production start while an account has the demo's password; where no database answers nothing is known."""
    if settings.ENVIRONMENT != "production":
        return
    try:
        names = accounts(superusers=superusers)
    except psycopg.OperationalError as error:
        log.warning("accounts not judged, the database is away: %s", type(error).__name__)
        return
    if names:
        refuse_to_start(
            (
                f"The shop does not start, because anybody can sign in as {', '.join(names)} with the demo's known password.",
                "`manage.py forget_demo` removes the demo's people and goods; `manage.py changepassword` keeps one.",
                "Where `make run` brings the database: `make forget-demo`.",
            )
        )


def accounts(*, superusers: bool) -> list[str]:
    """User names whose password is the known one; on a connection of its own, also beside an event loop."""
    with connect(autocommit=True) as reader:
        if reader.execute("SELECT to_regclass('community_member')").fetchone() == (None,):
            return []
        emails = [f"{name}@example.com" for name in SIGN_INS]
        suspects = reader.execute(SUSPECTS, [list(SIGN_INS), emails, superusers]).fetchall()
    return [name for name, encoded in suspects if check_password(KNOWN, encoded)]


class NotTheDemosPassword:
    """A password validator: nobody chooses what everybody knows, and nobody can so keep the shop from starting."""

    def validate(self, password: str, user: Any = None) -> None:
        if password == KNOWN:
            raise ValidationError("This password is the demo's, and everybody knows it.", code="password_known")

    def get_help_text(self) -> str:
        return "Your password can’t be the one of the demo."
