"""The `Gateway` of Slack: Socket Mode, for installations without a public URL."""

import asyncio
import logging

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bots.slack.channel import SlackChannel
from bots.slack.client import SlackClient
from core.channel import ReceiveEvent
from core.clock import Sleep
from core.errors import Malformed

_log = logging.getLogger(__name__)
_MAX_BACKOFF = 60.0


class SlackGateway:
    """Acknowledges an envelope to Slack only after `receive` has returned for all of its events."""

    def __init__(
        self, *, client: SlackClient, channel: SlackChannel, app_token: str, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._client = client
        self._channel = channel
        self._app_token = app_token
        self._sleep = sleep

    async def listen(self, receive: ReceiveEvent) -> None:
        """Receive events until cancelled; the SDK reconnects a lost connection."""

        async def on_request(socket: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
            await self._receive_envelope(receive, socket, request)

        socket = self._client.socket(self._app_token)
        socket.socket_mode_request_listeners.append(on_request)
        try:
            await self._connect(socket)
            _log.info("Slack: listening by Socket Mode")
            await asyncio.Event().wait()
        finally:
            await socket.close()
            await _wait_for_sdk_tasks(socket)

    async def _connect(self, socket: SocketModeClient) -> None:
        """Open the first connection, retrying with back-off, so that a wrong token is logged instead of ending the process."""
        failures = 0
        while True:
            try:
                socket.wss_uri = await socket.issue_new_wss_url()
                await socket.connect()
                return
            except (SlackApiError, SlackClientError, OSError, TimeoutError) as error:
                failures += 1
                _log.warning("Slack: connecting failed: %s", type(error).__name__)
                await self._sleep(min(2.0 ** min(failures - 1, 10), _MAX_BACKOFF))

    async def _receive_envelope(
        self, receive: ReceiveEvent, socket: AsyncBaseSocketModeClient, request: SocketModeRequest
    ) -> None:
        """Store the events, then acknowledge; Slack sends an envelope again that is not acknowledged."""
        try:
            events = self._channel.read(request.type, request.payload)
        except Malformed as error:
            _log.warning("Slack: a malformed envelope was ignored: %s", error)
            events = ()
        try:
            events = await self._channel.admit(events)
            for event in events:
                await receive(event)
        except Exception as error:  # noqa: BLE001 - after any error, Slack has to send the envelope again
            _log.error("Slack: storing an event failed, Slack sends it again: %s", type(error).__name__)
            return
        await socket.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        await self._channel.acknowledge(events)


async def _wait_for_sdk_tasks(socket: SocketModeClient) -> None:
    """Wait for the tasks that the SDK cancels without awaiting them."""
    tasks = (socket.message_processor, socket.current_session_monitor, socket.message_receiver)
    await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)
