"""`manage.py erase_again [file …]`: after an older backup was restored, whoever has been erased since is erased again."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from community.personal_data import erased, erasure


class Command(BaseCommand):
    """See the module."""

    help = "Erase again whoever the lists of erased members name (ERASURES_FILE, unless others are given)."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("files", nargs="*", type=Path, help="lists of erased members, of every machine that has one")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        """Raises CommandError for a list that cannot be read, before anybody is erased."""
        try:
            lines = [line for file in files or [Path(settings.ERASURES_FILE)] for line in file.read_text().splitlines()]
            members = erased.ids(lines)
        except (OSError, ValueError) as wrong:
            raise CommandError(f"This is no list of erased members: {wrong}") from wrong
        again = erasure.erase_again(members)
        self.stdout.write(f"{len(members)} erasures are listed; {again} of these members were there again, and are erased.")
