"""What a process, or Redis, keeps of what strangers send is bounded or forgotten; without the bound it grows (the controls)."""

import asyncio
import uuid

import pytest

from dropshop.core import token_buckets as buckets_module
from dropshop.core.errors import Invalid
from dropshop.core.live import hub as hub_module
from dropshop.core.live import snapshots as snapshots_module
from dropshop.core.live.hub import Hub, NotVisible
from dropshop.core.live.viewer import Viewer
from dropshop.core.token_buckets import Rate, TokenBuckets
from dropshop.edge import page_cache
from dropshop.edge import refusals as refusals_module
from dropshop.edge.refusals import Refusals
from reservations.desk import group_commit as desk_module
from reservations.desk.group_commit import Batcher, GroupCommit
from tests.pages.asked import ask, shared

MANY, FEW = 600, 20  # different values that a stranger sends; and what may be kept of them
NEVER = 10**9


def hello(environ, start):
    start("200 OK", [("Content-Type", "text/html")])
    return [b"hello"]


def pages_by_host():
    pages = shared(hello)
    for number in range(MANY):
        ask(pages, "/", HTTP_HOST=f"host{number}.example")
    assert pages._flights == {}
    return len(pages._kept)


def pages_by_query_of_a_list():
    pages = shared(hello)
    for number in range(MANY):
        ask(pages, "/api/v1/drops", QUERY_STRING=f"cursor={number}")
    return len(pages._kept)


def lines_at_the_desk():
    async def asked():
        desk = GroupCommit(1)
        counter = Batcher(desk, lambda drop_id, wishes, known, nearly_done: wishes, rank=1)
        for number in range(MANY):
            assert not counter.is_full(uuid.UUID(int=number))
        desk.stop()
        return len(counter._lines)

    return asyncio.run(asked())


def names_of_drops_at_the_hub():
    async def joined():
        hub = Hub()
        hub.snapshot = told
        for number in range(MANY):
            await hub._id_of(f"slug-{number}", Viewer(nobody))
        return len(hub._aliases)

    async def told(ref, member):
        return {"drop": str(uuid.uuid5(uuid.NAMESPACE_URL, ref))}

    return asyncio.run(joined())


def refusals_in_memory():
    async def refused():
        refusals = Refusals(hello)
        for number in range(MANY):
            await refusals.send({"path": "/", "method": "GET", "headers": []}, Invalid(f"No, not {number}."), nobody)
        return len(refusals._made)

    return asyncio.run(refused())


def limits_in_mind():
    buckets = TokenBuckets("redis://127.0.0.1:1/0")
    buckets._remember((f"limits:sign-in:account:{number}", number) for number in range(MANY))
    return len(buckets._remembered)


async def nobody(message):
    """A browser that takes everything."""


KEPT = {
    "pages by host": (pages_by_host, page_cache, "ENTRIES"),
    "pages by query": (pages_by_query_of_a_list, page_cache, "ENTRIES"),
    "lines at the desk": (lines_at_the_desk, desk_module, "MAX_LINES"),
    "names of drops": (names_of_drops_at_the_hub, hub_module, "MAX_ALIASES"),
    "refusals": (refusals_in_memory, refusals_module, "MAX_REFUSALS"),
    "limits": (limits_in_mind, buckets_module, "MAX_REMEMBERED"),
}


@pytest.mark.parametrize(("keep", "module", "bound"), KEPT.values(), ids=KEPT)
def test_of_what_strangers_send_so_much_is_kept_and_no_more(monkeypatch, keep, module, bound):
    assert getattr(module, bound) <= 20_000
    monkeypatch.setattr(module, bound, FEW)
    assert 0 < keep() <= FEW
    monkeypatch.setattr(module, bound, NEVER)
    assert keep() == MANY  # the control


def test_where_somebody_came_from_makes_no_page_of_its_own():
    pages = shared(hello)
    for number in range(MANY):
        ask(pages, "/", QUERY_STRING=f"utm_source={number}")
        ask(pages, "/api/v1/drops", QUERY_STRING=f"from={number}")  # which the API refuses
    ask(pages, "/api/v1/drops", QUERY_STRING="cursor=x")
    assert [address.path for address in pages._kept] == ["/", "/api/v1/drops"]


async def _asked_for_unknown_drops():
    """(rooms, snapshots that are kept, what the viewer is said to watch), after many drops that there are not."""

    async def nothing(ref, member):
        return None

    hub = Hub()
    hub._snapshots = snapshots_module.Snapshots(nothing)
    viewer = Viewer(nobody)
    for number in range(MANY):
        for ref in (str(uuid.UUID(int=number)), f"slug-{number}"):
            with pytest.raises(NotVisible):
                await hub.join(viewer, ref)
    await asyncio.sleep(0)
    return len(hub.rooms), len(hub._snapshots._shared), len(viewer.drops)


def test_drops_that_there_are_not_leave_nothing_behind(monkeypatch):
    monkeypatch.setattr(snapshots_module, "CACHE_SECONDS", 0)
    rooms, kept, watched = asyncio.run(_asked_for_unknown_drops())
    assert (rooms, watched) == (0, 0)
    assert kept <= 2  # those whose moment is not over
    monkeypatch.setattr(snapshots_module, "CACHE_SECONDS", NEVER)
    monkeypatch.setattr(Hub, "leave", lambda *_: None)
    assert asyncio.run(_asked_for_unknown_drops()) == (MANY, 2 * MANY, MANY)  # the control


@pytest.mark.parametrize(("script", "lasts"), [("as it is", False), ("without an expiry", True)], ids=["limits", "control"])
def test_redis_forgets_every_limit_by_itself(settings, script, lasts):
    buckets = TokenBuckets(settings.REDIS_URL)
    if lasts:
        whole = buckets_module.TAKE.replace(", 'PX', math.ceil((moment - now) / 1000)", "")
        buckets._take = buckets.redis.register_script(whole)
    name = uuid.uuid4().hex
    for number in range(MANY):
        buckets.take([(f"{name}:{number}", Rate.parse("10/1m"))])
    keys = buckets.redis.keys(f"limits:{name}:*")
    kept = {key: buckets.redis.pttl(key) for key in keys}
    buckets.redis.delete(*keys)
    assert len(kept) == MANY
    assert {left == -1 for left in kept.values()} == {lasts}
    assert max(kept.values()) <= 60_000
