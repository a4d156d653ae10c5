"""`manage.py audit`: whether what must always be true of stock, money, karma, pairs and trades is true now."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dropshop.core.clock import database_time
from dropshop.operating import audit, provider_list
from reservations.payments.gateways import GatewayTimeout, ListingGateway, ListTooLong, gateway

RULES = audit.STOCK | audit.MONEY | audit.LEDGER | audit.MONEY_BACK | audit.KARMA | audit.PAIRS | audit.TRADES


class Command(BaseCommand):
    """See the module."""

    help = "Look at one moment of the whole shop; exit 1 where a rule is broken, with the first rows that break it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", action="store_true", help="Compare with the payment provider's own list, too.")
        parser.add_argument("--days", type=int, default=30, help="How far back that list goes (30).")

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        with audit.connect() as reader:
            for rule, rows in audit.findings(reader, RULES):
                broken += bool(rows)
                self.stdout.write(f"{'FOUND' if rows else 'none '}  {rule}")
                for row in rows:
                    self.stdout.write("       " + ", ".join(map(str, row)))
        differences = self._differences(options["days"]) if options["provider"] else 0
        if broken:
            raise CommandError(f"{broken} of {len(RULES)} rules are broken.")
        self.stdout.write(f"All {len(RULES)} rules hold.")
        if differences:
            raise CommandError(f"The provider's own list differs; payments concerned: {differences}.")

    def _differences(self, days: int) -> int:
        """How many payments the provider's list has otherwise; each is said."""
        bank = gateway()
        if not isinstance(bank, ListingGateway):
            raise CommandError("This payment provider offers no list that the shop can read.")
        count, comparison = 0, provider_list.Comparison(bank, database_time() - timedelta(days=days))
        try:
            for difference in comparison.differences():
                self.stdout.write(f"FOUND  {difference}")
                count += 1
        except GatewayTimeout as error:
            raise CommandError("The provider's own list could not be read to its end; try it again later.") from error
        except ListTooLong as error:
            raise CommandError(f"{error} Ask for fewer days (--days).") from error
        if comparison.foreign:
            self.stdout.write(f"note   payments at the provider that name none of a shop, with money: {comparison.foreign}")
        if not count:
            self.stdout.write(f"none   the provider's own list of {days} days differs")
        return count
