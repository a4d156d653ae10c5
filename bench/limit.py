"""The limit of the desk: pgbench sends the statements of a batch of holds, and nothing is asked, decided or published.

The statements are taken from the code: those that `reserve.grant` sends to the database are kept, and sent again with other
members and ids. They write into the shop's own tables, with all of their keys and indexes.

Imported only once Django is set up.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection

from bench.ground import Ground
from drops.models import Drop
from reservations.holds.reserve import HoldRequest, grant

CLIENTS = 2  # as the desk has it: the next batch waits at the row lock while one commits
VARYING = ("ids", "members")  # parameters that are another batch's each time; the others are of the drop, and of the moment
Statement = tuple[str, Any]
BATCHES = """
DROP TABLE IF EXISTS bench_batch;
CREATE TABLE bench_batch (number int PRIMARY KEY, ids text NOT NULL, members text NOT NULL)
"""
# In the order of their members, as a batch is written, with ids in the order of time.
FILL = """
INSERT INTO bench_batch
SELECT number, array_agg(uuidv7())::text, array_agg(member ORDER BY member)::text
  FROM (SELECT member, (place - 1) / %s AS number FROM unnest(%s::uuid[]) WITH ORDINALITY AS given(member, place)) AS placed
 GROUP BY number
"""
SCRIPT = """\
\\set batch :batch + 1
SELECT ids, members FROM bench_batch WHERE number = :batch * {clients} + :client_id
\\gset
BEGIN;
{statements}
COMMIT;
"""


def sent_by_grant(drop: Drop, claims: Sequence[HoldRequest]) -> list[Statement]:
    """What a batch of these claims sends to the database, with its parameters; the claims are granted."""
    sent: list[Statement] = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        grant(drop.pk, claims)
    return sent


def script(statements: Sequence[Statement]) -> str:
    """For pgbench: a batch that is read from `bench_batch`, and these statements in one transaction.

    `:batch` begins at -1 for each client.
    """
    return SCRIPT.format(clients=CLIENTS, statements="\n".join(f"{_text(*statement)};" for statement in statements))


def _text(sql: str, params: Any) -> str:
    """The statement with its values, and with pgbench's variables in the place of those that vary."""
    if isinstance(params, Mapping):
        params = {name: f"@{name}@" if name in VARYING else value for name, value in params.items()}
    connection.ensure_connection()
    text = psycopg.ClientCursor(connection.connection).mogrify(sql, params)
    for name in VARYING:
        text = text.replace(f"'@{name}@'", f":{name}")
    return text


def fill(ground: Ground, members: Sequence[Any], claims: int) -> int:
    """Writes down as many batches of so many claims as these members make; how many."""
    ground.sql(BATCHES)
    batches = len(members) // claims // CLIENTS * CLIENTS
    ground.sql(FILL, claims, "{" + ",".join(map(str, members[: batches * claims])) + "}")
    ground.sql("ANALYZE bench_batch")
    return batches
