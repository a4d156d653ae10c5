"""PostgreSQL refuses to run as root, and initdb wants a user with a name: how a program runs as somebody else here."""

import functools
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

from dropshop.machine.processes import CannotStart

_NOBODY = 65534


def _unshare() -> tuple[str, ...]:
    """A user namespace in which we are called somebody who is not root and is known by name: initdb asks for the name."""
    known = next((entry for entry in pwd.getpwall() if entry.pw_uid), None)
    return ("unshare", "--user", f"--map-user={known.pw_uid if known else _NOBODY}", f"--map-group={_NOBODY}")


@functools.cache
def can_unshare() -> bool:
    """Whether this machine lets us make a user namespace (containers often refuse)."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    return subprocess.run([*_unshare(), "true"], check=False, capture_output=True).returncode == 0


def _is_known(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def as_unprivileged(folder: Path) -> tuple[str, ...]:
    """What to put before a PostgreSQL program, which refuses to run as root.

    For an ordinary user nothing. For root (and for a user without a name) a namespace in which we are called somebody
    else: no other user, no change of owner. Where that is refused, or where the cluster belongs to somebody, that user
    (or nobody), who keeps the right to pass folders that are closed to others.
    """
    user, owner = os.geteuid(), folder.stat().st_uid
    if user != 0:
        return () if _is_known(user) or not can_unshare() else _unshare()
    if can_unshare() and owner == 0:
        return _unshare()
    if shutil.which("setpriv") is None:
        raise CannotStart("PostgreSQL does not run as root, and neither unshare nor setpriv works here; start as another user.")
    if owner == 0:
        owner = _NOBODY
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)
    return (
        *("setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups", "--pdeathsig=keep"),
        *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
    )
