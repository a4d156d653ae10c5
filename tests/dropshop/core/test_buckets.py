"""Token buckets over a real Redis: acceptance 40 at its root, with its control."""

import socket
import socketserver
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.conf import settings

from dropshop.core.token_buckets import Rate, RedisUnavailable, TokenBuckets
from dropshop.machine.processes import free_port, wait_until
from tests.harness.patience import PATIENCE

SLOW = Rate.parse("10/1d")  # refills once in 2.4 hours: what is let through in a test is the amount itself


PATIENT = 5.0  # seconds: a machine that is busy testing answers late


@pytest.fixture
def buckets():
    buckets = TokenBuckets(settings.REDIS_URL, patience=PATIENT)
    yield buckets
    buckets.redis.close()


@pytest.fixture
def name():
    return f"test:{uuid4()}"


def at_once(times, ask):
    """What `ask()` answered to so many threads that start together."""
    barrier = Barrier(times)

    def one(_):
        barrier.wait()
        return ask()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))


def test_40_thirty_at_once_get_exactly_the_amount(buckets, name):
    waits = at_once(30, lambda: buckets.take([(name, SLOW)]))
    assert waits.count(0.0) == 10


def test_40_the_limit_holds_exactly_over_several_processes_too(name):
    processes = [TokenBuckets(settings.REDIS_URL, patience=PATIENT) for _ in range(30)]
    turns = iter(processes)
    waits = at_once(30, lambda: next(turns).take([(name, SLOW)]))
    assert waits.count(0.0) == 10
    for process in processes:
        process.redis.close()


def test_40_control_reading_and_then_writing_lets_too_many_through(buckets, name):
    redis = buckets.redis

    def naive():
        taken = int(redis.get(name) or 0)
        time.sleep(0.01)  # not proof but provocation: the gap between looking and taking
        if taken >= 10:
            return 1.0
        redis.set(name, taken + 1, px=60_000)
        return 0.0

    assert at_once(30, naive).count(0.0) > 10


def test_40_many_requests_in_one_round_trip_take_as_they_would_one_by_one(buckets, name):
    own, shared = (f"{name}:alice", Rate.parse("2/1d")), (f"{name}:office", Rate.parse("3/1d"))
    bobs = (f"{name}:bob", Rate.parse("2/1d"))
    each = buckets.take_each([[own, shared], [own, shared], [own, shared], [bobs, shared], [bobs, shared]])
    assert [taken.wait == 0.0 for taken in each] == [True, True, False, True, False]
    assert buckets.take([own]) > 0.0


def test_40_round_trips_of_many_requests_at_once_get_exactly_the_amount(buckets, name):
    answers = at_once(10, lambda: buckets.take_each([[(name, SLOW)]] * 5))
    assert sum(taken.wait == 0.0 for each in answers for taken in each) == 10


def test_a_refused_request_takes_nothing_from_the_address_it_shares(buckets, name):
    own, shared = (f"{name}:alice", Rate.parse("2/1d")), (f"{name}:office", Rate.parse("4/1d"))
    assert [buckets.take([own, shared]) == 0.0 for _ in range(20)] == [True, True] + [False] * 18
    bobs = (f"{name}:bob", Rate.parse("2/1d"))
    assert [buckets.take([bobs, shared]) == 0.0 for _ in range(3)] == [True, True, False]
    charlies = (f"{name}:charlie", Rate.parse("2/1d"))
    assert buckets.take([charlies, shared]) > 0  # the address has been used up, and charlie's own is untouched:
    assert buckets.redis.exists(f"limits:{charlies[0]}") == 0


def test_the_wait_is_until_the_slowest_bucket_has_a_token(buckets, name):
    slow, fast = (f"{name}:slow", Rate.parse("1/1h")), (f"{name}:fast", Rate.parse("1/10s"))
    buckets.take([slow, fast])
    assert 3590 < buckets.take([slow, fast]) <= 3600
    assert 0 < buckets.take([fast]) <= 10


def test_a_bucket_refills_evenly_and_its_key_expires(buckets, name):
    rate = Rate.parse("5/1s")
    while buckets.take([(name, rate)]) == 0.0:
        pass
    wait = buckets.take([(name, rate)])
    assert 0 < wait <= 0.2
    time.sleep(wait)
    assert buckets.take([(name, rate)]) == 0.0
    assert 0 < buckets.redis.pttl(f"limits:{name}") <= 1000


def test_25_flushing_redis_hands_nobody_a_fresh_bucket(buckets, name):
    for _ in range(10):
        buckets.take([(name, SLOW)])
    buckets.redis.delete(f"limits:{name}")  # FLUSHALL as this bucket sees it; the script is forgotten as well
    buckets.redis.script_flush()
    assert buckets.take([(name, SLOW)]) > 0


