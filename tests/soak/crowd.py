"""Shoppers with passes who reserve, buy, give back, take more time and let lapse, until every pair is sold."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx

from tests.harness.patience import PATIENCE
from tests.harness.shoppers import Shopper, said
from tests.make import ADDRESS
from tests.soak.ledger import Ledger

PLANS = {"buys": 6, "gives back": 2, "lets it lapse": 1, "takes more time": 2, "is declined": 1, "has a silent bank": 1}
CARDS = {"is declined": "test_declined", "has a silent bank": "test_timeout"}
TRY_AGAIN = {(503, "busy"), (409, "concurrent_update"), (429, "rate_limited")}
ANSWERED_WITHIN = 30  # seconds for one answer, then the other server is asked


class Crowd:
    """Everybody who wants a pair, so many of them at once. Sales keep step with the time, so that it is full to the end.

    On a busy machine all takes longer: the deadline only ends a crowd that would ask for ever.
    """

    def __init__(
        self,
        urls: Sequence[str],
        drop: Any,
        members: Sequence[Any],
        cookies: Sequence[dict[str, str]],
        *,
        chance: random.Random,
        seconds: float,
        at_once: int,
        regrets: float = 0.0,
    ) -> None:
        """`regrets` is the share of buyers who withdraw from the contract at once."""
        self.regrets = regrets
        self.urls, self.seconds, self.at_once = list(urls), seconds, at_once
        self.drop, self.hold_seconds = str(drop.pk), drop.hold_seconds
        self.stock = dict(drop.sizes.values_list("label", "total"))
        self.people = [(str(member.pk), cookie) for member, cookie in zip(members, cookies, strict=True)]
        self.chance, self.ledger = chance, Ledger()
        self.ends: Counter[str] = Counter()
        self.began = time.monotonic()
        self.deadline = self.began + 2 * seconds + 5 * PATIENCE
        self.pace = self.elapsed

    def run(self) -> None:
        """Blocks until nobody wants anything any more; for a thread of its own."""
        asyncio.run(self._everybody())

    async def _everybody(self) -> None:
        waiting = iter(self.people)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=self.at_once)
        async with httpx.AsyncClient(limits=limits, timeout=ANSWERED_WITHIN, trust_env=False) as http:

            async def places() -> None:
                for member, cookie in waiting:
                    self.ends[await Visitor(self, http, member, cookie).visit()] += 1

            await asyncio.gather(*(places() for _ in range(self.at_once)))

    def close(self) -> None:
        """Nobody asks any more: what is still wanted counts as asked in vain."""
        self.deadline = 0.0

    def elapsed(self) -> float:
        """The share of its seconds that has passed."""
        return (time.monotonic() - self.began) / self.seconds

    def may_buy(self) -> bool:
        """Whether it is time for one more sale: `pace` says which share of all pairs may be sold by now."""
        return len(self.ledger.purchases) < self.pace() * sum(self.stock.values())


class Visitor:
    """One member, who comes back until there is a pair, or none left. Asks again whenever an answer was lost."""

    def __init__(self, crowd: Crowd, http: httpx.AsyncClient, member: str, cookies: dict[str, str]) -> None:
        self.crowd, self.ledger, self.chance, self.member = crowd, crowd.ledger, crowd.chance, member
        self.servers = [Shopper(http, url, cookies) for url in crowd.urls]
        self.chance.shuffle(self.servers)
        self.sizes = self.chance.sample(list(crowd.stock), len(crowd.stock))

    async def visit(self) -> str:
        """ "bought", "sold out", or "turned away" by an answer that must not be."""
        try:
            while True:
                held = await self.reserve()
                if held is None:
                    return "sold out"
                if await self.use(held):
                    return "bought"
        except AssertionError as strange:
            self.ledger.faults.append(f"{self.member}: {strange}")
            return "turned away"

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """The answer of whichever server is there, once it is more than "try again"."""
        deed = path.rpartition("/")[2] if method == "POST" else "give back"
        while True:
            assert time.monotonic() < self.crowd.deadline, f"{method} {path}: asked in vain to the end"
            for server in self.servers:
                try:
                    answer = await server(method, path, body, **headers)
                except httpx.TransportError as error:
                    self.ledger.note(f"{deed}: {type(error).__name__}", is_good=False)
                    continue
                status, code = said(answer)
                self.ledger.note(f"{deed}: {status} {code}".strip(), is_good=status < 500)
                if (status, code) in TRY_AGAIN:
                    await asyncio.sleep(self.chance.uniform(0.1, 0.4))
                elif status == 401 and deed != "pass":
                    await self.take_pass()
                else:
                    assert status < 500, f"{method} {path}: {status} {answer.text[:300]}"
                    return answer
            await asyncio.sleep(0.1)

    async def take_pass(self) -> None:
        """At the first bell, and whenever the last one has run out."""
        answer = await self.call("POST", f"drops/{self.crowd.drop}/pass")
        assert said(answer) == (200, ""), answer.text
        for server in self.servers:
            server.headers["X-Drop-Pass"] = answer.json()["pass"]

    async def reserve(self) -> dict[str, Any] | None:
        """A hold; None when every size is sold out."""
        if "X-Drop-Pass" not in self.servers[0].headers:
            await self.take_pass()
        while True:
            refusals = set()
            for size in self.sizes:
                answer = await self.call("POST", f"drops/{self.crowd.drop}/reserve", {"size": size})
                if answer.status_code < 300:
                    hold: dict[str, Any] = answer.json()["reservation"]
                    self.ledger.promise_hold(self.member, hold)
                    return hold
                refusals.add(said(answer))
            assert refusals <= {(409, "sold_out"), (409, "all_held")}, refusals
            if refusals == {(409, "sold_out")}:
                return None
            await asyncio.sleep(self.chance.uniform(0.1, 0.5))

    async def use(self, held: dict[str, Any]) -> bool:
        """Whether the pair was bought; before, and while it is not yet time to buy, something else may happen to the hold."""
        plan = self.chance.choices(list(PLANS), list(PLANS.values()))[0]
        if plan == "takes more time":
            await self.extend(held)
        if plan == "lets it lapse":
            await asyncio.sleep(self.crowd.hold_seconds + self.chance.uniform(0, 1))
        elif plan == "gives back" or not self.crowd.may_buy():
            await asyncio.sleep(self.chance.uniform(0, 0.5))
            await self.give_back(held)
        else:
            return await self.buy(held, CARDS.get(plan, "test_ok"))
        return False

    async def extend(self, held: dict[str, Any]) -> None:
        answer = await self.call("POST", f"reservations/{held['id']}/extend")
        if answer.status_code == 200:
            self.ledger.promise_hold(self.member, answer.json()["reservation"])
        else:
            assert said(answer) in {(409, "extension_used"), (410, "hold_expired")}, answer.text

    async def give_back(self, held: dict[str, Any]) -> None:
        answer = await self.call("DELETE", f"reservations/{held['id']}")
        if answer.status_code == 204:
            self.ledger.cancelled.add(held["id"])
        else:
            assert said(answer) == (410, "hold_expired"), answer.text

    async def buy(self, held: dict[str, Any], card: str) -> bool:
        """Some with a key and so at the ordinary view, the others at the desk once it sells."""
        key = {"Idempotency_Key": f"order of {held['id']} by {card}"} if self.chance.random() < 0.3 else {}
        while True:
            order = {"address": ADDRESS, "payment_method": card}
            answer = await self.call("POST", f"reservations/{held['id']}/purchase", order, **key)
            match said(answer):
                case (200 | 201, ""):
                    purchase = answer.json()["purchase"]["id"]
                    self.ledger.purchases[purchase] = self.member
                    if self.chance.random() < self.crowd.regrets:
                        await self.withdraw(purchase)
                    return True
                case (402, "payment_unanswered"):
                    await asyncio.sleep(0.2)
                case (402, "payment_declined") | (410, "hold_expired"):
                    return False
                case unexpected:
                    raise AssertionError(unexpected)

    async def withdraw(self, purchase: str) -> None:
        """Stated once; whoever heard no answer states it again. Staff may have ended the order meanwhile."""
        answer = await self.call("POST", f"purchases/{purchase}/withdraw")
        if answer.status_code in (200, 201):
            self.ledger.withdrawn[purchase] = answer.json()["withdrawal"]["id"]
        else:
            assert said(answer)[0] == 409, answer.text
