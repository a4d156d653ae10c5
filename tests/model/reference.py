"""The shop as the rules describe it, in plain Python: no database, no locks, a clock that is a number.

Kept so small that it can be checked against docs/correctness.md by reading. Every operation answers with a code: "ok" or the
one of the refusal.
"""

from dataclasses import dataclass, field

HOLD, PIN, COOLDOWN, LAPSES, LIMIT = 60, 30, 300, 2, 2  # seconds, lapsed holds, pairs
LATE, LEAST = 30, 6  # seconds after which giving back is a lapse; for which every hold counts


@dataclass
class Line:
    """One size."""

    total: int
    sold: int = 0


@dataclass
class Hold:
    """One reservation."""

    member: int
    size: str
    started: int
    expires: int
    ended: int = 0  # when it was given back
    rests: bool = False  # given back, and not offered again before time has passed
    pinned: int = 0
    extended: bool = False
    asked_at: int | None = None  # when a payment went off to a bank that is silent
    status: str = "active"

    @property
    def lapse(self) -> int:
        return max(self.expires, self.pinned)

    @property
    def until(self) -> int:
        return self.expires if self.status == "expired" else self.ended

    @property
    def is_lapse(self) -> bool:
        return self.status == "expired" or self.ended - self.started >= LATE

    @property
    def seconds(self) -> int:
        """For how long it kept the pair from others."""
        return min(max(self.until - self.started, LEAST), HOLD)


ENDED = {"completed": "already_purchased", "cancelled": "already_cancelled", "expired": "hold_expired"}


@dataclass
class Reference:
    """One drop."""

    run: dict[str, Line]
    now: int = 0
    holds: list[Hold] = field(default_factory=list)

    # -- What there is -----------------------------------------------------------------------------

    def last(self, member: int) -> Hold | None:
        return next((hold for hold in reversed(self.holds) if hold.member == member), None)

    def active(self, size: str) -> list[Hold]:
        """Counted in `reserved`, overdue or not, or given back and at rest."""
        return [hold for hold in self.holds if hold.size == size and (hold.status == "active" or hold.rests)]

    def standing(self, size: str) -> list[Hold]:
        """What screens call reserved (S4): those whose time is not over."""
        return [hold for hold in self.active(size) if (hold.ended == self.now if hold.rests else hold.lapse > self.now)]

    def counters(self, size: str) -> tuple[int, int, int, int]:
        """As stored."""
        line, held = self.run[size], len(self.active(size))
        return line.total, line.total - line.sold - held, held, line.sold

    def facts(self, size: str) -> tuple[int, int, int, int, bool]:
        """As screens are told; last, whether there is a next expiry."""
        line, held = self.run[size], len(self.standing(size))
        return line.total, line.total - line.sold - held, held, line.sold, bool(held)

    def bought(self, member: int) -> int:
        return sum(hold.member == member and hold.status == "completed" for hold in self.holds)

    # -- Deeds -------------------------------------------------------------------------------------

    def sweep(self) -> None:
        for hold in self.holds:
            if hold.status == "active" and hold.lapse <= self.now:
                hold.status, hold.pinned = "expired", 0
            if hold.rests and hold.ended < self.now:
                hold.rests = False

    def reserve(self, member: int, size: str) -> str:
        last = self.last(member)
        self.sweep()  # the sizes of a drop are locked together
        if last and last.status == "active":
            return "same"
        if self.bought(member) >= LIMIT:
            return "limit_reached"
        vain = [hold for hold in self.holds if hold.member == member and hold.status in ("expired", "cancelled")]
        has_spent = sum(hold.is_lapse for hold in vain) >= LAPSES or sum(hold.seconds for hold in vain) >= LAPSES * HOLD
        if has_spent and max(hold.until for hold in vain) + COOLDOWN > self.now:
            return "cooling_down"
        if self.counters(size)[1] <= 0:
            return "all_held" if self.active(size) else "sold_out"
        self.holds.append(Hold(member, size, self.now, self.now + HOLD))
        return "ok"

    def _over(self, hold: Hold) -> str | None:
        return ENDED.get(hold.status) or ("hold_expired" if hold.lapse <= self.now else None)

    def extend(self, hold: Hold) -> str:
        if over := self._over(hold):
            return over
        if hold.extended:
            return "extension_used"
        hold.extended, hold.expires = True, hold.expires + HOLD
        hold.pinned += HOLD if hold.pinned else 0
        return "ok"

    def cancel(self, hold: Hold) -> str:
        if hold.status == "cancelled":
            return "ok"
        if over := self._over(hold):
            return over
        hold.rests = self.counters(hold.size)[1] == 0
        hold.status, hold.pinned, hold.ended = "cancelled", 0, self.now
        return "ok"

    def buy(self, hold: Hold, card: str) -> str:
        if hold.status == "completed":
            return "same"
        if over := self._over(hold):
            return over
        if hold.asked_at is not None:
            return self._sell(hold) if card == "test_timeout" else "concurrent_update"
        if card == "test_declined":
            return "payment_declined"
        if card == "test_timeout":
            hold.asked_at, hold.pinned = self.now, hold.expires + PIN
            return "payment_unanswered"
        return self._sell(hold)

    def _sell(self, hold: Hold) -> str:
        hold.status, hold.pinned, hold.asked_at = "completed", 0, None
        self.run[hold.size].sold += 1
        return "ok"

    def settle(self) -> None:
        """The bank is asked about the silent payments that are old enough."""
        for hold in self.holds:
            if hold.asked_at is not None and hold.asked_at < self.now:
                if self._over(hold) is None:
                    self._sell(hold)
                hold.asked_at = None

    def adjust(self, size: str, total: int) -> str:
        if total < self.run[size].sold + len(self.active(size)):
            return "below_committed"
        self.run[size].total = total
        return "ok"
