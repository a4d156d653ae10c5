"""The state folder: everything one shop keeps on this machine (DROPSHOP_STATE, by default `.state/`).

    lock            held by the supervisor that uses the folder; servers.lock by the servers themselves
    secrets.json    SECRET_KEY and the keys of the encrypted fields, made on the first start, mode 0600
    services.json   where the embedded servers listen, mode 0600; read by dropshop/settings
    postgres/ valkey/ logs/ static/ media/

Imports no Django: the supervisor uses this before there are settings.
"""

import base64
import fcntl
import json
import os
import secrets
from pathlib import Path
from typing import IO

from dropshop.machine.processes import CannotStart, wait_until

_REMEDY = "put it back from a backup"
_REMEDIES = {"services.json": "remove it, or start the shop, which writes it anew"}


class StateFolder:
    """One state folder, opened for one supervisor at a time."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._lock: IO[str] | None = None
        self._servers_lock: IO[str] | None = None

    def open(self) -> None:
        """Make the folder when there is none and take its locks; CannotStart when that is not possible.

        Servers of a supervisor that was killed may still be writing their last pages: they hold `servers.lock` and are
        waited for, half a minute at most.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            self._lock = (self.folder / "lock").open("a+")
            self._servers_lock = (self.folder / "servers.lock").open("a+")
        except (FileExistsError, NotADirectoryError) as error:
            raise CannotStart(f"The state folder {self.folder} cannot be used: {error.filename} is not a folder.") from error
        except OSError as error:
            raise CannotStart(f"The state folder {self.folder} cannot be written: {error.strerror}.") from error
        if not _taken(self._lock):
            self._lock.seek(0)
            raise CannotStart(
                f"A shop is already running with the state folder {self.folder} (process {self._lock.read().strip()}); "
                "stop it first, or set DROPSHOP_STATE to another folder."
            )
        self._lock.truncate(0)
        self._lock.write(f"{os.getpid()}\n")
        self._lock.flush()
        servers_lock = self._servers_lock
        if not wait_until(lambda: _taken(servers_lock), 30):
            raise CannotStart(f"Servers of an earlier start still use the state folder {self.folder} and do not end.")

    def close(self) -> None:
        """Let go of the folder; the servers must have ended."""
        for lock in (self._lock, self._servers_lock):
            if lock is not None:
                lock.close()

    @property
    def logs(self) -> Path:
        """Folder of the children's logs."""
        return self.folder / "logs"

    @property
    def inherited_lock(self) -> int:
        """Descriptor the servers inherit, so that the folder counts as in use for as long as one of them lives."""
        if self._servers_lock is None:
            raise RuntimeError("The state folder has not been opened.")
        return self._servers_lock.fileno()

    def planned_secrets(self) -> dict[str, str]:
        """The shop's own secrets, new ones where some are missing; nothing is written. CannotStart when they cannot be read."""
        file = self.folder / "secrets.json"
        known = read_state_file(file)
        if not known and (self.folder / "postgres").exists():
            raise CannotStart(f"{file} is missing, and the data beside it cannot be read without; put it back from a backup.")
        fresh = {
            "SECRET_KEY": secrets.token_urlsafe(64),
            "DROPSHOP_FIELD_KEYS": f"first:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "POSTGRES_PASSWORD": secrets.token_urlsafe(32),
            "VALKEY_PASSWORD": secrets.token_urlsafe(32),
        }
        return fresh | known

    def secrets(self) -> dict[str, str]:
        """The shop's own secrets; what is missing is made and kept. CannotStart when the file cannot be read."""
        file = self.folder / "secrets.json"
        wanted = self.planned_secrets()
        if wanted != read_state_file(file):
            self._write(file, wanted)
        return wanted

    def write_services(self, services: dict[str, str]) -> None:
        """Tell commands in other terminals where the servers listen."""
        self._write(self.folder / "services.json", services)

    def forget_services(self) -> None:
        """The servers are gone."""
        (self.folder / "services.json").unlink(missing_ok=True)

    def _write(self, file: Path, content: dict[str, str]) -> None:
        """Write a file only its owner may read, whole or not at all."""
        fresh = file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump(content, out, indent=1)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)


def read_state_file(file: Path) -> dict[str, str]:
    """What stands in secrets.json or services.json; {} where there is none, CannotStart where it cannot be read."""
    try:
        known = json.loads(file.read_text())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise CannotStart(f"{file} cannot be read ({error}); {_REMEDIES.get(file.name, _REMEDY)}.") from error
    if not isinstance(known, dict) or not all(isinstance(value, str) for value in known.values()):
        raise CannotStart(f"{file} is not the file this shop has written; {_REMEDIES.get(file.name, _REMEDY)}.")
    return known


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
