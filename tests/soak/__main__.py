"""`make soak`: ten minutes of a whole shop whose processes are killed and frozen. See docs/testing.md.

python -m tests.soak [--minutes 10] [--seed N] [--at-once 40]
"""

import argparse
import os
import random
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from dropshop.machine.processes import CannotStart
from tests.harness.servers import Servers, take_environment

PAIRS_PER_MINUTE = 100
EVERY = ("worker", "sweeper", "mailer", "beat")
REGRETS = 0.15  # of all orders, by shoppers, and as many by staff
RUN = {"8": 0.1, "9": 0.3, "10": 0.3, "11": 0.2, "12": 0.1}  # a share of all pairs each


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long pairs are for sale")
    parser.add_argument("--seed", type=int, default=random.randrange(10**9), help="of all random choices")
    parser.add_argument("--at-once", type=int, default=40, help="shoppers at the same time")
    return parser.parse_args(arguments)


def run(wanted: argparse.Namespace) -> int:
    """The exit code: 1 when anything was wrong. Django is set up by now."""
    from tests.harness.shop import UNLIMITED, Shop
    from tests.make import make_drop, make_members
    from tests.soak.soak import soak

    pairs = {label: max(1, round(share * PAIRS_PER_MINUTE * wanted.minutes)) for label, share in RUN.items()}
    env = {"DROPSHOP_LIMITS": UNLIMITED, "PAYMENT_TIMEOUT": "0.5", "DROPSHOP_LIVE_PROCESSES": "2"}  # which hand over
    shop = Shop(webs=2, celery=EVERY, own_postgres=True, env=env)
    with shop, shop.orm():
        seconds = wanted.minutes * 60
        drop = make_drop(pairs, hold_seconds=5, lapses_allowed=1000, open_for=4 * seconds + 3600)
        members = make_members(round(1.2 * sum(pairs.values())) + wanted.at_once)
        print(f"{len(members)} members want {sum(pairs.values())} pairs; seed {wanted.seed}", flush=True)
        report = soak(
            shop,
            drop,
            members,
            chance=random.Random(wanted.seed),
            seconds=seconds,
            at_once=wanted.at_once,
            regrets=REGRETS,
        )
        if report.faults:
            print(shop.logs_of_all())
    print(report.text())
    print(f"seed {wanted.seed}")
    return 1 if report.faults else 0


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    """The exit code: 0 when nothing was wrong, 1 when something was or the shop could not open, 130 after Ctrl-C."""
    wanted = options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    servers = Servers()  # its folder, its settings and the template of databases; the shop has servers of its own
    take_environment(servers.environment() | {"DJANGO_SETTINGS_MODULE": "dropshop.settings"})
    try:
        servers.postgres.start()
        import django

        django.setup()
        return run(wanted)
    except KeyboardInterrupt:
        return 130
    except CannotStart as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        servers.stop()


if __name__ == "__main__":
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    sys.exit(main())
