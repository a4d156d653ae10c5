"""PostgreSQL gone and back, under real processes: a plain 503 meanwhile, and service again without a restart."""

import time

from dropshop.processes import wait_until
from tests.make import ADDRESS, make_drop, make_member
from tests.shopper import Shopper

BACK_WITHIN = 15  # seconds, acceptance 28


def test_without_its_database_the_shop_says_busy_and_comes_back_by_itself(open_shop):
    shop = open_shop(own_postgres=True, celery=())
    drop, alice = make_drop(3), make_member()
    with Shopper(shop.url, alice) as shopper:
        held = shopper.reserve(drop).json()["reservation"]["id"]

        shop.postgres.stop()

        pages = ["/", f"/drops/{drop.slug}/", f"/reservations/{held}/", "/orders/", "/accounts/login/"]
        for path in pages:
            answer = shopper.get(path)
            if path == "/accounts/login/" and answer.status_code == 200:
                continue  # a form needs no database
            assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8"), path
            assert int(answer.headers["Retry-After"]) >= 1
            assert "Sold out" not in answer.text
            assert "Content-Security-Policy" in answer.headers
        for answer in (shopper.reserve(drop), shopper.buy(held, ADDRESS), shopper.get("/api/v1/drops")):
            assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert shopper.get("/healthz").json() == {"status": "alive"}
        ready = shopper.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
        # Long enough for the pool's pauses between attempts to have grown.
        down = time.monotonic()
        assert wait_until(lambda: shopper.get("/readyz").status_code == 503 and time.monotonic() - down > 12, 30)

        shop.postgres.start()

        assert wait_until(lambda: shopper.get("/readyz").status_code == 200, BACK_WITHIN)
        assert shopper.get(f"/api/v1/reservations/{held}").json()["status"] in {"active", "expired"}
        assert shopper.get("/").status_code == 200
