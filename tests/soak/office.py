"""Staff of a shop under mischief: they give money back and cancel orders while processes die beneath them."""

import random
import threading
from collections import Counter
from typing import Any

from django.db import DatabaseError, InterfaceError, connection

from dropshop.core.errors import DropshopError
from dropshop.core.money import Money
from reservations.models import Purchase
from reservations.refunds import refund
from reservations.refunds.cancel import cancel

DEEDS = {"gives a part back": 3, "gives all back": 1, "cancels and gives all back": 2, "cancels, and keeps the money": 1}
PAUSE = 0.2  # seconds between two orders that are looked at
REASON = "soak"


class Office:
    """Somebody at the desk, in a thread of their own: `with Office(drop, staff, chance=…) as office: …`."""

    def __init__(self, drop: Any, staff: Any, *, chance: random.Random, share: float) -> None:
        self.drop, self.staff, self.chance, self.share = drop, staff, chance, share
        self.done: Counter[str] = Counter()
        self._seen: set[Any] = set()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> "Office":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._closing.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._closing.wait(PAUSE):
            try:
                self._look()
            except (DatabaseError, InterfaceError) as away:  # the server was killed; what was asked is committed, or it is not
                self.done[type(away).__name__] += 1
                connection.close()
        connection.close()

    def _look(self) -> None:
        """Every order is looked at once; of so many a share is dealt with."""
        paid = self.drop.purchases.filter(status=Purchase.Status.PAID).exclude(pk__in=self._seen)
        for order in paid.order_by("created_at")[:20]:
            self._seen.add(order.pk)
            if self.chance.random() < self.share:
                self._deal_with(order)

    def _deal_with(self, order: Purchase) -> None:
        deed = self.chance.choices(list(DEEDS), list(DEEDS.values()))[0]
        try:
            if deed.startswith("cancels"):
                cancel(order.pk, by=self.staff, reason=REASON, refund="gives" in deed)
            else:
                minor = order.price if "all" in deed else self.chance.randrange(1, order.price)
                refund.ask(order.pk, Money(minor, order.currency), by=self.staff, reason=REASON)
        except DropshopError as refusal:  # its shopper was quicker
            deed = f"{deed}: {refusal.code}"
        self.done[deed] += 1
