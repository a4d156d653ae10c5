"""`manage.py retention`: how long the shop keeps what, and what of it is too old now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dropshop.core import retention


class Command(BaseCommand):
    """See the module."""

    help = "Names what is kept for how long. With --enforce it forgets what is too old, as the hourly task does."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--enforce", action="store_true", help="forget now what is too old")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints a line for each rule. Raises CommandError where one could not be enforced."""
        for name in retention.rules.names():
            rule = retention.rules[name]
            self.stdout.write(f"{name}: {rule.what}, {rule.time()} after {rule.since}")
        if options["enforce"]:
            self._enforce()

    def _enforce(self) -> None:
        done = retention.enforce()
        for name, rows in done.items():
            self.stdout.write(f"{name}: {'failed, see the log' if rows is None else f'{rows} forgotten'}")
        if None in done.values():
            raise CommandError("Not everything that is too old could be forgotten.")
