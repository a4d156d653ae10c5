"""`manage.py migrate`: Django's, which in production judges before it touches anything: the values, and who may sign in."""

from typing import Any

from django.core.management.commands import migrate

from dropshop.checks import refuse_unsafe_values
from dropshop.known_passwords import refuse_known_passwords


class Command(migrate.Command):
    """See the module."""

    def execute(self, *args: Any, **options: Any) -> Any:
        refuse_unsafe_values()
        refuse_known_passwords(superusers=True)
        return super().execute(*args, **options)
