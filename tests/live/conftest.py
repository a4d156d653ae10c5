"""A Valkey of our own, so that it can be stopped; a hub in this process, browsers on it, and a feed that they watch."""

import copy
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from dropshop.core.live import feed_source, maintenance, publisher, snapshots
from dropshop.core.live.sessions import SessionProof
from dropshop.core.live.socket import LiveSocket
from dropshop.machine.embedded import Valkey
from tests.harness.patience import PATIENCE, until

from .browsers import HOST, Browser, Shelf
from .wall import Wall


@pytest.fixture(scope="session")
def _own_valkey() -> Iterator[Valkey]:
    with tempfile.TemporaryDirectory() as folder:
        server = Valkey(Path(folder) / "valkey", password="live", logs=Path(folder), durable=False)
        server.start()
        yield server
        server.child.thaw()
        server.stop()


@pytest.fixture
def valkey(_own_valkey: Valkey, settings) -> Iterator[Valkey]:
    """A running Valkey that this test may stop, freeze or flush; the channel layer is on it."""
    config = {"hosts": [_own_valkey.url], "prefix": uuid4().hex}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": config}}
    settings.ALLOWED_HOSTS = [HOST]
    settings.CSRF_TRUSTED_ORIGINS = []
    yield _own_valkey
    _own_valkey.child.thaw()
    if not _own_valkey.answers():
        _own_valkey.start()


@pytest.fixture
def sender(valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Iterator[publisher.Publisher]:
    """The process's publisher, on this test's Valkey."""
    own = publisher.Publisher()
    monkeypatch.setattr(publisher, "_publisher", own)
    yield own
    own.close()


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """What the snapshots say."""
    shelf = Shelf()
    monkeypatch.setattr(snapshots.source, "filled", shelf.snapshot)
    return shelf


@pytest.fixture
def quick_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's rounds follow each other closely; name it before what starts the hub."""
    monkeypatch.setattr(maintenance, "CHECK_VIEWERS_EVERY", 0.2)
    monkeypatch.setattr(maintenance, "READ_EVERY", 0.3)


@pytest.fixture
def rare_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub does not look at the database by itself while the test counts who does; name it before what starts the hub."""
    monkeypatch.setattr(maintenance, "READ_EVERY", 10 * PATIENCE)


@pytest.fixture
async def live(valkey: Valkey, shelf: Shelf) -> AsyncIterator[LiveSocket]:
    """The socket application with its hub, joined."""
    live = LiveSocket()
    live.hub.start()
    assert await live.hub.is_open()
    yield live
    await live.hub.stop()


@pytest.fixture
async def browse(live: LiveSocket) -> AsyncIterator[Callable[..., Browser]]:
    """Opens browsers, and closes them."""
    opened: list[Browser] = []

    def browse(**how) -> Browser:
        opened.append(Browser(live, **how))
        return opened[-1]

    yield browse
    for browser in opened:
        if not browser.task.done():
            await browser.hang_up()


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """What the feed says, and to whom."""
    wall = Wall()
    monkeypatch.setattr(feed_source.newest, "filled", wall.newest)
    monkeypatch.setattr(feed_source.hidden_authors, "filled", wall.gate)
    return wall


@pytest.fixture
def watch(live: LiveSocket, browse: Callable[..., Browser], wall: Wall, monkeypatch: pytest.MonkeyPatch):
    """Opens a browser, as this member or as a visitor, that watches the feed."""

    async def member_of(session_key):
        return object(), SessionProof(session_key, session_key, "hash")

    monkeypatch.setattr(live.hub, "member_of", member_of)

    async def watch(member: str | None = None):
        browser = await browse(cookie=f"sessionid={member}" if member else "").open()
        browser.say({"type": "join-feed"})
        await until(lambda: browser.of("feed-joined"))
        return browser

    return watch


@pytest.fixture
def told_to_the_shop(shop, settings, monkeypatch) -> Iterator[None]:
    """What is done in this process is told to the shop's screens, as if one of its own processes had done it."""
    layer = copy.deepcopy(settings.CHANNEL_LAYERS)
    layer["default"]["CONFIG"] |= {
        "hosts": [shop.valkey.url],
        "prefix": f"dropshop{urlsplit(shop.valkey.url).path.replace('/', '.')}",
    }
    settings.CHANNEL_LAYERS = layer
    own = publisher.Publisher()
    monkeypatch.setattr(publisher, "_publisher", own)
    yield
    own.close()
