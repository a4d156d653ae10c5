"""The suite's own PostgreSQL and Valkey: started once, shared by all xdist workers, gone at the end however that comes.

The servers belong to the process that pytest was started as. It passes their addresses to the workers by environment; each
worker has a PostgreSQL database and a numbered Valkey database of its own.
"""

import fcntl
import os
import shutil
import sys
import tempfile
from pathlib import Path

from dropshop.machine.embedded import Postgres, Valkey
from dropshop.machine.processes import VARIABLES
from dropshop.machine.state import StateFolder

PREFIX = "dropshop-test-"


class Servers:
    """One PostgreSQL and one Valkey in a folder of their own, without fsync."""

    def __init__(self) -> None:
        _remove_leftovers()
        self.state = StateFolder(Path(tempfile.mkdtemp(prefix=PREFIX)))
        self.state.open()
        folder, shared = self.state.folder, {"logs": self.state.logs, "lock": self.state.inherited_lock, "durable": False}
        self.postgres = Postgres(folder / "postgres", password="for-tests", **shared)
        self.valkey = Valkey(folder / "valkey", password="for-tests", **shared)

    def start(self) -> None:
        self.postgres.start()
        self.valkey.start()

    def stop(self) -> None:
        self.valkey.stop()
        self.postgres.stop()
        self.state.close()
        shutil.rmtree(self.state.folder, ignore_errors=True)

    def environment(self) -> dict[str, str]:
        """What the settings read: everything of the shop's that a test must not take from the developer's own shell."""
        return {
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "DROPSHOP_STATE": str(self.state.folder),
            "SECRET_KEY": "for-tests-only-and-long-enough-to-sign-tokens-with",
            "DATABASE_POOL": "0",
            "GIVE_BACK_RESTS": "0",  # a pair that is given back is there at once; tests of the rest ask for it
        }


def take_environment(environment: dict[str, str]) -> None:
    """Make `environment` the only one of the shop's variables in this process."""
    for name in [name for name in os.environ if name.startswith(VARIABLES)]:
        del os.environ[name]
    # Else each process of each shop compiles the whole shop anew: half a second of computing.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    os.environ.update(environment)


def take_own_valkey_database(worker: str) -> None:
    """gw0 works in number 1, gw1 in number 2 …: a flush in one worker is not felt in another."""
    base, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{base}/{int(worker.removeprefix('gw')) + 1}"


def _remove_leftovers() -> None:
    """Folders of runs that were killed: nobody holds their locks any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            locks = [(folder / name).open("a") for name in ("lock", "servers.lock")]
        except OSError:
            continue  # somebody else's
        try:
            for lock in locks:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue  # another run is at work
        finally:
            for lock in locks:
                lock.close()
