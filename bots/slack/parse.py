"""Parses webhook calls and Socket Mode envelopes into the same events; pure, and fast enough for the webhook's hot path."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from bots.json_fields import Json, record, records
from bots.slack import files, interactive
from bots.slack.call import AppRemoved, ConversationOpened, ParsedCall
from bots.slack.json_fields import count_or_zero, inner_or_empty, parse_timestamp, required_text, text
from bots.slack.location import SlackLocation
from bots.slack.wording import SlackText, message_command_text, message_text, slash_command_text
from core.errors import Malformed
from core.event import Body, Event, Joined, Said, Sender, Stopped

_EDIT_WINDOW = timedelta(hours=1)
_USER_SUBTYPES = ("", "file_share", "thread_broadcast", "me_message")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackParser:
    """Parses for one app. `key` signs its buttons; `commands` are the names of its commands."""

    key: bytes
    commands: Collection[str] = ()

    def body(self, body: bytes, now: datetime) -> ParsedCall:
        """Parse the body of a webhook call, which is JSON or form-encoded. Raises `Malformed` for anything else."""
        if body.lstrip()[:1] == b"{":
            return self.callback(_json(body))
        try:
            form = {name: values[0] for name, values in parse_qs(body.decode(), max_num_fields=100).items()}
        except ValueError as error:
            raise Malformed("the body is not form-encoded") from error
        if "payload" in form:
            return self.interaction(_json(form["payload"]), now)
        if "command" in form:
            return self.command(form, now)
        if "ssl_check" in form:
            return ParsedCall()
        raise Malformed("the body is not a call of Slack")

    def envelope(self, kind: str, payload: object, now: datetime) -> ParsedCall:
        """Parse a Socket Mode envelope. Unknown kinds give no events."""
        match kind:
            case "events_api":
                return self.callback(record(payload, "payload"))
            case "interactive":
                return self.interaction(record(payload, "payload"), now)
            case "slash_commands":
                return self.command(record(payload, "payload"), now)
            case _:
                return ParsedCall()

    def callback(self, payload: Json) -> ParsedCall:
        """Parse an Events API payload."""
        match required_text(payload, "type"):
            case "url_verification":
                return ParsedCall(challenge=required_text(payload, "challenge"))
            case "event_callback":
                return self._event(payload, record(payload.get("event"), "event"))
            case _:
                return ParsedCall()

    def interaction(self, payload: Json, now: datetime) -> ParsedCall:
        return interactive.read(payload, self.key, now)

    def command(self, form: Json, now: datetime) -> ParsedCall:
        """Parse a slash command; in a channel it belongs to the sender's private conversation."""
        location = SlackLocation(team=required_text(form, "team_id"), channel=required_text(form, "channel_id"))
        user = required_text(form, "user_id")
        if not location.direct:
            location = SlackLocation(team=location.team, channel=location.channel, private_to=user)
        said = slash_command_text(required_text(form, "command"), text(form, "text"), self.commands)
        event = Event(
            id=f"slack:{required_text(form, 'trigger_id')}",
            address=location.address,
            sender=Sender(id=f"{location.team}.{user}", name=text(form, "user_name")),
            at=now,
            body=Stopped() if said == "/stop" else Said(text=said),
        )
        return ParsedCall(events=(event,), from_any_channel=True)

    def _event(self, payload: Json, event: Json) -> ParsedCall:
        team, bot = _authorization(payload)
        match required_text(event, "type"):
            case "message" if event.get("subtype") == "message_changed":
                return ParsedCall(events=_edited(payload, event, team, bot, self.commands))
            case "message" | "app_mention":
                return ParsedCall(events=_message(payload, event, team, bot, self.commands))
            case "agent_session_stopped":
                return ParsedCall(events=(_stopped(payload, event, team),))
            case "assistant_thread_started":
                return _thread_started(payload, record(event.get("assistant_thread"), "assistant_thread"), team)
            case "app_home_opened":
                return _home_opened(event, team)
            case "app_uninstalled":
                return ParsedCall(app_removed=_app_removed(payload))
            case "tokens_revoked" if inner_or_empty(event, "tokens").get("bot"):
                return ParsedCall(app_removed=_app_removed(payload))
            case _:
                return ParsedCall()


def _message(payload: Json, event: Json, team: str, bot: str, commands: Collection[str]) -> tuple[Event, ...]:
    """Return one event for the text or one for each file; none for bots and for channel messages outside of threads that do not address the app."""
    user = text(event, "user")
    if not user or user in (bot, "USLACKBOT") or "bot_id" in event or text(event, "subtype") not in _USER_SUBTYPES:
        return ()
    said = message_text(text(event, "text"), bot)
    location, ts = _location(event, team), required_text(event, "ts")
    mentioned = event.get("type") == "app_mention" or said.mentioned
    addressed = location.direct or mentioned or (bool(bot) and text(event, "parent_user_id") == bot)
    if not location.thread:
        if not addressed:
            return ()
        location = SlackLocation(team=team, channel=location.channel, thread=ts)
    if addressed and (command := message_command_text(said.text, commands)) != said.text:
        said = replace(said, text=command)
    key = f"{team}.{location.channel}.{ts}" if mentioned and not location.direct else required_text(payload, "event_id")
    bodies = _bodies(event, team, said, mentioned=mentioned)
    return tuple(
        Event(
            id=f"slack:{key}" if not number else f"slack:{key}/{number}",
            address=location.address,
            sender=_sender(event, team, user),
            at=parse_timestamp(ts),
            body=body,
            addressed=addressed,
            group=not location.direct,
            reply_thread=location.display_thread,
            message_id=ts,
        )
        for number, body in enumerate(bodies)
    )


