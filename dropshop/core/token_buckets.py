"""Token buckets in Redis that hold exactly: one Lua script takes from all buckets of a request, or from none.

All or none is what keeps a crowd safe: a member who is over their own limit does not drain the bucket that they share
with everybody behind the same address.

A bucket of "10/60s" lets ten through at once and then one every six seconds. It is kept as one number, the moment at
which it will be full again (the generic cell rate algorithm, ITU-T I.371): whole microseconds of Redis's own clock,
so that no process's clock matters and nothing is lost to rounding.
"""

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.5  # seconds between two questions to a Redis that is away
MAX_REMEMBERED = 20_000  # buckets a process keeps in mind in case Redis forgets

# KEYS: the buckets of all requests, ARGV[1] of them for each. Then for every bucket its period, the interval between two
# tokens, and the moment the caller remembers. Answers for each request {whether all had one, microseconds to wait, now, the
# moment of each of its buckets as it is afterwards}; a later request sees what an earlier one took.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local each = tonumber(ARGV[1])
local answers = {}
for first = 1, #KEYS, each do
  local moments, wait = {}, 0
  for i = first, first + each - 1 do
    local period, interval, remembered = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
    local moment = math.max(tonumber(redis.call('GET', KEYS[i]) or 0), remembered, now)
    -- A clock that was set back must not shut anybody out for longer than the bucket's own period.
    moments[i] = math.min(moment, now + period) + interval
    wait = math.max(wait, moments[i] - period - now)
  end
  local allowed = wait <= 0
  local answer = {allowed and 1 or 0, string.format('%.0f', math.max(wait, 0)), string.format('%.0f', now)}
  for i = first, first + each - 1 do
    local moment = allowed and moments[i] or moments[i] - tonumber(ARGV[3 * i])
    answer[#answer + 1] = string.format('%.0f', moment)
    if allowed then
      redis.call('SET', KEYS[i], answer[#answer], 'PX', math.ceil((moment - now) / 1000))
    end
  end
  answers[#answers + 1] = answer
end
return answers
"""

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Rate:
    """So many at once, refilled evenly over the period. Times in whole microseconds."""

    amount: int
    period: int

    @property
    def interval(self) -> int:
        """From one token to the next; rounded down, so that the full amount always fits the period."""
        return self.period // self.amount

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """ "10/10s", "5/2m", "3/1h", "2/1d"; raises ValueError."""
        match = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)([smhd])", text)
        if match is None:
            raise ValueError(f"{text!r} is not a rate such as 10/60s.")
        rate = cls(int(match[1]), int(match[2]) * _SECONDS[match[3]] * 1_000_000)
        if rate.interval * (rate.amount + 1) <= rate.period:
            raise ValueError(f"{text!r} is too fast to be held exactly.")
        return rate


class Left(NamedTuple):
    """How a bucket stands: tokens in it, and whole seconds until it is full again."""

    tokens: int
    seconds: int

    @classmethod
    def at(cls, now: int, moment: int, rate: Rate) -> "Left":
        """By its moment (when it will be full), in microseconds."""
        missing = max(0, moment - now)
        return cls(max(0, (rate.period - missing) // rate.interval), -(-missing // 1_000_000))


class Taken(NamedTuple):
    """What one request was given: seconds to wait, 0.0 where every bucket had a token; and how its buckets stand then."""

    wait: float
    left: list[Left]


class RedisUnavailable(Exception):
    """Redis does not answer, or did not a moment ago."""


class TokenBuckets:
    """The buckets of one Redis. Threads may share it.

    Slow is not away. On a machine that is busy an answer may take its time, and is waited for; a Redis that refuses, or
    that has said nothing for much longer than any load explains, is away. Then nobody who asks waits for it: one thread asks
    until it answers, and everybody else hears at once that there is none.
    """

    def __init__(self, url: str, *, patience: float = 2.0) -> None:
        """`patience`: the longest wait for Redis's connection, and again for its answer, in seconds."""
        # One retry, at once, for a pooled connection that died in its sleep; none for a time-out.
        retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
        self.redis = redis.Redis.from_url(url, socket_connect_timeout=patience, socket_timeout=patience, retry=retry)
        self._take = self.redis.register_script(TAKE)
        self._lock = threading.Lock()
        self._back = threading.Event()  # cleared while Redis is away
        self._back.set()
        # FLUSHALL must not hand everybody fresh buckets: each process brings along what it last saw of them.
        self._remembered: OrderedDict[str, int] = OrderedDict()
        self._ahead = 0  # microseconds by which Redis's clock is before this machine's

    def take(self, wanted: Sequence[tuple[str, Rate]]) -> float:
        """Takes a token from every named bucket, or from none.

        Returns 0.0 when all had one, else the seconds until all will. Raises Unavailable.
        """
        (taken,) = self.take_each([wanted])
        return taken.wait

    def take_each(self, requests: Sequence[Sequence[tuple[str, Rate]]]) -> list[Taken]:
        """The same for many requests, in their order, in one round trip, and how their buckets stand then.

        Each request wants the same number of buckets; of each the caller gets a `Taken`. Raises Unavailable.
        """
        if not self._back.is_set():
            raise RedisUnavailable
        keys: list[str] = []
        numbers: list[int] = [len(requests[0])]
        for wanted in requests:
            for name, rate in wanted:
                key = f"limits:{name}"
                keys.append(key)
                numbers += (rate.period, rate.interval, self._remembered.get(key, 0))
        try:
            answers = self._take(keys=keys, args=numbers)
        except redis.RedisError as error:
            self._lost(error)
            raise RedisUnavailable from error
        self._remember(zip(keys, (int(moment) for _, _, _, *moments in answers for moment in moments), strict=True))
        self._ahead = int(answers[-1][2]) - time.time_ns() // 1000
        return [
            Taken(
                int(wait) / 1_000_000, [Left.at(int(now), int(at), rate) for at, (_, rate) in zip(moments, wanted, strict=True)]
            )
            for (_, wait, now, *moments), wanted in zip(answers, requests, strict=True)
        ]

    def left_about(self, wanted: Sequence[tuple[str, Rate]]) -> list[Left]:
        """How these buckets stand as far as this process has seen; asks nobody, and takes nothing. Raises Unavailable."""
        if not self._back.is_set():
            raise RedisUnavailable
        now = time.time_ns() // 1000 + self._ahead
        return [Left.at(now, self._remembered.get(f"limits:{name}", 0), rate) for name, rate in wanted]

    def _lost(self, error: redis.RedisError) -> None:
        with self._lock:
            if not self._back.is_set():
                return
            self._back.clear()
        log.warning("limits_without_redis: %s", type(error).__name__)
        threading.Thread(target=self._await_return, name="limits", daemon=True).start()

    def _await_return(self) -> None:
        while not self._back.wait(RETRY_SECONDS):
            with suppress(redis.RedisError):
                self.redis.ping()
                self._back.set()

    def _remember(self, moments: Iterable[tuple[str, int]]) -> None:
        with self._lock:
            for key, moment in moments:
                self._remembered[key] = max(moment, self._remembered.pop(key, 0))
            while len(self._remembered) > MAX_REMEMBERED:
                self._remembered.popitem(last=False)
