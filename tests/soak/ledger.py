"""What the crowd was told: every answer counted, every promise kept for the reckoning."""

import time
from collections import Counter
from datetime import datetime
from itertools import pairwise
from typing import Any

from reservations.models import Withdrawal


class Ledger:
    """Written by the crowd alone; read once it has gone home."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        self.faults: list[str] = []
        self.holds: dict[str, tuple[str, datetime]] = {}  # id -> member, the latest end that was promised
        self.purchases: dict[str, str] = {}  # id -> member
        self.cancelled: set[str] = set()
        self.withdrawn: dict[str, str] = {}  # purchase -> withdrawal
        self._good: list[float] = [time.monotonic()]

    def note(self, answer: str, *, is_good: bool) -> None:
        """One more answer; good ones are those of a shop that is open, refusals among them."""
        self.answers[answer] += 1
        if is_good:
            self._good.append(time.monotonic())

    def promise_hold(self, member: str, hold: dict[str, Any]) -> None:
        """The member was told that this is theirs until then."""
        ends = datetime.fromisoformat(hold["expires_at"])
        before = self.holds.get(hold["id"])
        if before is not None and (before[0] != member or ends < before[1]):
            self.faults.append(f"hold {hold['id']} of {before} is now told as {member}'s until {ends}")
        self.holds[hold["id"]] = (member, ends)

    @property
    def longest_outage(self) -> float:
        """Seconds between two good answers, at most."""
        return max((later - earlier for earlier, later in pairwise(self._good)), default=0.0)

    def broken_promises(self, drop: Any) -> list[str]:
        """Every 2xx answer that the database knows nothing of, or knows otherwise."""
        holds = {str(pk): rest for pk, *rest in drop.reservations.values_list("pk", "member", "expires_at", "status")}
        sales = {str(pk): str(member) for pk, member in drop.purchases.values_list("pk", "member")}
        broken = []
        for pk, (member, until) in self.holds.items():
            found = holds.get(pk)
            if found is None or str(found[0]) != member or found[1] < until:
                broken.append(f"hold {pk} was promised to {member} until {until}; the database has {found}")
        ends = {pk: status for pk, (_, _, status) in holds.items()}
        broken += [f"hold {pk} was given back; it is {ends.get(pk)}" for pk in self.cancelled if ends.get(pk) != "cancelled"]
        broken += [
            f"purchase {pk} was promised to {member}; the database has {sales.get(pk)}"
            for pk, member in self.purchases.items()
            if sales.get(pk) != member
        ]
        stated = dict(Withdrawal.objects.filter(purchase__drop=drop).values_list("purchase", "id"))
        kept = {str(purchase): str(withdrawal) for purchase, withdrawal in stated.items()}
        broken += [
            f"withdrawal {withdrawal} from purchase {pk} was acknowledged; the database has {kept.get(pk)}"
            for pk, withdrawal in self.withdrawn.items()
            if kept.get(pk) != withdrawal
        ]
        return broken
