"""Draws of the shop itself, with people who enter them, and a beacon that was recorded."""

import http.server
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

from drops import schedule
from drops.models import Drop
from dropshop.core.clock import iso
from dropshop.core.outbound.addresses import AddressPolicy
from dropshop.core.outbound.client import OutboundClient
from reservations.draws import awards, beacons, entries, steps
from reservations.draws.models import Draw, DrawAward
from reservations.draws.terms import CHAIN, PUBLIC_KEY, time_of
from tests.make import ADDRESS, make_drop, make_member, make_saved_method
from tests.reservations.draws.files import RANDOMNESS, ROUND, SIGNATURE

CLOSED_AT = datetime(2023, 9, 15, 10, 55, 1, tzinfo=UTC)  # five minutes before that round
LATER = datetime(2090, 1, 1, tzinfo=UTC)
GOOD = {"round": ROUND, "signature": SIGNATURE, "randomness": RANDOMNESS}


_houses = count(1)


def a_home():
    """An address that nobody else has."""
    return ADDRESS | {"street": f"{next(_houses)} Lace Lane"}


def make_draw_drop(sizes=3, **facts):
    """A published drop whose pairs go by a draw, and whose entries are open."""
    drop = make_drop(sizes, mode="draw", published=False, **facts)
    return schedule.publish(drop)


def enter(member, drop, *sizes, **said):
    """The member's entry, with an address and a card of their own."""
    labels = [*sizes] or [drop.sizes.first().label]
    card = said.pop("payment_method", None) or str(make_saved_method(member).pk)
    return entries.enter(member, drop, sizes=labels, **{"address": a_home(), "payment_method": card, **said})


def crowd(drop, count, *sizes):
    """So many members who enter, with their entries."""
    return [enter(make_member(), drop, *sizes) for _ in range(count)]


def named_beacons(**moments):
    """The beacons of a draw as they are promised, of which drand's is the recorded round; `nist`, `dice`: from when on."""
    nist, dice = moments.get("nist", LATER), moments.get("dice", LATER)
    at = iso(time_of(ROUND))
    return [
        {"source": "drand", "chain": CHAIN, "public_key": PUBLIC_KEY, "round": ROUND, "at": at, "from": at},
        {"source": "nist", "at": iso(nist), "from": iso(nist)},
        {"source": "dice", "from": iso(dice)},
    ]


def end(drop, **moments):
    """The drop's entries are over since 2023, shortly before the recorded round; its draw, still to be closed."""
    Drop.objects.filter(pk=drop.pk).update(starts_at=CLOSED_AT - timedelta(days=1), ends_at=CLOSED_AT)
    Draw.objects.filter(drop=drop).update(closes_at=CLOSED_AT, beacons=named_beacons(**moments), retry_at=CLOSED_AT)
    drop.refresh_from_db()
    return Draw.objects.select_related("drop").get(drop=drop)


def drawn(drop):
    """The drop's draw, decided by the recorded round."""
    steps.take_beacon(steps.close(end(drop)), beacons.good_beacon(named_beacons()[0], GOOD))
    return steps.decide(Draw.objects.get(drop=drop))


def carry_awards():
    """What workers do with all awards that are due."""
    while awards.sweep():
        pass


def due_now(drop):
    """All that waits for its time is due."""
    DrawAward.objects.filter(entry__draw__drop=drop, retry_at__isnull=False).update(retry_at=CLOSED_AT)
    Draw.objects.filter(drop=drop, retry_at__isnull=False).update(retry_at=CLOSED_AT)


@contextmanager
def beacon_host(monkeypatch, *answers):
    """A host that tells these (status, body), one after the other, the last one again and again; yields the paths asked for."""
    asked, left = [], list(answers)

    class Host(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        def log_message(self, *said):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host) as server:
        port = server.server_address[1]
        ways = AddressPolicy(also={("127.0.0.1", port)})
        monkeypatch.setattr(beacons, "client", lambda: OutboundClient(ways, seconds=30))
        monkeypatch.setattr(beacons, "DRAND_URLS", (f"http://127.0.0.1:{port}",))
        monkeypatch.setattr(beacons, "NIST_URL", f"http://127.0.0.1:{port}/beacon/2.0")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()
