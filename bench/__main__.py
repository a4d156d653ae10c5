"""`make bench`, or `python -m bench --quick --only holds`: measure, compare, audit; see docs/benchmarks.md."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from bench.conversation import Silent
from bench.ground import Ground
from dropshop.machine.processes import CannotStart


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds: rough numbers, the same audits")
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="scenarios whose names begin so; repeatable"
    )
    parser.add_argument("--rounds", type=int, help="how many rounds")
    parser.add_argument("--seconds", type=float, help="of one measurement")
    parser.add_argument("--generators", type=int, default=1, help="processes that make the load")
    parser.add_argument("--folder", type=Path, help="where the run's data lies; a folder on a disk, not in memory")
    return parser.parse_args()


def _interrupt(signal_number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def main() -> int:
    """The exit code: 0, 1 when an audit found a fault or the run could not be made, 130 after Ctrl-C."""
    wanted = options()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with Ground(wanted.folder) as ground:
            from bench.running import run  # Django is set up by now

            return run(ground, wanted)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except (CannotStart, Silent) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
