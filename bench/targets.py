"""What the fast path must reach, as ratios within one run on 2 cores, and as times."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A number of a scenario against a bound; with a yardstick, the ratio of both."""

    words: str
    scenario: str
    bound: float
    yardstick: str = ""
    number: str = "figure"
    at_most: bool = False

    def is_met(self, value: float) -> bool:
        """Whether this value is good enough."""
        return value <= self.bound if self.at_most else value >= self.bound


TARGETS = [
    Target("holds/s at 256 connections, x pgbench at 32 clients", "holds-256", 4.5, "pgbench-32"),
    Target("holds at 256 connections, p99, ms", "holds-256", 90, number="p99", at_most=True),
    Target("holds/s at 64 connections, x pgbench at 32 clients", "holds-64", 3.0, "pgbench-32"),
    Target("holds at 64 connections, p99, ms", "holds-64", 45, number="p99", at_most=True),
    Target("holds/s at 256 connections, x the limit in batches of 256", "holds-256", 0.6, "limit-256"),
    Target("holds/s at 64 connections, x the limit in batches of 64", "holds-64", 0.6, "limit-64"),
    Target("a lone hold's time, x pgbench with one client and a bare answer", "hold-alone", 2, number="times", at_most=True),
    *(
        Target(f"holds by pass beside eight connections {way}, x without", f"holds-64-beside-8-{way}", 0.9)
        for way in ("by-session", "by-token", "keyed")
    ),
    Target("“sold out” answers/s, x a bare ASGI function", "sold-out-256", 0.3, "bare-asgi"),
    Target("reserve + purchase pairs/s, x pgbench at 32 clients", "reserve-and-buy-64", 1.0, "pgbench-32"),
    # 50,000 joins within 30 s, and 5,000 places a second, where a bare function answers 45,000.
    Target("a draw of 1,000,000 entries, s", "draw-1000000", 30, at_most=True),
    Target("joins of a queue, x a bare ASGI function", "queue-joins", 0.037, "bare-asgi"),
    Target("places read in a queue, x a bare ASGI function", "queue-places", 0.11, "bare-asgi"),
    # Five times what the one process made before pages were told on the loop: 2,430/s, beside 45,074 bare answers.
    Target("drop page, x a bare ASGI function", "drop-page", 0.27, "bare-asgi"),
    Target("drop page, compressed, x a bare ASGI function", "drop-page-gzip", 0.27, "bare-asgi"),
    Target("a poll that is told 304, x a bare ASGI function", "drop-unchanged", 0.27, "bare-asgi"),
    Target("/healthz, x a bare ASGI function", "healthz", 0.27, "bare-asgi"),
    Target("a page while 60 at once sign in, p99, ms", "sign-in-page-beside-sign-ins", 1000, number="p99", at_most=True),
    Target("10,000 sockets, last screen after the commit, ms", "fan-out-10000", 200, at_most=True),
    Target("10,000 sockets, CPU per socket and message, µs", "fan-out-10000", 15, number="cpu_us", at_most=True),
    Target("hold's end to the screens, p99, ms", "expiry", 1200, number="p99", at_most=True),
    Target("50,000 purchase requests, from the drop's start until all are resolved, s", "purchase-requests", 60, at_most=True),
    Target("holds/s with 5,000 watching, x without", "holds-256-watched-by-5000", 0.85, "holds-256"),
    Target("the operation with 1,000,000 past reservations, x with 10,000", "growth-past-1000000", 0.85, "growth-past-10000"),
    Target("the operation with 10,000,000 past reservations, x with 10,000", "growth-past-10000000", 0.85, "growth-past-10000"),
    Target("newest of a million feed items, p95, ms", "feed-newest", 50, number="p95", at_most=True),
    Target("the same, somewhere in the past, p95, ms", "feed-deep", 50, number="p95", at_most=True),
    Target("the newest of one kind, p95, ms", "feed-kind", 50, number="p95", at_most=True),
    Target("the newest of a rare kind, p95, ms", "feed-drops", 50, number="p95", at_most=True),
    Target("by members one follows, p95, ms", "feed-following", 50, number="p95", at_most=True),
    Target("the same, somewhere in the past, p95, ms", "feed-following-deep", 50, number="p95", at_most=True),
    Target("by one member, p95, ms", "feed-author", 50, number="p95", at_most=True),
    Target("the soonest of a million events, p95, ms", "near-soonest", 50, number="p95", at_most=True),
    Target("the nearest within 10 km, p95, ms", "near-10", 50, number="p95", at_most=True),
    Target("the nearest within 50 km, p95, ms", "near-50", 50, number="p95", at_most=True),
    Target("the nearest within 500 km, p95, ms", "near-500", 50, number="p95", at_most=True),
    Target("the same, beyond 40 km, p95, ms", "near-500-deep", 50, number="p95", at_most=True),
    Target("within 500 km of anywhere, p95, ms", "near-anywhere", 50, number="p95", at_most=True),
]
# Not targets, but what one wants to know.
COMPARISONS = [
    Target("a crowd as it comes, answers/s, x holds/s at 256 connections", "on-sale-256", 1.0, "holds-256"),
    Target("the operation alone in batches of 256, x the limit", "grant-256", 1.0, "limit-256"),
    Target("the operation alone in batches of 64, x the limit", "grant-64", 1.0, "limit-64"),
    Target("holds/s at 64 connections, x a plain shop", "holds-64", 1.0, "plain-shop-64"),
    Target("holds at 64 connections for a second of CPU", "holds-64", 0, number="per_cpu_second"),
    Target("holds at 256 connections for a second of CPU", "holds-256", 0, number="per_cpu_second"),
    Target("holds of a plain shop for a second of CPU", "plain-shop-64", 0, number="per_cpu_second"),
    Target("holds/s with 10 drops at once, x with one", "growth-drops-10", 1, "growth-drops-1"),
    Target("holds/s with 100 drops at once, x with one", "growth-drops-100", 1, "growth-drops-1"),
    Target("CPU for a hold with 1,000,000 past ones, x with 10,000", "growth-past-1000000", 1, "growth-past-10000", "cpu_us"),
    Target("CPU for a hold with 10,000,000 past ones, x with 10,000", "growth-past-10000000", 1, "growth-past-10000", "cpu_us"),
    Target("holds/s at 256 connections, x the plain view", "holds-256", 1.0, "plain-view"),
    Target("holds/s at 64 connections, x the plain view", "holds-64", 1.0, "plain-view"),
    Target("a page while 60 at once sign in, x without", "sign-in-page-beside-sign-ins", 1.0, "sign-in-page"),
    Target("drops list, x a bare ASGI function", "drops-list", 0.27, "bare-asgi"),
    Target("drop page, x an empty Django view", "drop-page", 1, "empty-view"),
    Target("drop page, x an empty view behind the shop's middleware", "drop-page", 0.6, "empty-view-middleware"),
]
