"""Purchase requests: how long from the start of a drop until all of fifty thousand are resolved, by the workers alone."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bench.audit import simple
from bench.people import ADDRESS, Person, make_drop
from bench.stage import Stage
from drops.models import Drop
from dropshop.core.clock import database_time
from dropshop.core.sql import rows
from dropshop.machine.processes import wait_until
from reservations.models import PurchaseRequest, RequestRound

REQUESTS, PAIRS, SIZES = 50_000, 1000, 5
SOON = 5.0  # seconds until the drop starts
LATEST = 300.0  # seconds after which they are given up


class StandingOrders:
    """One drop, a thousand pairs in five sizes; each asks for all sizes and pays with a saved card. Half a minute of that is
    the pause before the second round."""

    unit, every_round = "s, until the last one is resolved", False
    name, title = "purchase-requests", f"{REQUESTS:,} purchase requests for one drop, resolved"

    def run(self, stage: Stage, seconds: float) -> dict[str, float]:
        people = stage.people(REQUESTS)
        drop = make_drop({f"{place:02}": PAIRS // SIZES for place in range(SIZES)})
        _move_start(drop, timedelta(hours=1))
        _file_all(drop, people)
        stage.ground.sql("ANALYZE reservations_purchaserequest")
        stage.ground.start_requests()
        begins = _move_start(drop, timedelta(seconds=SOON))
        wait_until(RequestRound.objects.filter(pk=drop.pk, done_at__isnull=False).exists, LATEST, every=0.5)
        done = RequestRound.objects.get(pk=drop.pk).done_at
        self._audit(stage, drop, len(people))
        stage.retire(drop)
        requests = PurchaseRequest.objects.filter(drop=drop)
        paid = requests.filter(status="success").latest("moved_at").moved_at
        last = requests.latest("moved_at").moved_at
        decided = RequestRound.objects.get(pk=drop.pk).decided_at
        took = {"decided": decided, "paid": paid, "figure": last, "told": done or database_time()}
        numbers = {name: (moment - begins).total_seconds() for name, moment in took.items() if moment is not None}
        return numbers | {"rate": len(people) / max(0.1, numbers["figure"] - 30)}

    def _audit(self, stage: Stage, drop: Drop, requests: int) -> None:
        """Every pair is sold and paid, every request has ended, and everybody was told once."""
        ask = stage.ground.sql
        sold = ask("SELECT sum(sold), sum(total) FROM drops_size WHERE drop_id = %s", drop.pk)[0]
        paid = ask("SELECT count(*) FROM reservations_purchase WHERE drop_id = %s AND status = 'paid'", drop.pk)[0][0]
        ended = dict(ask("SELECT status, count(*) FROM reservations_purchaserequest WHERE drop_id = %s GROUP BY 1", drop.pk))
        told = ask("SELECT count(*) FROM community_notice WHERE cause LIKE 'request:%%'")[0][0]
        faults = [
            (sold == (PAIRS, PAIRS), f"{sold[0]} of {sold[1]} pairs are sold"),
            (paid == PAIRS, f"{paid} purchases are paid"),
            (ended == {"success": PAIRS, "failed": requests - PAIRS}, f"requests stand as {ended}"),
            (told == requests, f"{told} notices for {requests} requests"),
        ]
        stage.check(simple(self.name, faults))


def _move_start(drop: Drop, later: timedelta) -> datetime:
    """It starts so much later than now: then."""
    begins = database_time() + later
    Drop.objects.filter(pk=drop.pk).update(starts_at=begins)
    return begins


FILE_ALL = """
WITH cards AS (
  INSERT INTO {savedmethod} (id, member_id, provider, token, status, brand, last_four, entered, reference, confirm_url, note)
  SELECT gen_random_uuid(), member, 'test bank', 'test_ok', 'ready', 'Test card', '4242', '', '', '', ''
    FROM unnest(%(members)s::uuid[]) AS member
  RETURNING id, member_id
)
INSERT INTO {purchaserequest} (id, drop_id, member_id, sizes, address, payment_method_id, latest_price, currency, status)
SELECT gen_random_uuid(), %(drop)s, member_id, %(sizes)s::bigint[], %(address)s, id, %(price)s, 'USD', 'entered' FROM cards
"""


def _file_all(drop: Drop, people: Sequence[Person]) -> None:
    """One request of each of these members."""
    RequestRound.objects.create(drop=drop)
    rows(
        FILE_ALL,
        members=[each.member.pk for each in people],
        drop=drop.pk,
        sizes=list(drop.sizes.order_by("position").values_list("pk", flat=True)),
        address=PurchaseRequest._meta.get_field("address").get_prep_value(ADDRESS),
        price=drop.price,
    )
