"""`manage.py forget_demo`: erases the demo's people and removes its goods; what real people did stays."""

from typing import Any

from django.core.management.base import BaseCommand

from dropshop.demo.forgetting import forget


class Command(BaseCommand):
    """See the module."""

    help = "Erase the demo's members and remove its drops, sneakers, stores and reports."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        erased, removed, hidden = forget()
        self.stdout.write(
            f"{erased} demo members are erased, {removed} things are removed. {hidden} are hidden: purchases, holds or records "
            "that stay refer to them."
        )
