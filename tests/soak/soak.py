"""One soak: the crowd, the mischief and the auditor together, and then the reckoning."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from dropshop.core.outbox import due
from dropshop.core.outbox.models import Email
from dropshop.machine.processes import wait_until
from reservations.models import Payment, Purchase, Refund, Withdrawal
from tests.harness.patience import PATIENCE
from tests.harness.shop import Shop
from tests.harness.shoppers import sign_in_all
from tests.make import make_member
from tests.races.auditor import Auditor, NotTrue, audit
from tests.soak.crowd import Crowd
from tests.soak.mischief import FREEZE, KILL, Mischief
from tests.soak.office import Office

SETTLED_WITHIN = 60  # seconds after the last deed
MONEY_BACK_WITHIN = 3 * PATIENCE  # seconds: withdrawn money is asked back once a minute where its payment was open
LONGEST_OUTAGE = PATIENCE  # seconds in which nobody got an answer


@dataclass
class Report:
    """What happened, and what was wrong."""

    crowd: Crowd
    mischief: Mischief
    office: Office
    audits: int = 0
    faults: list[str] = field(default_factory=list)

    def text(self) -> str:
        """For the terminal."""
        ledger, mischief = self.crowd.ledger, self.mischief
        lines = ["answers", *(f"  {number:>7}  {answer}" for answer, number in sorted(ledger.answers.items()))]
        lines += ["mischief", *(f"  {number:>7}  {deed}" for deed, number in sorted(mischief.done.items()))]
        lines += ["staff", *(f"  {number:>7}  {deed}" for deed, number in sorted(self.office.done.items()))]
        lines += [f"  {number:>7}  {name} ended by itself" for name, number in sorted(mischief.by_themselves.items())]
        holds, purchases, given_back = len(ledger.holds), len(ledger.purchases), len(ledger.cancelled)
        withdrawn = len(ledger.withdrawn)
        lines += [
            f"members: {dict(self.crowd.ends)}",
            f"promised, and looked up: {holds} holds, {given_back} of them given back",
            f"and {purchases} purchases, {withdrawn} of them withdrawn from",
            f"longest time in which nobody got an answer: {ledger.longest_outage:.1f} s",
            f"audits of consistent snapshots: {self.audits}",
            *(self.faults or ["nothing wrong"]),
        ]
        return "\n".join(lines)


def soak(
    shop: Shop,
    drop: Any,
    members: Sequence[Any],
    *,
    chance: random.Random,
    seconds: float,
    at_once: int,
    deeds: Sequence[str] = (KILL, FREEZE),
    every: tuple[float, float] = (2, 6),
    at_least: int = 3,
    regrets: float = 0.0,
) -> Report:
    """Let these members buy the drop empty in about so many seconds, with a deed of mischief every few of them.

    The last pairs are sold once so many seconds have passed and `at_least` so many deeds are done; then nothing is struck.
    Of the orders a share (`regrets`) is withdrawn from by its shopper, and as large a share given back or cancelled by staff.
    The models must read and write the shop's database. What is wrong stands in the report's `faults`.
    """
    cookies = sign_in_all(members)
    crowd = Crowd(shop.urls, drop, members, cookies, chance=chance, seconds=seconds, at_once=at_once, regrets=regrets)
    mischief = Mischief(shop, random.Random(chance.random()), names=shop.names, deeds=deeds, every=every)
    crowd.pace = lambda: min(crowd.elapsed(), mischief.done.total() / at_least)
    office = Office(drop, make_member(is_staff=True), chance=random.Random(chance.random()), share=regrets)
    report = Report(crowd, mischief, office)
    auditor = Auditor(at_rest=False, every=0.1, patient=True)
    try:
        with auditor, office, ThreadPoolExecutor(1) as thread, closing(crowd):
            done = thread.submit(crowd.run)
            mischief.go_on(lambda: crowd.pace() < 1 and not done.done())
            mischief.look_after(lambda: not done.done())
            done.result()
            connection.close()  # the database may have been away
            shop.wait_until_open()
        report.faults += _reckoning(shop, crowd, drop)
    except NotTrue as broken:
        report.faults.append(str(broken))
    report.audits = auditor.snapshots
    return report


def _reckoning(shop: Shop, crowd: Crowd, drop: Any) -> list[str]:
    """At rest, with everything running again: what is not as it must be."""
    ledger = crowd.ledger
    faults = [*ledger.faults, *ledger.broken_promises(drop)]
    stranded, unsent = Payment.objects.filter(settled_at=None), Email.objects.filter(status=Email.Status.WAITING)
    if not wait_until(lambda: not stranded.exists(), SETTLED_WITHIN):
        faults.append(f"payments are stranded: {list(stranded.values('pk', 'status', 'note'))}")
    if not wait_until(lambda: not drop.reservations.active().exists(), SETTLED_WITHIN):
        faults.append("a hold was never ended")
    faults += _money_back()
    # An e-mail whose sender was killed is its own until the lease has run out, which a mail server's patience makes long.
    if "mailer" in shop.children and not wait_until(lambda: not unsent.exists(), due.lease() + SETTLED_WITHIN):
        faults.append(f"e-mails wait: {list(unsent.values('kind', 'tries', 'error'))}")
    try:
        audit()
    except NotTrue as broken:
        faults.append(str(broken))
    stock = list(drop.sizes.values_list("label", "available", "reserved", "sold"))
    if stock != [(label, 0, 0, total) for label, total in crowd.stock.items()]:
        faults.append(f"not sold to the last pair: {stock}")
    total, ended = sum(crowd.stock.values()), drop.purchases.filter(status__in=Purchase.ENDED).count()
    paid = drop.purchases.filter(status="paid").count()
    if (drop.purchases.count(), paid + ended) != (total, total):
        faults.append(f"{drop.purchases.count()} purchases of {total} pairs, {paid} of them paid and {ended} ended")
    if ledger.longest_outage > LONGEST_OUTAGE:
        faults.append(f"nobody got an answer for {ledger.longest_outage:.1f} s")
    return faults


def _money_back() -> list[str]:
    """Every promise of money was kept, and every withdrawal has its money."""
    waiting = {
        "refunds wait": Refund.objects.exclude(status=Refund.Status.SENT),
        "withdrawals wait for their money": Withdrawal.objects.open(),
    }
    return [
        f"{words}: {list(rows.values()[:5])}"
        for words, rows in waiting.items()
        if not wait_until(lambda rows=rows: not rows.exists(), MONEY_BACK_WITHIN)
    ]
