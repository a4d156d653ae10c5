"""`manage.py seed_demo`: fills an empty shop with the demo; a shop that has it is left alone."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from dropshop.checks import require_safe_start
from dropshop.demo.seed import seed
from dropshop.machine.environment import refuse_to_start
from dropshop.operating.known_passwords import KNOWN


class Command(BaseCommand):
    """See the module."""

    help = "Fill an empty shop with demo members, sneakers and drops."

    def handle(self, *args: Any, **options: Any) -> None:
        require_safe_start()
        if settings.ENVIRONMENT == "production" and settings.DEMO_PASSWORD == KNOWN:
            refuse_to_start(
                ["The demo's staff would have a password that everybody knows: choose one by DROPSHOP_DEMO_PASSWORD."]
            )
        seeded = seed(settings.DEMO_PASSWORD)
        self.stdout.write("The demo shop is set up." if seeded else "The demo shop is there already.")
