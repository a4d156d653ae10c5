"""`manage.py seed_demo`: fills an empty shop with the demo; a shop that has it is left alone."""

import os
from typing import Any

from django.core.management.base import BaseCommand

from dropshop.demo import seed


class Command(BaseCommand):
    """See the module."""

    help = "Fill an empty shop with demo members, sneakers and drops."

    def handle(self, *args: Any, **options: Any) -> None:
        seeded = seed(os.environ.get("DROPSHOP_DEMO_PASSWORD") or "dropshop")
        self.stdout.write("The demo shop is set up." if seeded else "The demo shop is there already.")