def _edited(payload: Json, event: Json, team: str, bot: str, commands: Collection[str]) -> tuple[Event, ...]:
    """Return an event for a text edited within an hour; later edits have the same event id, so only the first is answered.

    Link previews also change a message, but not its text. Slack reports an added mention by `app_mention` too, so that
    event has the id of a new mention.
    """
    message, before = record(event.get("message"), "message"), inner_or_empty(event, "previous_message")
    edited, ts = text(inner_or_empty(message, "edited"), "ts"), text(message, "ts")
    if not edited or not ts or text(message, "text") == text(before, "text"):
        return ()
    if parse_timestamp(edited) - parse_timestamp(ts) > _EDIT_WINDOW:
        return ()
    without_files = {name: value for name, value in message.items() if name != "files"}
    events = tuple(
        replace(each, at=parse_timestamp(edited))
        for each in _message(payload, without_files | {"channel": required_text(event, "channel")}, team, bot, commands)
        if each.addressed
    )
    mention_added = (
        message_text(text(message, "text"), bot).mentioned and not message_text(text(before, "text"), bot).mentioned
    )
    event_id = f"slack:{team}.{required_text(event, 'channel')}.{ts}"
    newly_mentioned = mention_added and events and events[0].group
    if newly_mentioned:
        return tuple(replace(each, id=event_id) for each in events)
    return tuple(replace(each, id=f"{event_id}/edited", body=_as_edited(each.body)) for each in events)


def _as_edited(body: Body) -> Body:
    return replace(body, edited=True) if isinstance(body, Said) else body


def _bodies(event: Json, team: str, said: SlackText, *, mentioned: bool) -> tuple[Body, ...]:
    shared = files.bodies(records(event, "files"), team, said.text, text(event, "ts"))
    if shared:
        return shared
    if said.text.strip().lower() == "/stop":
        return (Stopped(),)
    return (Said(text=said.text),) if said.text or mentioned else ()


def _location(event: Json, team: str) -> SlackLocation:
    """Return the location; a thread's first message, whose `thread_ts` is its own, is not in the thread."""
    thread = text(event, "thread_ts")
    return SlackLocation(
        team=team, channel=required_text(event, "channel"), thread="" if thread == text(event, "ts") else thread
    )


def _sender(event: Json, team: str, user: str) -> Sender:
    profile = inner_or_empty(event, "user_profile")
    name = text(profile, "display_name") or text(profile, "real_name") or text(profile, "name")
    return Sender(id=f"{team}.{user}", name=name)


def _stopped(payload: Json, event: Json, team: str) -> Event:
    location = SlackLocation(team=team, channel=required_text(event, "channel"), thread=text(event, "thread_ts"))
    return Event(
        id=f"slack:{required_text(payload, 'event_id')}",
        address=location.address,
        sender=Sender(id=f"{team}.{required_text(event, 'user')}"),
        at=parse_timestamp(required_text(event, "event_ts")),
        body=Stopped(),
        group=not location.direct,
        reply_thread=location.display_thread,
    )


def _thread_started(payload: Json, thread: Json, team: str) -> ParsedCall:
    """Parse the opening of a new thread, which gets suggestions but is not an event."""
    location = SlackLocation(
        team=team, channel=required_text(thread, "channel_id"), thread=required_text(thread, "thread_ts")
    )
    return ParsedCall(
        opened=ConversationOpened(
            location=location, user=required_text(thread, "user_id"), key=required_text(payload, "event_id")
        )
    )


def _home_opened(event: Json, team: str) -> ParsedCall:
    """Parse the opening of the home or messages tab; the latter gives a `Joined` with a fixed id per person, stored once."""
    user, channel = required_text(event, "user"), text(event, "channel")
    if text(event, "tab") == "home":
        return ParsedCall(
            opened=ConversationOpened(
                location=SlackLocation(team=team, channel=channel or user), user=user, home_tab=True
            )
        )
    if not channel:
        return ParsedCall()
    location = SlackLocation(team=team, channel=channel)
    joined = Event(
        id=f"slack:joined:{team}.{user}",
        address=location.address,
        sender=Sender(id=f"{team}.{user}"),
        at=parse_timestamp(required_text(event, "event_ts")),
        body=Joined(),
    )
    return ParsedCall(events=(joined,), opened=ConversationOpened(location=location, user=user))


def _app_removed(payload: Json) -> AppRemoved:
    """Return the removal; the team is in the payload, as no authorization is left. Its time, in whole seconds, is rounded up."""
    return AppRemoved(
        team=required_text(payload, "team_id"), at=parse_timestamp(str(count_or_zero(payload, "event_time") + 1))
    )


def _authorization(payload: Json) -> tuple[str, str]:
    """Return the workspace in which the app is installed, and the bot's user id or an empty string."""
    authorizations = records(payload, "authorizations")
    first = authorizations[0] if authorizations else {}
    bot = text(first, "user_id") if first.get("is_bot") is True else ""
    return text(first, "team_id") or required_text(payload, "team_id"), bot


def _json(body: bytes | str) -> Json:
    try:
        return record(json.loads(body), "the body")
    except (ValueError, RecursionError) as error:
        raise Malformed("the body is not JSON") from error