def test_a_clock_that_was_set_back_shuts_nobody_out_for_longer_than_the_period(buckets, name):
    far = int((time.time() + 10 * 86400) * 1_000_000)
    buckets.redis.set(f"limits:{name}", far)
    assert buckets.take([(name, Rate.parse("10/10s"))]) <= 1.0


def test_without_redis_nobody_asks_it_again_until_it_answers(monkeypatch):
    away, asked, answers = TokenBuckets(f"redis://127.0.0.1:{free_port()}/0"), [], threading.Event()
    monkeypatch.setattr(away, "_take", lambda **_: asked.append(1) or _refuse())
    monkeypatch.setattr(away.redis, "ping", lambda: answers.is_set() or _refuse())
    for _ in range(50):
        with pytest.raises(RedisUnavailable):
            away.take([("x", SLOW)])
    assert len(asked) == 1
    monkeypatch.setattr(away, "_take", lambda **_: [[1, 0, 1, 1]])
    answers.set()
    assert wait_until(lambda: not is_away(away), PATIENCE)


def is_away(buckets):
    try:
        return buckets.take([("x", SLOW)]) > 0
    except RedisUnavailable:
        return True


class LateRedis(socketserver.StreamRequestHandler):
    """A Redis that answers everything, and takes a second for the script: as one that waits for a core."""

    LATE = 1.0  # seconds; four times what used to be waited for

    def handle(self):
        while line := self.rfile.readline():
            words = [self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2] for _ in range(int(line[1:]))]
            if words[0] == b"EVALSHA":
                threading.Event().wait(self.LATE)
                self.wfile.write(b"*1\r\n*4\r\n:1\r\n$1\r\n0\r\n$1\r\n5\r\n$1\r\n7\r\n")
            else:
                self.wfile.write(b"-ERR unknown command\r\n" if words[0] == b"HELLO" else b"+OK\r\n")


@pytest.fixture
def late_redis():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), LateRedis) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"redis://127.0.0.1:{server.server_address[1]}/0?protocol=2"
        server.shutdown()


def test_69_a_redis_that_is_slow_on_a_busy_machine_is_not_away(late_redis, settings):
    slow = TokenBuckets(late_redis, patience=settings.LIMITS_PATIENCE)
    assert slow.take([("x", SLOW)]) == 0.0
    slow.redis.close()


def test_69_control_with_little_patience_the_same_redis_is_taken_to_be_away(late_redis):
    hasty = TokenBuckets(late_redis, patience=0.25)
    with pytest.raises(RedisUnavailable):
        hasty.take([("x", SLOW)])
    hasty.redis.close()


def _refuse():
    import redis

    raise redis.ConnectionError


def test_without_redis_the_real_client_gives_up_at_once():
    away = TokenBuckets(f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(RedisUnavailable):
        away.take([("x", SLOW)])


def test_a_redis_that_hangs_counts_as_away(name):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = TokenBuckets(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        with pytest.raises(RedisUnavailable):
            hanging.take([(name, SLOW)])
        hanging.redis.close()


@pytest.mark.parametrize("text", ["", "10", "0/1s", "10/0s", "10/s", "-1/1s", "10/1w", "1.5/1s", "10/10s/ip"])
def test_what_is_not_a_rate_is_refused(text):
    with pytest.raises(ValueError, match="is not a rate"):
        Rate.parse(text)


def test_a_rate_too_fast_for_whole_microseconds_is_refused():
    with pytest.raises(ValueError, match="too fast"):
        Rate.parse("300000/1s")


@pytest.mark.parametrize("text", ["7/60s", "3/1s", "1200/10s", "11/1d", "600/10s"])
def test_an_amount_that_does_not_divide_its_period_is_still_let_through_in_full(buckets, name, text):
    rate = Rate.parse(text)
    assert rate.amount * rate.interval <= rate.period < (rate.amount + 1) * rate.interval


def test_how_a_bucket_stands_is_told_with_what_was_taken(buckets, name):
    ((first,), (second,)) = (buckets.take_each([[(name, SLOW)]]) for _ in range(2))
    assert [(taken.wait, taken.left[0].tokens) for taken in (first, second)] == [(0.0, 9), (0.0, 8)]
    assert 0 <= first.left[0].seconds - 8640 <= 1
    for _ in range(8):
        buckets.take([(name, SLOW)])
    (refused,) = buckets.take_each([[(name, SLOW)]])
    assert (refused.wait > 0, refused.left[0].tokens) == (True, 0)
    assert buckets.left_about([(name, SLOW)])[0].tokens == 0
