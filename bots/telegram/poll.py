"""Listens by asking Telegram for updates, where it cannot call us."""

import asyncio
import logging
from typing import cast

from bots.telegram.channel import TelegramChannel
from bots.telegram.client import TelegramClient
from bots.telegram.errors import PollingConflict, TelegramTokenRejected
from bots.telegram.parse import KINDS
from core.channel import ReceiveEvent
from core.clock import Sleep
from core.errors import Failure, Malformed, Throttled

_log = logging.getLogger(__name__)
_LONGEST_WAIT = 60.0


class TelegramGateway:
    """A `Gateway`: an update is told to Telegram as taken only once `receive` has returned for all of its events."""

    def __init__(self, *, client: TelegramClient, channel: TelegramChannel, sleep: Sleep = asyncio.sleep) -> None:
        self._client = client
        self._channel = channel
        self._sleep = sleep
        self._offset = 0

    async def listen(self, receive: ReceiveEvent) -> None:
        """Receive events until cancelled; drops a webhook that is set, as Telegram allows only one of the two.

        A token that Telegram does not know from the start is said once, and nothing is asked for any more.
        """
        ready = False
        failures = 0
        while True:
            try:
                if not ready:
                    await self._begin()
                    ready = True
                await self._round(receive)
                failures = 0
            except TelegramTokenRejected as error:
                failures += 1
                if not ready:
                    _log.error("Telegram: %s; nothing will come in until it is corrected and Sona started anew", error)
                    await asyncio.Event().wait()
                await self._sleep(self._wait(error, failures))
            except Exception as error:  # noqa: BLE001 - whatever keeps an event from being taken, it has to be asked for again
                failures += 1
                await self._sleep(self._wait(error, failures))

    async def _begin(self) -> None:
        username = await self._channel.identify()
        if await self._client.webhook():
            await self._client.drop_webhook()
        _log.info("Telegram: listening for @%s by polling", username)

    async def _round(self, receive: ReceiveEvent) -> None:
        for update in await self._client.updates(self._offset, KINDS):
            try:
                events = self._channel.read(update)
            except Malformed as error:
                _log.warning("Telegram: an update was left out: %s", error)
                events = ()
            for event in await self._channel.admit(events):
                await receive(event)
            self._offset = max(self._offset, _number(update) + 1)
            await self._channel.acknowledge(events)

    def _wait(self, error: Exception, failures: int) -> float:
        """Seconds until the next try: what Telegram asks for, else twice as long each time, at most a minute."""
        match error:
            case Throttled():
                return error.retry_after
            case PollingConflict():
                _log.error("Telegram: another program listens for this bot; stop it, or give this one its own token")
            case Failure():
                _log.warning("Telegram: %s", error)
            case _:
                _log.error("Telegram: an event could not be kept and is asked for again: %r", type(error))
        return min(2.0 ** min(failures - 1, 10), _LONGEST_WAIT)


def _number(update: object) -> int:
    """The update's number; -1 for what has none."""
    number = cast(dict[str, object], update).get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) else -1
