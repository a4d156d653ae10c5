"""The list of erased members beside the database: an old backup that is restored forgets that they were erased.

One line for each, "<id> <time>", in a file that is only appended to. It names nobody, and is kept apart from the backups.
"""

import logging
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from dropshop.core.clock import iso
from dropshop.core.errors import Busy

log = logging.getLogger(__name__)


def note(member_id: UUID, moment: datetime) -> None:
    """Writes one line, which is on the disk afterwards. Raises Busy where it cannot be written: nobody is erased then."""
    path = Path(settings.ERASURES_FILE)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, f"{member_id} {iso(moment)}\n".encode())
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as wrong:
        log.exception("the list of erased members cannot be written", extra={"file": str(path)})
        raise Busy from wrong


def ids(lines: Iterable[str]) -> list[UUID]:
    """Of the members on the list. Raises ValueError for a line that is none of the list's."""
    return [UUID(line.split()[0]) for line in lines if line.strip()]
