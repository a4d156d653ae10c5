"""Acceptance 10 and 12 on two server processes: what a wait for the size's lock costs, at the desk and at the ordinary view."""

import threading
from contextlib import contextmanager
from datetime import datetime, timedelta

from tests.harness.patience import PATIENCE
from tests.harness.shoppers import said, together
from tests.make import make_drop, make_members
from tests.races.crowd import wait_for_lock_queue
from tests.races.processes import play, write


@contextmanager
def somebody_locks(short, *long):
    """Locks the sizes of these drops: the first for three seconds from when somebody waits, the others to the end.

    Tells when it let go of the first. PostgreSQL itself does so, however busy this process is.
    """
    freed, locked, let_go = [], threading.Event(), threading.Event()

    def hold_the_locks():
        with write() as first, write() as second:
            for connection, drop in ((first, short), *((second, drop) for drop in long)):
                connection.execute("SET idle_in_transaction_session_timeout = 0")
                connection.execute("SELECT FROM drops_size WHERE drop_id = %s FOR NO KEY UPDATE", [drop.pk])
            locked.set()
            wait_for_lock_queue()
            let_go_later = first.execute("SELECT pg_sleep(3); SELECT clock_timestamp(); COMMIT")
            let_go_later.nextset()
            freed.extend(let_go_later.fetchone())
            let_go.wait(PATIENCE)

    holder = threading.Thread(target=hold_the_locks, daemon=True)
    holder.start()
    assert locked.wait(PATIENCE)
    try:
        yield freed
    finally:
        let_go.set()
        holder.join(PATIENCE)


def test_acceptance_10_and_12_behind_a_held_lock_nobody_loses_time_and_nobody_is_told_sold_out(shop):
    """Acceptance 10: 3 s wait for the lock: a full 60 s remains. Acceptance 12: a lock timeout says busy, never sold out.

    By session at the ordinary view, and by pass at the desk of both servers. The control of 10 stands in test_unguarded.
    """
    short, *long = make_drop(3), make_drop(1), make_drop(1), make_drop(1)
    asked = [short, long[0], short, short, *long[1:]]

    async def script(shoppers):
        pairs = zip(shoppers, asked, strict=True)
        return await together(shopper.post(f"drops/{drop.pk}/reserve") for shopper, drop in pairs)

    with somebody_locks(short, *long) as freed:
        answers = play(shop, make_members(6), script, drop=[None, None, *asked[2:]])
    waited, gave_up = [answers[0], *answers[2:4]], [answers[1], *answers[4:]]
    for answer in waited:
        assert said(answer) == (201, "")
        expires_at = datetime.fromisoformat(answer.json()["reservation"]["expires_at"])
        assert expires_at - freed[0] >= timedelta(seconds=60)
    for answer in gave_up:
        assert said(answer) == (409, "concurrent_update")
        assert answer.json()["title"].startswith("Busy")
        assert int(answer.headers["Retry-After"]) >= 1
    assert [drop.sizes.get().available for drop in long] == [1, 1, 1]
