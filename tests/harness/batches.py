"""Whose batches they were: in a shop's database, which of its processes has inserted holds, and how often."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from dropshop.machine.processes import wait_until
from tests.harness.patience import PATIENCE
from tests.harness.shop import Shop

NOTE = """
CREATE TABLE noted_batches (place bigserial, drop_id uuid, process text, holds integer);
CREATE FUNCTION note_batch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO noted_batches (drop_id, process, holds)
    SELECT drop_id, current_setting('application_name'), count(*) FROM fresh GROUP BY drop_id;
    RETURN NULL;
END $$;
CREATE TRIGGER note_batch AFTER INSERT ON reservations_reservation
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION note_batch()
"""
FORGET = "DROP TRIGGER note_batch ON reservations_reservation; DROP FUNCTION note_batch; DROP TABLE noted_batches"


@contextmanager
def noted_batches() -> Iterator[None]:
    """Meanwhile each batch that makes a hold is noted, with the name of its process (web1, web2 …)."""
    with connection.cursor() as cursor:
        cursor.execute(NOTE)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(FORGET)


def batches_of(*drops: object) -> Counter[str]:
    """How many batches each process has decided on these drops."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT process FROM noted_batches WHERE drop_id = ANY(%s)", [[drop.pk for drop in drops]])
        return Counter(process for (process,) in cursor.fetchall())


def wait_until_acquainted(shop: Shop) -> None:
    """Each of its web servers has met another."""
    logs = [child.log for name, child in shop.children.items() if name.startswith("web")]
    assert wait_until(lambda: all(" is there" in log.read_text() for log in logs), PATIENCE), shop.logs_of_all()
