"""How long the shop keeps what it writes down: one table of rules, which a job enforces every hour.

Each app adds its rules at start-up (`retention.py` in each of them). What is kept for a time and has no rule here would be kept
for ever.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dropshop.core.clock import database_time
from dropshop.core.hooks import Registry
from dropshop.core.sweeps import log_failure
from dropshop.core.text import counted


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """One line of the table."""

    what: str  # as operators and members read it: "e-mails"
    since: str  # from when its time counts: "they were sent or given up"
    kept: Callable[[], timedelta]  # its time, by the settings
    forget: Callable[[datetime], int]  # forgets what is older than this moment, in small batches; how many rows those were

    def time(self) -> str:
        """How long it is kept, in words: "90 days"."""
        hours = self.kept() // timedelta(hours=1)
        return "no time" if not hours else counted(hours, "hour") if hours < 48 else counted(hours // 24, "day")

    def enforce(self) -> int:
        """Forgets what has been kept for its time; how many rows that was."""
        return self.forget(database_time() - self.kept())


rules: Registry[RetentionRule] = Registry("dropshop.retention")


def enforce() -> dict[str, int | None]:
    """Enforces every rule; by its name how many rows were forgotten, None where that failed, which is logged.

    Safe when run twice at once. A rule that fails keeps no other from being enforced, and is tried again by the next run.
    """
    forgotten: dict[str, int | None] = {}
    for name in rules.names():
        forgotten[name] = None
        with log_failure("what is too old could not be forgotten", rule=name):
            forgotten[name] = rules[name].enforce()
    return forgotten
