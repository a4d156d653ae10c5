"""A shop with a past, in a database and a process of its own: so many reservations of drops that are over, then the operation.

    {"past": n, "members": n}                           -> {"rows": n, "megabytes": n}
    {"measure": [claims, seconds, pid of PostgreSQL]}   -> {"numbers": {…}, "faults": […]}

DATABASE_URL names an empty database.
"""

import random
from collections.abc import Sequence
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - Django must be set up
from django.db import connection  # noqa: E402

from bench import operation  # noqa: E402
from bench.community import MEMBERS  # noqa: E402
from bench.conversation import Line, from_argument  # noqa: E402
from bench.people import LABEL, make_drop  # noqa: E402
from community.models import Member  # noqa: E402
from dropshop.core.sql import prepare_statements  # noqa: E402

OF_ONE_DROP = 1000  # reservations
AT_ONCE = 1_000_000  # rows in one statement
# As `make_drop` makes one, as often as is wanted, each with one size; all of them are over.
DROPS = """
WITH copied AS (
    INSERT INTO drops_drop
    SELECT copy.* FROM drops_drop AS model, generate_series(1, %(drops)s) AS number,
           jsonb_populate_record(NULL::drops_drop, to_jsonb(model) || jsonb_build_object(
               'id', gen_random_uuid(), 'slug', 'past-' || number, 'published', false,
               'starts_at', now() - interval '2 days', 'ends_at', now() - interval '1 day')) AS copy
     WHERE model.id = %(drop)s
    RETURNING id)
INSERT INTO drops_size
SELECT copy.* FROM copied, drops_size AS model,
       jsonb_populate_record(NULL::drops_size, to_jsonb(model) || jsonb_build_object(
           'id', nextval(pg_get_serial_sequence('drops_size', 'id')), 'drop_id', copied.id)) AS copy
 WHERE model.drop_id = %(drop)s
"""
# Drop after drop; of ten holds six were bought, three lapsed and one was given back. Their marks have been forgotten.
RESERVATIONS = """
INSERT INTO reservations_reservation
       (id, drop_id, size_id, member_id, status, price, currency, created_at, expires_at, ended_at, extensions)
SELECT gen_random_uuid(), sizes.drops[1 + number / %(each)s], sizes.ids[1 + number / %(each)s],
       members.ids[1 + floor(random() * cardinality(members.ids))::int],
       CASE WHEN number %% 10 < 6 THEN 'completed' WHEN number %% 10 < 9 THEN 'expired' ELSE 'cancelled' END,
       18000, 'USD', at, at + interval '1 minute', at + interval '1 minute', 0
  FROM (SELECT array_agg(id) AS ids, array_agg(drop_id) AS drops FROM drops_size WHERE drop_id <> %(drop)s) AS sizes,
       (SELECT array_agg(id) AS ids FROM community_member) AS members,
       generate_series(%(first)s, %(last)s) AS number,
       LATERAL (SELECT now() - interval '1 day' - (%(past)s - number) * interval '1 second' AS at) AS moment
"""


def fill(*, past: int, members: int) -> None:
    """So many reservations of drops that are over, by so many members."""
    drop = make_drop({LABEL: 0})
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the checks of the foreign keys would take most of the time
        cursor.execute(MEMBERS, {"members": members})
        cursor.execute(DROPS, {"drop": drop.pk, "drops": -(-past // OF_ONE_DROP)})
        for first in range(0, past, AT_ONCE):
            values = {
                "drop": drop.pk,
                "past": past,
                "each": OF_ONE_DROP,
                "first": first,
                "last": min(past, first + AT_ONCE) - 1,
            }
            cursor.execute(RESERVATIONS, values)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def size() -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), pg_total_relation_size('reservations_reservation') / 2^20 FROM reservations_reservation"
        )
        rows, megabytes = cursor.fetchone()
    return {"rows": rows, "megabytes": megabytes}


def main() -> None:
    """Fill, and measure as often as is wanted, until the benchmark hangs up."""
    line = from_argument()
    try:
        call_command("migrate", "--noinput", verbosity=0)
        fill(**line.hear())
        line.tell(**size())
        serve(line, list(Member.objects.values_list("pk", flat=True)))
    except EOFError:
        return


def serve(line: Line, members: Sequence[Any]) -> None:
    """Measure, with prepared statements as at the desk; the members come in another order each time, as a crowd does."""
    prepare_statements()
    while True:
        _, numbers, faults = operation.measure(random.sample(members, len(members)), *line.hear()["measure"])
        line.tell(numbers=numbers, faults=faults)


if __name__ == "__main__":
    main()
