"""The only caller of Slack's Web API, apart from OAuth. Every method raises `core.errors` only."""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api_call import base_url, result_of
from bots.slack.errors import failure
from bots.slack.location import SlackLocation
from bots.slack.mrkdwn import truncated, without_mentions
from bots.slack.rate_tiers import RateTiers
from bots.slack.render import SlackBlock, SlackMessage
from bots.slack.tokens import SlackTokens
from core.clock import Sleep
from core.errors import Failure, Refused, Unreachable

FETCH_LIMIT = 25 * 1024 * 1024
UPDATE_TEXT = 4000
_TIMEOUT = 30.0
_FILE_POLL_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5)


class SlackClient:
    """One app. `api_url` replaces Slack's address (`https://slack.com`, with or without `/api/`)."""

    def __init__(
        self, tokens: SlackTokens, *, tiers: RateTiers, api_url: str = "", sleep: Sleep = asyncio.sleep
    ) -> None:
        self._api = f"{base_url(api_url)}/api/"
        self._host = urlsplit(base_url(api_url)).hostname or ""
        self._tokens = tokens
        self._tiers = tiers
        self._sleep = sleep
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT))

    def has_spare_calls(self, location: SlackLocation, method: str) -> bool:
        """Return whether the method's rate limit allows another live update."""
        return self._tiers.has_spare_calls(location.team, method)

    async def close(self) -> None:
        await self._tokens.close()
        await self._session.close()

    def socket(self, app_token: str) -> SocketModeClient:
        """Return a Socket Mode client that is not yet connected."""
        return SocketModeClient(app_token=app_token, web_client=self._web(""))

    async def locale(self, team: str, user: str) -> str:
        """Return a person's language setting (`en-US`), or an empty string."""
        web = self._web(await self._tokens.token(team))
        response = await result_of(web.users_info(user=user, include_locale=True))
        profile = response.get("user")
        return str(profile.get("locale", ""))[:35] if isinstance(profile, dict) else ""

    async def identify(self) -> tuple[str, str]:
        """Return the bot's user name and its workspace's name."""
        response = await self._call("", "auth.test")
        return str(response.get("user", "")), str(response.get("team", ""))

    async def send_message(self, location: SlackLocation, message: SlackMessage) -> str:
        """Send a message and return its timestamp, which is its id; an ephemeral one if the location is private."""
        body: dict[str, Any] = {"channel": location.channel, "text": message.text, "unfurl_links": False}
        if message.blocks:
            body["blocks"] = list(message.blocks)
        if location.private_to:
            response = await self._call(
                location.team, "chat.postEphemeral", **body, user=location.private_to, **_thread_ts(location)
            )
            return str(response["message_ts"])
        response = await self._call(location.team, "chat.postMessage", **body, **_thread_ts(location))
        return str(response["ts"])

    async def edit(self, location: SlackLocation, ts: str, message: SlackMessage) -> None:
        """Replace a message's text and blocks; the text is cut to 4,000 characters, Slack's limit for updates."""
        text, blocks = truncated(message.text, UPDATE_TEXT), list(message.blocks)
        await self._call(location.team, "chat.update", channel=location.channel, ts=ts, text=text, blocks=blocks)

    async def delete(self, location: SlackLocation, ts: str) -> None:
        await self._call(location.team, "chat.delete", channel=location.channel, ts=ts)

    async def start_stream(self, location: SlackLocation, chunks: Sequence[SlackBlock], recipient: str) -> str:
        """Start a stream and return its timestamp; in a channel it needs a `recipient`, a user's id."""
        recipients = {} if location.direct else {"recipient_user_id": recipient, "recipient_team_id": location.team}
        body: dict[str, Any] = {
            "channel": location.channel,
            "chunks": list(chunks),
            **_thread_ts(location),
            **recipients,
        }
        response = await self._call(location.team, "chat.startStream", **body)
        return str(response["ts"])

    async def append_to_stream(self, location: SlackLocation, ts: str, chunks: Sequence[SlackBlock]) -> None:
        await self._call(location.team, "chat.appendStream", channel=location.channel, ts=ts, chunks=list(chunks))

    async def stop_stream(self, location: SlackLocation, ts: str, *, session: str = "active") -> None:
        """End a stream and set its session's status; `active` removes the stop button, `processing` keeps it."""
        await self._call(location.team, "chat.stopStream", channel=location.channel, ts=ts, session_status=session)

    async def set_session_status(self, location: SlackLocation, status: str, *, title: str = "") -> None:
        """Set the status of the thread's session: `processing` shows a stop button, `active` none. The title names a new session."""
        options = _thread_ts(location) | ({"title": title} if title else {})
        await self._call(
            location.team, "agents.sessions.setStatus", channel_id=location.channel, status=status, **options
        )

    async def set_status(self, location: SlackLocation, text: str) -> None:
        """Show a status line under the thread; an empty text removes it."""
        await self._call(
            location.team,
            "assistant.threads.setStatus",
            channel_id=location.channel,
            status=text,
            **_thread_ts(location),
        )

    async def set_title(self, location: SlackLocation, text: str) -> None:
        await self._call(
            location.team,
            "assistant.threads.setTitle",
            channel_id=location.channel,
            title=text,
            **_thread_ts(location),
        )

    async def set_suggested_prompts(self, location: SlackLocation, prompts: Sequence[tuple[str, str]]) -> None:
        """Set up to four suggested prompts (title, message) of the conversation.

        The thread is not named: in an app with `agent_view` Slack ignores prompts that name one.
        """
        shown = [{"title": title, "message": message} for title, message in prompts[:4]]
        await self._call(
            location.team,
            "assistant.threads.setSuggestedPrompts",
            channel_id=location.channel,
            prompts=shown,
        )

    async def direct_conversation(self, team: str, user: str) -> SlackLocation:
        """Return the bot's direct conversation with a person, opening it if necessary."""
        response = await self._call(team, "conversations.open", users=user)
        return SlackLocation(team=team, channel=str(response["channel"]["id"]))

    async def publish_home(self, team: str, user: str, view: SlackBlock) -> None:
        """Publish a person's home tab."""
        await self._call(team, "views.publish", user_id=user, view=view)

    async def open_view(self, team: str, trigger_id: str, view: SlackBlock) -> None:
        """Open a modal; the trigger id expires three seconds after the person's action."""
        await self._call(team, "views.open", trigger_id=trigger_id, view=view)

    async def upload_file(
        self, location: SlackLocation, data: bytes, name: str, text: str = "", *, shared: bool = True
    ) -> str:
        """Upload a file and return its id; share it with a comment, or if not `shared`, leave it for a later message."""
        token = await self._tokens.token(location.team)
        web = self._web(token)
        target = await result_of(web.files_getUploadURLExternal(filename=name, length=len(data)))
        await self._upload_bytes(str(target["upload_url"]), data)
        file_id = str(target["file_id"])
        options: dict[str, Any] = {"channel_id": location.channel, **_thread_ts(location)} if shared else {}
        options |= {"initial_comment": text} if text else {}
        files: list[dict[str, str | None]] = [{"id": file_id, "title": name}]
        await result_of(web.files_completeUploadExternal(files=files, **options))
        await self._wait_for_file(web, file_id, "shares" if shared else "mimetype")
        return file_id

    async def _wait_for_file(self, web: AsyncWebClient, file_id: str, field: str) -> None:
        """Wait up to three seconds until Slack sets `field`, because it scans and shares files after responding."""
        for pause in _FILE_POLL_PAUSES:
            try:
                file = (await result_of(web.files_info(file=file_id))).get("file")
            except Failure:
                return
            if isinstance(file, dict) and file.get(field):
                return
            await self._sleep(pause)

    async def _upload_bytes(self, url: str, data: bytes) -> None:
        try:
            async with self._session.post(url, data=data) as response:
                if response.status != 200:
                    raise failure("", response.status, response.headers.get("Retry-After", ""))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"Slack's files: {type(error).__name__}") from error

    async def fetch(self, team: str, url: str) -> bytes:
        """Return a file's bytes; raises `Refused` for hosts other than Slack's, so that they never get the token."""
        host = urlsplit(url).hostname or ""
        if host != self._host and not host.endswith(".slack.com"):
            raise Refused("the file is not on Slack's servers")
        headers = {"Authorization": f"Bearer {await self._tokens.token(team)}"}
        try:
            async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                return await _file_bytes(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"Slack's files: {type(error).__name__}") from error

    async def _call(self, team: str, method: str, **body: Any) -> dict[str, Any]:
        web = self._web(await self._tokens.token(team))
        self._tiers.record(team, method)
        return await result_of(web.api_call(method, json=body))

    def _web(self, token: str) -> AsyncWebClient:
        return AsyncWebClient(token=token, base_url=self._api, session=self._session, retry_handlers=[])


def text_chunk(text: str) -> SlackBlock:
    """Return a stream chunk of Markdown."""
    return {"type": "markdown_text", "text": without_mentions(text)}


def task_chunk(number: int, title: str, *, done: bool) -> SlackBlock:
    """Return a stream chunk that shows a step of the work."""
    status = "complete" if done else "in_progress"
    return {"type": "task_update", "id": f"step{number}", "title": title, "status": status}


def _thread_ts(location: SlackLocation) -> dict[str, str]:
    return {"thread_ts": location.thread} if location.thread else {}


async def _file_bytes(response: aiohttp.ClientResponse) -> bytes:
    """Return the body; Slack responds with a sign-in page (status 200, HTML) if the token may not read the file."""
    if response.status in (429, 500, 502, 503, 504):
        raise failure("", response.status, response.headers.get("Retry-After", ""))
    if response.status != 200 or response.content_type == "text/html":
        raise Refused(f"the file cannot be read: {response.status}")
    data = bytearray()
    async for piece in response.content.iter_chunked(65536):
        data += piece
        if len(data) > FETCH_LIMIT:
            raise Refused("the file is larger than 25 MB")
    return bytes(data)
