"""`manage.py audit`: whether what must always be true of stock, money, karma, pairs and trades is true now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dropshop.operating import audit

RULES = audit.STOCK | audit.MONEY | audit.LEDGER | audit.MONEY_BACK | audit.KARMA | audit.PAIRS | audit.TRADES


class Command(BaseCommand):
    """See the module."""

    help = "Look at one moment of the whole shop; exit 1 where a rule is broken, with the first rows that break it."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        with audit.connect() as reader:
            for rule, rows in audit.findings(reader, RULES):
                broken += bool(rows)
                self.stdout.write(f"{'FOUND' if rows else 'none '}  {rule}")
                for row in rows:
                    self.stdout.write("       " + ", ".join(map(str, row)))
        if broken:
            raise CommandError(f"{broken} of {len(RULES)} rules are broken.")
        self.stdout.write(f"All {len(RULES)} rules hold.")
