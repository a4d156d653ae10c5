"""`manage.py book_payments`: what was paid and is in no ledger, because the process that captured it knew of none."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from reservations.payments.ledger.unbooked import book_unbooked


class Command(BaseCommand):
    """See the module."""

    help = "Book the captured payments that the ledger does not know; changes nothing where there are none."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            self.stdout.write(f"{book_unbooked(cursor)} payments are booked.")
