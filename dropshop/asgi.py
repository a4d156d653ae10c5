"""One process, one port: sockets to the hub, pages and API to Django behind WSGI.

Django's own ASGI handler serves the same page a third slower than the bridge (docs: measured in the architecture).
Run it with `python -m dropshop.edge.uvicorn`, whose connections have deadlines. Here a request has its body before anybody
works for it, and what is slow for others (sign-ins, which hash passwords) has threads of its own.
"""

import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dropshop.settings")

# isort: off
from dropshop.wsgi import application as pages, shop  # sets Django up; what follows needs that

from django.conf import settings
from dropshop.machine import garbage_collection
from dropshop.core import live, access_log
from dropshop.operating import health
from dropshop.core.client_address import client_address_of_scope
from dropshop.edge.bodies import Bodies
from dropshop.core.errors import Gone
from dropshop.edge.bridge import SAFE, Bridge
from dropshop.edge.page_cache import PageCache
from dropshop.edge.refusals import Refusals
from dropshop.edge.share import Share
from dropshop.core.errors import DropshopError, RateLimited, TooLarge
from dropshop.edge.request_checks import allowed_body
from dropshop.core.live.socket import LiveSocket, refuse_socket
from dropshop.machine.processes import die_with_starter, raise_file_limit
from reservations.purchases import ask_bank
from reservations.payment_methods import set_up as saved_cards
from reservations.holds import reserve
from reservations.desk.queue_door import QueueDoor
from reservations.desk.purchase_door import PurchaseDoor, attempts_counter
from reservations.desk.reserve_door import ReserveDoor, claims_counter
from reservations.desk.requests import MAX_BODY_BYTES, DeskRequest
from reservations.desk.patience import patiently
from reservations.desk.group_commit import GroupCommit
from reservations.desk.hand_over import HandOver, socket_folder
from reservations.desk.handed_reserve import HandedReserve
# isort: on

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

# Seconds until a thread that wants to go on gets its turn (Python's default is five times that): the desk's thread asks after
# every answer of the database, while the loop reads requests and tells screens.
SWITCH_SECONDS = 0.001
# Sign-ins that may wait, together and of one address; a password takes a tenth of a second or more.
SIGN_INS_WAITING, SIGN_INS_WAITING_EACH = 32, 20
# What may hash a password when something is sent there. These have threads of their own.
SIGN_IN = re.compile(
    r"/accounts/(login|signup|reauthenticate|password|2fa)/.*"
    r"|/admin/(login|password_change)/.*|/admin/.*/password/"
    r"|/api/v1/auth/.*|/api/v1/users/(login|register|me)/?"
)

sockets = LiveSocket()
desk = GroupCommit()
reserving = ReserveDoor(desk, hears=sockets.hub.ready.is_set)
sockets.hub.on_news = reserving.sold_out.heard
buying = PurchaseDoor(desk)
queueing = QueueDoor(desk)
doors: list[ReserveDoor | PurchaseDoor | QueueDoor] = [reserving, buying, queueing]
claims, attempts = claims_counter(desk), attempts_counter(desk)
hand_over = HandOver(socket_folder()) if settings.LIVE_PROCESSES > 1 else None
if hand_over is not None:
    hand_over.share("reserve", reserving.batcher, HandedReserve(reserving))
