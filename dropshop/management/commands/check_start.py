"""`manage.py check_start [program …]`: whether the shop would start with this configuration; then starts the program.

Without a program it asks no server and changes nothing. In front of one whose processes cannot tell theirs why they refuse
(several side by side), it also looks at the accounts, and its own exit code says that there is no use in trying again.
"""

import os
from argparse import REMAINDER, ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from dropshop.checks import require_safe_start, require_safe_values


class Command(BaseCommand):
    """See the module."""

    help = "Judge the configuration: in sentences, and exit 78, where the shop would not start with it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("program", nargs=REMAINDER, help="what to start, with its arguments, when nothing is wrong")

    def handle(self, *args: Any, program: list[str], **options: Any) -> None:
        if program:
            require_safe_start()
            os.execvp(program[0], program)  # noqa: S606 - the operator's own command
        require_safe_values()
        self.stdout.write("The shop would start with this configuration.")
