"""`manage.py new_field_key NAME`: a new key for DROPSHOP_FIELD_KEYS; with `--vault` wrapped by Vault's Transit engine."""

import base64
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dropshop.core.field_keys import is_key_name, wrap
from dropshop.core.vault import VaultError


class Command(BaseCommand):
    """See the module."""

    help = "Print a new field key; nothing is stored. Put it behind the others first, then in front (docs/operations.md)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="Letters, digits, dots and hyphens: 2027.")
        parser.add_argument("--vault", action="store_true", help="Wrapped by Vault (VAULT_ADDR, VAULT_TRANSIT_KEY).")

    def handle(self, *args: Any, **options: Any) -> None:
        name, key = options["name"], secrets.token_bytes(32)
        if not is_key_name(name):
            raise CommandError("A key's name has 1 to 40 letters, digits, dots and hyphens.")
        try:
            self.stdout.write(wrap(name, key) if options["vault"] else f"{name}:{base64.b64encode(key).decode()}")
        except VaultError as error:
            raise CommandError(str(error)) from error
