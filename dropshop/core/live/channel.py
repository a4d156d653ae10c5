"""The hub's place in the channel layer: joined once, and felt by a message to itself every 1.5 s."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers
from redis.exceptions import RedisError

from .publisher import GROUP, Envelope

log = logging.getLogger(__name__)

PING_EVERY = 1.5  # seconds between two messages to itself
MAX_MISSED_PINGS = 3  # unanswered ones in a row after which Redis counts as gone
COMMAND_TIMEOUT = 2.0  # seconds for one command

Gone = (OSError, RedisError, TimeoutError)
OnLetter = Callable[[str | None, str | None, str], None]


class ConnectionLost(Exception):
    """Messages no longer arrive."""


class ChannelListener:
    """One membership in the group; `listen` runs until Redis is lost and can be called again.

    `on_letter` gets each event as its publisher addressed it (member, drop, text), `on_ready` is called when the first
    message to itself has come back, `on_doubt` when messages may have been lost though the connection stands again.
    """

    def __init__(self, on_letter: OnLetter, on_ready: Callable[[], None], on_doubt: Callable[[], None]) -> None:
        self._on_letter, self._on_ready, self._on_doubt = on_letter, on_ready, on_doubt
        self._layer: Any = None
        self._sent = self._heard = 0
        self._is_ready = False

    async def listen(self) -> None:
        """Join the group and hand every event to `on_letter`; raises LostRedis (or what the layer raised) when it is over."""
        if self._layer is None:
            self._layer = channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)
        self._sent = self._heard = 0
        self._is_ready = False
        tasks: list[asyncio.Task[None]] = []
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT):
                channel = await self._layer.new_channel()
                await self._layer.group_add(GROUP, channel)
            tasks = [asyncio.create_task(self._receive(channel)), asyncio.create_task(self._beat(channel))]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._leave()  # before the tasks end, so that no unsubscribe waits for a dead connection
            for task in tasks:
                task.cancel()
            endings = await asyncio.gather(*tasks, return_exceptions=True)
        raise ConnectionLost(next((ending for ending in endings if isinstance(ending, Exception)), None))

    async def _leave(self) -> None:
        """Close the layer's connections. A layer that cannot even be closed is replaced by a new one."""
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT):
                await self._layer.flush()
        except Exception as error:  # noqa: BLE001 - its receive task may have died of anything
            log.warning("live: the channel layer could not be closed (%r); taking a new one", error)
            self._layer = None

    async def _receive(self, channel: str) -> None:
        while True:
            message = await self._layer.receive(channel)
            if message["type"] == "live.pulse":
                self._heard = max(self._heard, message["number"])
                if not self._is_ready:
                    self._is_ready = True
                    self._on_ready()
                continue
            for letter in _letters(message):
                try:
                    self._on_letter(*letter)
                except Exception:
                    log.exception("live: an event could not be understood")

    async def _beat(self, channel: str) -> None:
        missed = 0
        while True:
            self._sent += 1
            await self._send_pulse(channel)
            await asyncio.sleep(PING_EVERY)
            # Counted in beats and not by the clock: a process that stood still has missed one beat, not many.
            missed = missed + 1 if self._heard < self._sent else 0
            if missed >= MAX_MISSED_PINGS:
                raise ConnectionLost(f"{missed} messages to itself unanswered")
            if missed == 1:
                self._on_doubt()

    async def _send_pulse(self, channel: str) -> None:
        message = {"type": "live.pulse", "number": self._sent}
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT):
                await self._layer.send(channel, message)
        except Gone:
            async with asyncio.timeout(COMMAND_TIMEOUT):
                await self._layer.send(channel, message)
            self._on_doubt()


def _letters(message: dict[str, Any]) -> list[Envelope]:
    """What a message of the group carries; [] for one that no publisher of ours has sent."""
    letters = message.get("letters")
    if letters is None:
        log.error("live: a message of type %s could not be understood", message["type"])
    return letters or []