bodies = Bodies()
refusals = Refusals(shop)
page_bridge = Bridge(pages, threads=settings.THREADS["pages"], name="pages")
page_cache = PageCache(page_bridge, shop, seconds=settings.PAGE_CACHE_SECONDS)
sign_in_bridge = Bridge(
    pages, threads=settings.THREADS["sign-ins"], name="sign-in", waiting=SIGN_INS_WAITING, each=SIGN_INS_WAITING_EACH
)
# Pages that ask another sign-in provider wait for it in threads of their own, until their deadline.
elsewhere_bridge = Bridge(
    pages, threads=settings.THREADS["elsewhere"], name="elsewhere", waiting=SIGN_INS_WAITING, each=SIGN_INS_WAITING_EACH
)
# What one address has under way. A request counts until it is answered, also when its client has hung up. Half of the
# connections may be open sockets, so that there are always some for pages.
requests = Share(each=lambda: settings.CONNECTIONS_PER_ADDRESS)
open_sockets = Share(each=lambda: settings.CONNECTIONS_PER_ADDRESS // 2)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application."""
    match scope:
        case {"type": "lifespan"}:
            await _live_and_die(receive, send)
        case {"type": "websocket", "path": "/ws/live/"}:
            await _socket(scope, receive, send)
        case {"type": "websocket"}:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        case {"type": "http"}:
            await http(scope, receive, send)


async def http(scope: Scope, receive: Receive, send: Send) -> None:
    """One request: its body, then whoever answers it."""
    probe = health.PROBES.get(scope["path"])
    if probe is not None and scope["method"] in SAFE:
        await probe(scope, receive, send)
        return
    address = client_address_of_scope(scope)
    if not requests.take(address):
        await refusals.send(scope, RateLimited(retry_after=1), send)
        return
    try:
        await _answer(scope, receive, send, address)
    except Gone:
        pass  # there is nobody to answer
    except DropshopError as refusal:
        await refusals.send(scope, refusal, send)
    finally:
        requests.give_back(address)


async def _answer(scope: Scope, receive: Receive, send: Send, address: str) -> None:
    """What must not wait for a thread (the reservation desk) is answered here, before the bridges."""
    door, request = _door_for(scope)
    is_the_desks = request is not None and request.pass_text is not None and not request.key
    body = await bodies.read(scope, receive, most=MAX_BODY_BYTES if is_the_desks else _allowed(scope), address=address)
    try:
        if is_the_desks and body.length > MAX_BODY_BYTES:
            raise TooLarge
        if door and request and body.length <= MAX_BODY_BYTES and await door(request, body.content, send):
            return
        bridge = partial(_bridge_for(scope), body=body, receive=receive, address=address)
        await patiently(body.described(scope), send, bridge)
    finally:
        body.forget()


def _door_for(scope: Scope) -> tuple[ReserveDoor | PurchaseDoor | QueueDoor | None, DeskRequest | None]:
    """The desk's endpoint that may take the request, and the request as it reads it."""
    return next(((door, request) for door in doors if (request := door.opens(scope)) is not None), (None, None))


def _bridge_for(scope: Scope) -> Bridge | PageCache:
    if scope["path"].startswith("/accounts/oidc/"):
        return elsewhere_bridge
    if scope["method"] not in SAFE and SIGN_IN.fullmatch(scope["path"]):
        return sign_in_bridge
    return page_cache


def _allowed(scope: Scope) -> int:
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    return allowed_body(scope["path"], kind.partition(b";")[0].strip().lower().decode("latin1"))


async def _socket(scope: Scope, receive: Receive, send: Send) -> None:
    address = client_address_of_scope(scope)
    if not open_sockets.take(address):
        await receive()
        await refuse_socket(scope, send, 429)
        return
    try:
        await sockets(scope, receive, send)
    finally:
        open_sockets.give_back(address)


async def _live_and_die(receive: Receive, send: Send) -> None:
    """The process's own life: the hub joins at the start, and at the end nothing published stays behind."""
    await receive()
    die_with_starter()
    sockets.hub.start()
    garbage_collection.tune()
    raise_file_limit()
    sys.setswitchinterval(SWITCH_SECONDS)
    loop = asyncio.get_running_loop()
    reserve.group_commit.fill(partial(claims.ask_from_thread, loop))
    ask_bank.group_commit.fill(partial(attempts.ask_from_thread, loop, even_if_full=True))
    if hand_over is not None:
        await hand_over.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    reserve.group_commit.empty()
    ask_bank.group_commit.empty()
    if hand_over is not None:
        await hand_over.stop()
    desk.stop()
    access_log.flush()
    ask_bank.bank_threads().stop()
    saved_cards.stop()
    await sockets.hub.stop()
    live.flush(timeout=2)
    await send({"type": "lifespan.shutdown.complete"})
