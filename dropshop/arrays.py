"""Arrays as PostgreSQL reads them: written here at once, since the driver's general way costs more per element than the query."""

from collections.abc import Iterable
from uuid import UUID


def array(values: Iterable[UUID | int]) -> str:
    """The array as text, to be cast in the statement: `%(ids)s::uuid[]`. Only for what needs no quoting."""
    return "{" + ",".join(map(str, values)) + "}"
