"""Everything the shop holds about a member as one file: `data.json`, as the API gives it, and their pictures."""

import json
import logging
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.core.files.storage import default_storage
from rest_framework.utils.encoders import JSONEncoder

from community.people.models import Member
from community.personal_data.export import everything_about

log = logging.getLogger(__name__)
PICTURE_COLUMNS = ("image", "picture")  # of the exported rows


def write_archive(member: Member, file: IO[bytes]) -> None:
    """Writes the ZIP file. A picture keeps the name that `data.json` gives it; one whose file is gone is left out."""
    told = everything_about(member)
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(told, cls=JSONEncoder, indent=2, ensure_ascii=False))
        for name in _pictures(member, told["community"]):
            _add(archive, name)


def _pictures(member: Member, rooms: dict[str, list[dict[str, Any]]]) -> list[str]:
    shown = (str(row.get(column) or "") for rows in rooms.values() for row in rows for column in PICTURE_COLUMNS)
    return [*dict.fromkeys(name for name in (member.picture.name or "", *shown) if name)]


def _add(archive: ZipFile, name: str) -> None:
    try:
        with default_storage.open(name) as picture:
            archive.writestr(name, picture.read(), ZIP_STORED)  # it is compressed already
    except FileNotFoundError:
        log.warning("a picture of an export is gone", extra={"file": name})
