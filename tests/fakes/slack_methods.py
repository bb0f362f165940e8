"""The Web API's methods, on channels in memory."""

from collections.abc import Callable
from typing import Any

from tests.fakes import slack_rules as rules
from tests.fakes.slack_oauth import Workspaces
from tests.fakes.slack_rules import Answer, MessageRate
from tests.fakes.slack_screen import SlackChat

Call = dict[str, Any]


class SlackMethods:
    """The methods an app can call; each is named after Slack's with `_` for the dots.

    `pending_scans` is how many calls of `files.info` a file still looks unscanned.
    """

    def __init__(self) -> None:
        self.channels: dict[str, SlackChat] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.views: dict[str, dict[str, Any]] = {}
        self.opened_forms: list[dict[str, Any]] = []
        self.triggers: dict[str, float] = {}
        self.shared: dict[str, str] = {}
        self.pending_scans: dict[str, int] = {}
        self.pace: MessageRate | None = None
        self.time: Callable[[], float] = lambda: 0.0
        self.workspaces = Workspaces()
        self.locales: dict[str, str] = {}
        self.url = ""
        self._ts_count = 0

    def channel(self, number: str = "D1") -> SlackChat:
        """Return a channel that the app can write to, creating it if necessary; ids with D are direct conversations."""
        return self.channels.setdefault(number, SlackChat(id=number))

    def next_ts(self) -> str:
        self._ts_count += 1
        return f"1700000000.{self._ts_count:06d}"

    def method(self, name: str) -> Callable[[Call], dict[str, Any]]:
        found = vars(SlackMethods).get(name.replace(".", "_"))
        if "." not in name or found is None:
            raise Answer("unknown_method")
        return lambda call: found(self, call)

    def _channel(self, call: Call, name: str = "channel") -> SlackChat:
        channel = self.channels.get(call.get(name, ""))
        if channel is None:
            raise Answer("channel_not_found")
        if channel.refusal:
            raise Answer(channel.refusal)
        return channel

    def trigger(self, number: str) -> None:
        """Issue a trigger id, with which a form can be opened."""
        self.triggers[number] = self.time()

    def press_stop(self, number: str, thread: str) -> None:
        """Press the stop button: the thread's stream accepts nothing more."""
        for message in self.channels[number].messages.values():
            if message["thread_ts"] == thread and message.get("streaming"):
                message.update(streaming=False, stopped=True)

    def _message(self, call: Call) -> dict[str, Any]:
        message = self._channel(call).messages.get(call.get("ts", ""))
        if message is None:
            raise Answer("message_not_found")
        return message

    def _writable_channel(self, call: Call) -> SlackChat:
        """Return a channel that the app is a member of."""
        channel = self._channel(call)
        if not channel.member:
            raise Answer("not_in_channel")
        return channel

    def _post(self, call: Call, **content: Any) -> dict[str, Any]:
        channel, ts = self._writable_channel(call), self.next_ts()
        if self.pace is not None:
            self.pace.record(channel.id)
        channel.statuses.pop(call.get("thread_ts", ""), None)
        channel.messages[ts] = {"ts": ts, "thread_ts": call.get("thread_ts", ""), **content}
        return {"channel": channel.id, "ts": ts, "message": channel.messages[ts]}

    def auth_test(self, call: Call) -> dict[str, Any]:
        return {"user": "sona", "team": "Lipu", "user_id": "UBOT", "team_id": call["team_of_token"]}

    def auth_revoke(self, call: Call) -> dict[str, Any]:
        return {"revoked": True}

    def oauth_v2_access(self, call: Call) -> dict[str, Any]:
        return self.workspaces.access(call)

    def users_info(self, call: Call) -> dict[str, Any]:
        """Return a user, with the locale only if requested."""
        user = call.get("user", "")
        if not user.startswith("U"):
            raise Answer("user_not_found")
        locale = (
            {"locale": self.locales.get(user, "en-US")} if call.get("include_locale") in (True, "1", "true") else {}
        )
        return {"user": {"id": user, "name": "lan", **locale}}

    def chat_postMessage(self, call: Call) -> dict[str, Any]:
        rules.check_message(call)
        self._check_pictures(call)
        return self._post(call, text=call.get("text", ""), blocks=call.get("blocks") or [])

    def _check_pictures(self, call: Call) -> None:
        """Check that pictures referenced by id are uploaded, scanned, and png, jpg or gif."""
        for block in call.get("blocks") or []:
            if "slack_file" in block:
                name, data = self.files.get(block["slack_file"].get("id", ""), ("", b""))
                if self.pending_scans.get(block["slack_file"].get("id", ""), 0) > 0:
                    raise Answer("invalid_blocks")
                if not data or name.rpartition(".")[2] not in ("png", "jpg", "jpeg", "gif"):
                    raise Answer("invalid_blocks")

    def chat_postEphemeral(self, call: Call) -> dict[str, Any]:
        rules.check_message(call)
        channel = self._writable_channel(call)
        if not call.get("user"):
            raise Answer("user_not_in_channel")
        channel.ephemeral.append({**call, "ts": self.next_ts()})
        return {"message_ts": channel.ephemeral[-1]["ts"]}

    def chat_update(self, call: Call) -> dict[str, Any]:
        message = self._message(call)
        if message.get("streaming"):
            raise Answer("streaming_state_conflict")
        rules.check_message(call, rules.UPDATE_LIMIT)
        message.update(text=call.get("text", ""), blocks=call.get("blocks") or [], streamed="")
        return {"channel": call["channel"], "ts": call["ts"]}

    def chat_delete(self, call: Call) -> dict[str, Any]:
        self._message(call)
        del self._channel(call).messages[call["ts"]]
        return {}

    def chat_startStream(self, call: Call) -> dict[str, Any]:
        channel, words = self._channel(call), rules.chunk_text(call)
        if not call.get("thread_ts"):
            raise Answer("invalid_arguments")
        if not channel.id.startswith("D") and not call.get("recipient_user_id"):
            raise Answer("missing_recipient_user_id")
        if not channel.id.startswith("D") and not call.get("recipient_team_id"):
            raise Answer("missing_recipient_team_id")
        tasks = [chunk for chunk in call.get("chunks") or [] if chunk["type"] == "task_update"]
        return self._post(call, text="", blocks=[], streamed=words, streaming=True, tasks=tasks, began=self.time())

    def _stream(self, call: Call) -> dict[str, Any]:
        message = self._message(call)
        if message.get("streaming") and self.time() - message["began"] > rules.STREAM_SECONDS:
            message["streaming"] = False
        if not message.get("streaming"):
            raise Answer("message_not_in_streaming_state")
        rules.chunk_text(call)
        message["streamed"] += rules.chunk_text(call)
        message["tasks"] += [chunk for chunk in call.get("chunks") or [] if chunk["type"] == "task_update"]
        return message

    def chat_appendStream(self, call: Call) -> dict[str, Any]:
        if not call.get("chunks"):
            raise Answer("no_text")
        if self._message(call).get("stopped"):
            raise Answer("stopped_by_user")
        return {"ts": self._stream(call)["ts"]}

    def chat_stopStream(self, call: Call) -> dict[str, Any]:
        message = self._stream(call)
        message["streaming"] = False
        if call.get("session_status"):
            self._channel(call).sessions[message["thread_ts"]] = call["session_status"]
        return {"ts": message["ts"]}

    def agents_sessions_setStatus(self, call: Call) -> dict[str, Any]:
        channel = self._channel(call, "channel_id")
        if call.get("status") not in ("active", "processing", "suspended", "closed"):
            raise Answer("invalid_status")
        if not call.get("thread_ts"):
            raise Answer("thread_ts_required")
        if len(call.get("title", "")) > 200:
            raise Answer("invalid_arguments")
        if call.get("title") and call["thread_ts"] not in channel.sessions:
            channel.titles[call["thread_ts"]] = call["title"]
        channel.sessions[call["thread_ts"]] = call["status"]
        return {"status": call["status"]}

    def assistant_threads_setStatus(self, call: Call) -> dict[str, Any]:
        self._channel(call, "channel_id").statuses[_thread_ts(call)] = call["status"]
        return {}

    def assistant_threads_setTitle(self, call: Call) -> dict[str, Any]:
        self._channel(call, "channel_id").titles[_thread_ts(call)] = call["title"]
        return {}

    def assistant_threads_setSuggestedPrompts(self, call: Call) -> dict[str, Any]:
        prompts = call.get("prompts") or []
        if not 0 < len(prompts) <= 4 or not all(prompt["title"] and prompt["message"] for prompt in prompts):
            raise Answer("invalid_arguments")
        channel = self._channel(call, "channel_id")
        if not call.get("thread_ts"):
            channel.prompts = prompts
        return {}

    def conversations_open(self, call: Call) -> dict[str, Any]:
        if not call.get("users", "").startswith("U"):
            raise Answer("user_not_found")
        return {"channel": {"id": self.channel(f"D{call['users'].removeprefix('U')}").id}}

    def views_publish(self, call: Call) -> dict[str, Any]:
        rules.check_view(call["view"])
        self.views[call["user_id"]] = call["view"]
        return {}

    def views_open(self, call: Call) -> dict[str, Any]:
        rules.check_view(call["view"])
        if self.time() - self.triggers.pop(call["trigger_id"], -rules.TRIGGER_SECONDS * 2) > rules.TRIGGER_SECONDS:
            raise Answer("expired_trigger_id")
        self.opened_forms.append(call["view"])
        return {}

    def files_getUploadURLExternal(self, call: Call) -> dict[str, Any]:
        if not call.get("filename") or int(call.get("length", 0)) <= 0:
            raise Answer("invalid_arguments")
        file_id = f"F{len(self.files) + 1}"
        self.files[file_id] = (call["filename"], b"")
        return {"upload_url": f"{self.url}/upload/{file_id}", "file_id": file_id}

    def files_completeUploadExternal(self, call: Call) -> dict[str, Any]:
        for file in call["files"]:
            if not self.files.get(file["id"], ("", b""))[1]:
                raise Answer("file_not_found")
            if call.get("channel_id"):
                self._post(
                    {**call, "channel": call["channel_id"]}, text=call.get("initial_comment", ""), file=file["id"]
                )
            self.shared[file["id"]] = call.get("channel_id", "")
        return {"files": call["files"]}

    def files_info(self, call: Call) -> dict[str, Any]:
        """Return a file; its type and shares are missing while its scan is pending."""
        file_id = call.get("file", "")
        if file_id not in self.files:
            raise Answer("file_not_found")
        self.pending_scans[file_id] = self.pending_scans.get(file_id, 0) - 1
        if self.pending_scans[file_id] >= 0:
            return {"file": {"id": file_id, "mimetype": "", "shares": {}}}
        channel = self.shared.get(file_id, "")
        shares = {"private": {channel: [{"ts": "1.1"}]}} if channel else {}
        return {"file": {"id": file_id, "mimetype": "image/png", "shares": shares}}


def _thread_ts(call: Call) -> str:
    if not call.get("thread_ts"):
        raise Answer("invalid_thread_ts")
    return str(call["thread_ts"])
