"""Telegram's Bot API on a real socket, as strict as its documentation (core.telegram.org/bots/api) and its server.

Held to, with the wording of the real answers where it is known:
a wrong token is 401 `Unauthorized`, an unknown method 404 `Not Found`, a chat that never wrote 400 `chat not found`;
text has 1–4096 and a caption 0–1024 characters after the entities are parsed (counted in UTF-16 code units),
`callback_data` 1–64 bytes; `can't parse entities: …` for HTML that is not well formed; a person who blocked the bot
is 403; 429 carries `parameters.retry_after` (one message a second in a private chat, 20 a minute in a group, 30 a second
in all, where `limit` is called); an upgraded group carries `parameters.migrate_to_chat_id`; an edit that changes nothing, or
of a message that is another's, gone or of another kind, is refused; a callback query is answered once;
`sendMessageDraft` is for private chats, with a `draft_id` other than 0, and its text goes away when a message comes, or
30 seconds after it was drawn (where `limit` is called), as the page calls it a "temporary 30-second preview"; drawn with
`can_stop` it has a button, which is told of by `stopped_message_generation` with the chat, its topic and the draft's number
and nobody's name, and takes it away unless it was drawn with `keep_on_stop`;
a quiz poll has a question of 1–300 characters, 2–12 options of 1–100 and an explanation of at most 200 with at most
2 line feeds, all without formatting; who votes in one that is not anonymous is told by `poll_answer`, with the poll and
the options but no chat, once for each person as a quiz takes no second vote; only the bot's own open polls are stopped;
`setMessageReaction` takes one of a fixed set of emoji from a bot, which it puts in place of its reaction before;
`getFile` serves at most 20 MB; `getUpdates` and a webhook exclude each other, a second `getUpdates` ends the first
with 409, and a higher `offset` forgets what is before it. A webhook has to be HTTPS, or on this machine as for a Bot API
server of one's own; it is called with the header `X-Telegram-Bot-Api-Secret-Token`, and again while it is not answered with 2xx.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from tests.fakes.telegram_methods import Call, Chat, Kind, Methods
from tests.fakes.telegram_rules import Answer, Pace, bad

TOKEN = "4242:TEST-token"
BOT: dict[str, Any] = {"id": 4242, "is_bot": True, "first_name": "Sona", "username": "SonaBot"}


class FakeTelegram(Methods):
    """`async with FakeTelegram() as telegram`; `telegram.url` is what `TELEGRAM_API_URL` is set to."""

    def __init__(self, token: str = TOKEN) -> None:
        super().__init__(BOT)
        self.token = token
        self.url = ""
        self.calls: list[Call] = []
        self.called = asyncio.Event()
        self.hook = ""
        self.hook_secret = ""
        self.hook_kinds: list[str] = []
        self.waiting: list[dict[str, Any]] = []
        self._refusals: list[tuple[str, Answer]] = []
        self._lost: list[str] = []
        self._held: dict[str, asyncio.Event] = {}
        self.time: Callable[[], float] = lambda: 0.0
        self._updates = 1000
        self._listeners = 0
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=60 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._called)
        app.router.add_get("/file/bot{token}/{path:.+}", self._downloaded)
        self._runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def chat(self, number: int = 7, kind: Kind = "private") -> Chat:
        """A chat that the bot may write to."""
        return self.chats.setdefault(number, Chat(id=number, kind=kind, time=lambda: self.time()))

    def limit(self, time: Callable[[], float]) -> None:
        """From now on hold the bot to the real pace, and let drafts vanish; `time` in seconds."""
        self.pace, self.time = Pace(time), time

    def refuse(self, method: str, code: int, description: str, **parameters: int) -> None:
        """Answer the next call of a method like this."""
        self._refusals.append((method.lower(), Answer(code, description, **parameters)))

    def hold(self, method: str) -> asyncio.Event:
        """Answer no call of a method until the event is set."""
        return self._held.setdefault(method.lower(), asyncio.Event())

    def lose(self, method: str) -> None:
        """Do what the next call of a method asks for, and let nobody know."""
        self._lost.append(method.lower())

    def made(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method.lower()]

    async def says(self, text: str, chat: int = 7, **more: Any) -> int:
        """A person writes; the answer of the webhook, or 0 where there is none."""
        return await self.push({"message": self._personal(chat, text=text, **more)})

    async def taps(self, label: str, message: int, chat: int = 7) -> int:
        """A person taps the button that shows `label`."""
        (data,) = [b["callback_data"] for b in self.chats[chat].buttons(message) if label in b["text"]]
        return await self.taps_data(data, message, chat)

    async def taps_data(self, data: str, message: int, chat: int = 7) -> int:
        number = f"callback{len(self.callbacks)}"
        self.callbacks[number] = False
        shown = {**self.chats[chat].messages[message]}
        tap = {"id": number, "from": _person(), "chat_instance": "1", "message": shown, "data": data}
        return await self.push({"callback_query": tap})

    async def votes(self, option: str, message: int, chat: int = 7, sender: int = 7) -> int:
        """A person picks an option of a poll; the answer of the webhook, or 0 where there is none."""
        poll = self.chats[chat].messages[message]["poll"]
        place = [each["text"] for each in poll["options"]].index(option)
        assert not poll["is_closed"], "nobody can vote in a closed poll"
        voters: set[int] = self.chats[chat].voters.setdefault(message, set())
        assert sender not in voters, "a quiz takes no second vote"
        voters.add(sender)
        poll["options"][place]["voter_count"] += 1
        if poll["is_anonymous"]:
            return 0
        vote = {"poll_id": poll["id"], "user": _person(sender), "option_ids": [place]}
        return await self.push({"poll_answer": vote})

    async def stops(self, chat: int = 7) -> int:
        """A person taps the button at what is being written."""
        here = self.chats[chat]
        drawn = here.drawn
        assert here.draft, "nothing is being written"
        assert drawn is not None
        assert drawn.stops, "there is no button to stop it"
        if not drawn.keeps:
            here.drawn = None
        topic = {"message_thread_id": drawn.thread} if drawn.thread else {}
        stopped = {"chat": {"id": chat, "type": here.kind, "first_name": "Lan"}, **topic, "draft_id": drawn.number}
        return await self.push({"stopped_message_generation": stopped})

    async def edits(self, text: str, message: int, chat: int = 7) -> int:
        """A person changes what they wrote before."""
        words = self._personal(chat, text=text, edit_date=1700000100) | {"message_id": message}
        return await self.push({"edited_message": words})

    async def push(self, update: Mapping[str, Any]) -> int:
        """Something happens: it waits for `getUpdates`, or the webhook is called, whose answer is returned."""
        self._updates += 1
        self.waiting.append({"update_id": self._updates, **update})
        if self.hook:
            wanted = not self.hook_kinds or set(self.hook_kinds) & set(update)
            return await self.call_hook() if wanted else 0
        async with self._news:
            self._news.notify_all()
        return 0

    async def call_hook(self) -> int:
        """Call the webhook with the oldest update that it has not taken yet."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.hook_secret} if self.hook_secret else {}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.hook, json=self.waiting[0], headers=headers) as answer,
        ):
            if answer.ok:
                self.waiting.pop(0)
            return answer.status

    def _personal(self, chat: int, **content: Any) -> dict[str, Any]:
        kind = self.chat(chat).kind
        return {
            "message_id": self.next_message(),
            "date": 1700000000,
            "chat": {"id": chat, "type": kind},
            "from": _person(),
            **content,
        }

    async def _called(self, request: web.Request) -> web.Response:
        try:
            call = await _call(request)
            if request.match_info["token"] != self.token:
                raise Answer(401, "Unauthorized")
            self.calls.append(call)
            self.called.set()
            result = await self._answered(call)
            if call.method in self._lost:
                self._lost.remove(call.method)
                raise Answer(502, "Bad Gateway")
        except Answer as answer:
            return _refused(answer)
        return web.json_response({"ok": True, "result": result})

    async def _answered(self, call: Call) -> object:
        if (held := self._held.get(call.method)) is not None:
            await held.wait()
        for refusal in self._refusals:
            if refusal[0] == call.method:
                self._refusals.remove(refusal)
                raise refusal[1]
        match call.method:
            case "getupdates":
                return await self._getupdates(call)
            case "setwebhook":
                return self._setwebhook(call)
            case "deletewebhook":
                self.hook = ""
                self._dropped(call)
                return True
            case "getwebhookinfo":
                return {"url": self.hook, "has_custom_certificate": False, "pending_update_count": len(self.waiting)}
            case name if not name.startswith("_") and name in vars(Methods) and name not in ("keep", "next_message"):
                return getattr(self, name)(call)
            case _:
                raise Answer(404, "Not Found")

    def _setwebhook(self, call: Call) -> bool:
        url = urlsplit(call.text("url"))
        if url.scheme != "https" and url.hostname != "127.0.0.1":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        secret = call.text("secret_token")
        if len(secret) > 256 or not secret.replace("-", "").replace("_", "").isalnum():
            raise bad("secret token contains unallowed characters")
        self.hook, self.hook_secret = call.text("url"), secret
        self.hook_kinds = json.loads(call.text("allowed_updates") or "[]")
        self._dropped(call)
        return True

    def _dropped(self, call: Call) -> None:
        if call.text("drop_pending_updates").lower() == "true":
            self.waiting.clear()

    async def _getupdates(self, call: Call) -> list[dict[str, Any]]:
        if self.hook:
            raise Answer(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            )
        self.waiting = [update for update in self.waiting if update["update_id"] >= call.number("offset")]
        kinds = json.loads(call.text("allowed_updates") or "[]")
        self._listeners += 1
        me = self._listeners
        async with self._news:
            self._news.notify_all()
            await self._wait(call.number("timeout"), lambda: bool(self.waiting) or me != self._listeners)
        if me != self._listeners:
            raise Answer(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            )
        return [update for update in self.waiting if not kinds or set(kinds) & set(update)][:100]

    async def _wait(self, seconds: int, until: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait_for(until)
        except TimeoutError:
            pass

    async def _downloaded(self, request: web.Request) -> web.Response:
        for path, data in self.files.values():
            if path == request.match_info["path"] and request.match_info["token"] == self.token:
                return web.Response(body=data, content_type="application/octet-stream")
        return _refused(Answer(404, "Not Found"))


async def _call(request: web.Request) -> Call:
    """A call's parameters from its address and its form, and the files in it under the parameters that name them."""
    params, files = dict(request.query), dict[str, bytes]()
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = value.file.read()
        else:
            params[name] = value if isinstance(value, str) else bytes(value).decode()
    for name, value in params.items():
        if value.startswith("attach://"):
            files[name] = files.pop(value.removeprefix("attach://"))
    return Call(request.match_info["method"].lower(), params, files)


def _refused(answer: Answer) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": answer.code, "description": answer.description}
    if answer.parameters:
        body["parameters"] = answer.parameters
    return web.json_response(body, status=answer.code)


def _person(number: int = 7) -> dict[str, Any]:
    return {"id": number, "is_bot": False, "first_name": "Lan", "language_code": "vi"}
