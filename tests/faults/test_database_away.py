"""PostgreSQL gone and back, under real processes: a plain 503 meanwhile, and service again without a restart."""

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

        # Each waits three seconds for a connection, so that all of them together let the pool's pauses grow.
        for path in ("/", f"/reservations/{held}/"):
            answer = shopper.get(path)
            assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8"), path
            assert int(answer.headers["Retry-After"]) >= 1
            assert "Sold out" not in answer.text
            assert "Content-Security-Policy" in answer.headers
        for answer in (shopper.reserve(drop), shopper.buy(held, ADDRESS)):
            assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert shopper.get("/healthz").json() == {"status": "alive"}
        ready = shopper.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")

        shop.postgres.start()

        assert wait_until(lambda: shopper.get("/readyz").status_code == 200, BACK_WITHIN)
        assert shopper.get(f"/api/v1/reservations/{held}").json()["status"] in {"active", "expired"}
        assert shopper.get("/").status_code == 200
