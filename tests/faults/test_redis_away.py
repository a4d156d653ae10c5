"""Redis gone, and Redis emptied, under real processes: acceptance 25 and 26."""

import json
import time
from contextlib import ExitStack

import pytest
import redis
from websockets.sync.client import connect

from dropshop.machine.processes import wait_until
from reservations.models import Reservation
from tests.harness.patience import PATIENCE
from tests.make import ADDRESS, PASSWORD, lapse, make_drop, make_member
from tests.shopper import Shopper

SCREENS_RIGHT_WITHIN = 10  # seconds, acceptance 25
LIMITS = json.dumps({"sign-in": {"account": "3/1d", "address": "1000/1d"}})


class Screen:
    """A visitor's socket on one drop, and the newest fact it was told about each size."""

    def __init__(self, socket, drop):
        self.socket = socket
        self.socket.send(json.dumps({"type": "join-drop", "drop": str(drop.pk)}))
        self.sizes = {}

    def shows(self, seconds=SCREENS_RIGHT_WITHIN, **expected):
        """Whether the one size shows these counters before the time is up."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                message = json.loads(self.socket.recv(timeout=left))
            except TimeoutError:
                break
            for size in message.get("sizes", [message] if message["type"].startswith("stock-") else []):
                before = self.sizes.get(size["size"], {"version": -1})
                assert size["version"] >= before["version"]
                self.sizes[size["size"]] = size
            if self.sizes and all(self.sizes["One size"][name] == value for name, value in expected.items()):
                return True
        return False


def swept(shop):
    """Whether /readyz finds every part in order."""
    with Shopper(shop.url) as visitor:
        return visitor.get("/readyz").json()["status"] == "ready"


def test_25_after_flushall_no_hold_order_limit_or_sign_in_is_lost_and_screens_are_right_within_ten_seconds(open_shop):
    shop = open_shop(env={"DROPSHOP_LIMITS": LIMITS, "LIMITS_PATIENCE": "5"})
    drop, alice, bob, charlie, eve = make_drop(4), *(make_member() for _ in range(4))
    with (
        Shopper(shop.url, alice) as hers,
        Shopper(shop.url, bob) as his,
        Shopper(shop.url, charlie) as theirs,
        ExitStack() as sockets,
    ):
        held = hers.reserve(drop).json()["reservation"]
        sale = his.buy(his.reserve(drop).json()["reservation"]["id"], ADDRESS).json()
        guesses = [_guess(theirs, eve) for _ in range(4)]
        screen = Screen(sockets.enter_context(connect(f"{shop.url.replace('http', 'ws')}/ws/live/", origin=shop.url)), drop)
        assert screen.shows(available=2, reserved=1, sold=1)
        assert wait_until(lambda: swept(shop), PATIENCE)

        redis.Redis.from_url(shop.valkey.url).flushall()

        assert hers.get(f"/api/v1/reservations/{held['id']}").json()["expires_at"] == held["expires_at"]
        assert his.get(f"/api/v1/purchases/{(sale.get('purchase') or sale)['id']}").status_code == 200
        assert his.reserve(drop).json()["code"] == "limit_reached"
        assert [*guesses, _guess(theirs, eve)] == [401, 401, 401, 429, 429]
        new = theirs.reserve(drop)
        assert new.status_code == 201
        assert screen.shows(available=1, reserved=2, sold=1)
        lapse(Reservation.objects.get(pk=new.json()["reservation"]["id"]))
        assert screen.shows(available=2, reserved=1, sold=1)  # the sweeper still gets its messages through the queue
        assert wait_until(lambda: swept(shop), SCREENS_RIGHT_WITHIN)


def _guess(client, member):
    return client.post("/api/v1/users/login", json={"username": member.username, "password": "wrong"}).status_code


def test_26_with_redis_down_throughout_people_can_buy(open_shop):
    shop = open_shop(celery=())
    shop.stop_redis()
    shop.kill("web")
    shop.restart("web")  # it has never seen Redis
    shop.wait_until_open()
    drop, alice, bob = make_drop(3), make_member(), make_member()

    with Shopper(shop.url, alice) as hers:
        assert hers.get("/").status_code == 200
        assert hers.get(f"/drops/{drop.slug}/").status_code == 200
        assert hers.post(f"/api/v1/drops/{drop.pk}/pass").status_code == 200
        held = hers.reserve(drop)
        assert held.status_code == 201
        assert hers.post(f"/api/v1/reservations/{held.json()['reservation']['id']}/extend").status_code == 200
        assert hers.buy(held.json()["reservation"]["id"], ADDRESS).status_code == 201
        assert len(hers.get("/api/v1/purchases").json()["results"]) == 1
        polled = hers.get(f"/api/v1/drops/{drop.pk}").json()["sizes"][0]
        assert (polled["available"], polled["reserved"], polled["sold"]) == (2, 0, 1)

    with Shopper(shop.url, bob) as his:  # by the pages' own forms, as without JavaScript
        answer = his.post(f"/drops/{drop.slug}/hold/", data={"csrfmiddlewaretoken": "c" * 32})
        assert answer.status_code == 303
        checkout = answer.headers["Location"]
        assert his.get(checkout).status_code == 200
        form = {**ADDRESS, "payment_method": "test_ok", "csrfmiddlewaretoken": "c" * 32}
        bought = his.post(f"{checkout}purchase/", data=form)
        assert bought.status_code == 303
        assert bought.headers["Location"].startswith("/orders/")

    with Shopper(shop.url) as visitor:
        ready = visitor.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        assert visitor.get("/healthz").status_code == 200
        body = {"username": alice.username, "password": PASSWORD}
        busy = visitor.post("/api/v1/users/login", json=body)
        assert (busy.status_code, busy.json()["code"]) == (503, "busy")
        assert int(busy.headers["Retry-After"]) >= 1

        shop.start_redis()

        def let_in():
            return visitor.post("/api/v1/users/login", json=body).status_code == 200

        assert wait_until(let_in, PATIENCE)


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_26_without_redis_nobody_waits_for_it_again_and_again(open_shop, how):
    shop = open_shop(celery=())
    drop, members = make_drop(100), [make_member() for _ in range(12)]
    if how == "stopped":
        shop.stop_redis()
    else:
        shop.freeze("valkey")
    for member in members:
        with Shopper(shop.url, member) as shopper:
            assert shopper.reserve(drop).status_code == 201
    asked = (shop.logs / "web1.log").read_text().count("limits_without_redis")
    if how == "frozen":
        shop.thaw("valkey")
    assert 1 <= asked < len(members)
