"""Talks to Slack; the only one in this folder on the network. Every method raises `core.errors` only."""

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api_call import asked, root
from bots.slack.errors import failure
from bots.slack.location import SlackLocation
from bots.slack.mrkdwn import cut, defused
from bots.slack.rate_tiers import RateTiers
from bots.slack.render import SlackBlock, SlackMessage
from bots.slack.tokens import SlackTokens
from core.clock import Sleep
from core.errors import Failure, Refused, Unreachable

FETCH_LIMIT = 25 * 1024 * 1024
UPDATE_TEXT = 4000
_SECONDS = 30.0
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5)


class SlackClient:
    """One app. `api_url` replaces Slack's address (`https://slack.com`, with or without `/api/`)."""

    def __init__(
        self, tokens: SlackTokens, *, tiers: RateTiers, api_url: str = "", sleep: Sleep = asyncio.sleep
    ) -> None:
        self._api = f"{root(api_url)}/api/"
        self._host = urlsplit(root(api_url)).hostname or ""
        self._tokens = tokens
        self._tiers = tiers
        self._sleep = sleep
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS))

    def spare(self, place: SlackLocation, method: str) -> bool:
        """Whether a method may be called for what can be lost."""
        return self._tiers.spare(place.team, method)

    async def close(self) -> None:
        await self._tokens.close()
        await self._session.close()

    def socket(self, app_token: str) -> SocketModeClient:
        """A connection of Socket Mode, not yet connected."""
        return SocketModeClient(app_token=app_token, web_client=self._web(""))

    async def locale(self, team: str, user: str) -> str:
        """The language that a person has set (`en-US`), or nothing."""
        web = self._web(await self._tokens.token(team))
        answer = await asked(web.users_info(user=user, include_locale=True))
        found = answer.get("user")
        return str(found.get("locale", ""))[:35] if isinstance(found, dict) else ""

    async def identify(self) -> tuple[str, str]:
        """The name and the workspace of the bot."""
        answer = await self._call("", "auth.test")
        return str(answer.get("user", "")), str(answer.get("team", ""))

    async def say(self, place: SlackLocation, message: SlackMessage) -> str:
        """Send a message and return its timestamp, which is its id."""
        body: dict[str, Any] = {"channel": place.channel, "text": message.text, "unfurl_links": False}
        if message.blocks:
            body["blocks"] = list(message.blocks)
        if place.only:
            answer = await self._call(place.team, "chat.postEphemeral", **body, user=place.only, **_thread(place))
            return str(answer["message_ts"])
        answer = await self._call(place.team, "chat.postMessage", **body, **_thread(place))
        return str(answer["ts"])

    async def rewrite(self, place: SlackLocation, sent: str, message: SlackMessage) -> None:
        """Change a message, its buttons included; beside blocks, only the first 4,000 characters of its text are kept."""
        text, blocks = cut(message.text, UPDATE_TEXT), list(message.blocks)
        await self._call(place.team, "chat.update", channel=place.channel, ts=sent, text=text, blocks=blocks)

    async def take_back(self, place: SlackLocation, sent: str) -> None:
        await self._call(place.team, "chat.delete", channel=place.channel, ts=sent)

    async def start(self, place: SlackLocation, chunks: Sequence[SlackBlock], reader: str) -> str:
        """Begin an answer that is written before the eyes of `reader`, a user's id; its timestamp."""
        whom = {} if place.direct else {"recipient_user_id": reader, "recipient_team_id": place.team}
        body: dict[str, Any] = {"channel": place.channel, "chunks": list(chunks), **_thread(place), **whom}
        answer = await self._call(place.team, "chat.startStream", **body)
        return str(answer["ts"])

    async def append(self, place: SlackLocation, sent: str, chunks: Sequence[SlackBlock]) -> None:
        await self._call(place.team, "chat.appendStream", channel=place.channel, ts=sent, chunks=list(chunks))

    async def stop(self, place: SlackLocation, sent: str, *, session: str = "active") -> None:
        """End a stream, and with it the work that the reader can stop, unless the `session` is to go on."""
        await self._call(place.team, "chat.stopStream", channel=place.channel, ts=sent, session_status=session)

    async def session(self, place: SlackLocation, status: str, *, title: str = "") -> None:
        """Say that the thread's session is `processing`, which shows a stop button, or `active`; a new one is named by its title."""
        more = _thread(place) | ({"title": title} if title else {})
        await self._call(place.team, "agents.sessions.setStatus", channel_id=place.channel, status=status, **more)

    async def status(self, place: SlackLocation, words: str) -> None:
        """Show under the thread what is being done; no words take it away."""
        await self._call(
            place.team, "assistant.threads.setStatus", channel_id=place.channel, status=words, **_thread(place)
        )

    async def title(self, place: SlackLocation, words: str) -> None:
        await self._call(
            place.team, "assistant.threads.setTitle", channel_id=place.channel, title=words, **_thread(place)
        )

    async def suggest(self, place: SlackLocation, prompts: Sequence[tuple[str, str]]) -> None:
        """Offer up to four things to say, each with a title; an agent's threads are not named there, or Slack does nothing."""
        shown = [{"title": title, "message": message} for title, message in prompts[:4]]
        await self._call(
            place.team,
            "assistant.threads.setSuggestedPrompts",
            channel_id=place.channel,
            prompts=shown,
        )

    async def direct(self, team: str, user: str) -> SlackLocation:
        """The bot's conversation with a person, opened if need be."""
        answer = await self._call(team, "conversations.open", users=user)
        return SlackLocation(team=team, channel=str(answer["channel"]["id"]))

    async def publish(self, team: str, user: str, view: SlackBlock) -> None:
        """Fill a person's home tab."""
        await self._call(team, "views.publish", user_id=user, view=view)

    async def open(self, team: str, trigger: str, view: SlackBlock) -> None:
        """Open a form, within three seconds of what the person did."""
        await self._call(team, "views.open", trigger_id=trigger, view=view)

    async def upload(
        self, place: SlackLocation, data: bytes, name: str, words: str = "", *, shared: bool = True
    ) -> str:
        """Send a file with words beside it, or with `shared` off have Slack keep it for a message to come; the file's id."""
        token = await self._tokens.token(place.team)
        web = self._web(token)
        given = await asked(web.files_getUploadURLExternal(filename=name, length=len(data)))
        await self._pour(str(given["upload_url"]), data)
        number = str(given["file_id"])
        more: dict[str, Any] = {"channel_id": place.channel, **_thread(place)} if shared else {}
        more |= {"initial_comment": words} if words else {}
        files: list[dict[str, str | None]] = [{"id": number, "title": name}]
        await asked(web.files_completeUploadExternal(files=files, **more))
        await self._settled(web, number, "shares" if shared else "mimetype")
        return number

    async def _settled(self, web: AsyncWebClient, number: str, sign: str) -> None:
        """Wait, at most three seconds, until Slack has looked through a file, or shown it where it was shared: both come after its answer."""
        for pause in _PAUSES:
            try:
                found = (await asked(web.files_info(file=number))).get("file")
            except Failure:
                return
            if isinstance(found, dict) and found.get(sign):
                return
            await self._sleep(pause)

    async def _pour(self, url: str, data: bytes) -> None:
        try:
            async with self._session.post(url, data=data) as answer:
                if answer.status != 200:
                    raise failure("", answer.status, answer.headers.get("Retry-After", ""))
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"Slack's files: {type(error).__name__}") from error

    async def fetch(self, team: str, url: str) -> bytes:
        """A file's bytes; the token goes to Slack's own servers only."""
        host = urlsplit(url).hostname or ""
        if host != self._host and not host.endswith(".slack.com"):
            raise Refused("the file is not on Slack's servers")
        headers = {"Authorization": f"Bearer {await self._tokens.token(team)}"}
        try:
            async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
                return await _contents(answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"Slack's files: {type(error).__name__}") from error

    async def _call(self, team: str, method: str, **body: Any) -> dict[str, Any]:
        web = self._web(await self._tokens.token(team))
        self._tiers.note(team, method)
        return await asked(web.api_call(method, json=body))

    def _web(self, token: str) -> AsyncWebClient:
        return AsyncWebClient(token=token, base_url=self._api, session=self._session, retry_handlers=[])


def words(text: str) -> SlackBlock:
    """A piece of Markdown in a stream."""
    return {"type": "markdown_text", "text": defused(text)}


def task(number: int, title: str, *, done: bool) -> SlackBlock:
    """A step of the work in a stream."""
    status = "complete" if done else "in_progress"
    return {"type": "task_update", "id": f"step{number}", "title": title, "status": status}


def _thread(place: SlackLocation) -> dict[str, str]:
    return {"thread_ts": place.thread} if place.thread else {}


async def _contents(answer: aiohttp.ClientResponse) -> bytes:
    """Slack answers with a page to sign in where the token may not read the file."""
    if answer.status in (429, 500, 502, 503, 504):
        raise failure("", answer.status, answer.headers.get("Retry-After", ""))
    if answer.status != 200 or answer.content_type == "text/html":
        raise Refused(f"the file cannot be read: {answer.status}")
    data = bytearray()
    async for piece in answer.content.iter_chunked(65536):
        data += piece
        if len(data) > FETCH_LIMIT:
            raise Refused("the file is larger than 25 MB")
    return bytes(data)
