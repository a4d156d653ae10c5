"""`manage.py rotate_field_keys`: all that is encrypted comes under the newest of DROPSHOP_FIELD_KEYS, while people buy."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dropshop.core import rotation
from dropshop.core.encrypted import newest_key


class Command(BaseCommand):
    """See the module."""

    help = "Store everything encrypted anew under the newest key; can be stopped and run again. Exit 1 while anything is left."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Only count what is left; change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        left = 0
        for outcome in rotation.standing() if options["check"] else rotation.rotate():
            left += outcome.left
            self.stdout.write(f"{outcome.name}: {outcome.stored} stored anew, {outcome.left} left.")
            self.stdout.flush()
        if left:
            raise CommandError(
                f"{left} rows are not under the key {newest_key()!r}. Is every process restarted with it in front, and are the "
                "older keys still behind it? Then run this again."
            )
        self.stdout.write(f"Everything is under the key {newest_key()!r}: the older keys can go.")
