"""Reads what Slack sends into events, alike from webhooks and from Socket Mode; pure, and quick enough for the webhook's hot path."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from bots.json_fields import Json, record, records
from bots.slack import files, interactive
from bots.slack.call import AppRemoved, ConversationOpened, ParsedCall
from bots.slack.json_fields import amount, inner_or_empty, moment, needed, text
from bots.slack.location import SlackLocation
from bots.slack.wording import SlackWords, asked, commanded, words
from core.errors import Malformed
from core.event import Body, Event, Joined, Said, Sender, Stopped

_EDITABLE = timedelta(hours=1)
_SPOKEN = ("", "file_share", "thread_broadcast", "me_message")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackParser:
    """Reads for one app. `key` is what its buttons are signed with, `commands` what a slash command may ask for."""

    key: bytes
    commands: Collection[str] = ()

    def body(self, body: bytes, now: datetime) -> ParsedCall:
        """A webhook call's body: JSON, or a form. Raises `Malformed` for anything that is neither."""
        if body.lstrip()[:1] == b"{":
            return self.callback(_json(body))
        try:
            form = {name: values[0] for name, values in parse_qs(body.decode(), max_num_fields=100).items()}
        except ValueError as error:
            raise Malformed("the body is no form") from error
        if "payload" in form:
            return self.interaction(_json(form["payload"]), now)
        if "command" in form:
            return self.command(form, now)
        if "ssl_check" in form:
            return ParsedCall()
        raise Malformed("the body is nothing that Slack sends")

    def envelope(self, kind: str, payload: object, now: datetime) -> ParsedCall:
        """What came by Socket Mode. Kinds that are not known give no events."""
        match kind:
            case "events_api":
                return self.callback(record(payload, "payload"))
            case "interactive":
                return self.interaction(record(payload, "payload"), now)
            case "slash_commands":
                return self.command(record(payload, "payload"), now)
            case _:
                return ParsedCall()

    def callback(self, whole: Json) -> ParsedCall:
        """An Events API payload."""
        match needed(whole, "type"):
            case "url_verification":
                return ParsedCall(challenge=needed(whole, "challenge"))
            case "event_callback":
                return self._event(whole, record(whole.get("event"), "event"))
            case _:
                return ParsedCall()

    def interaction(self, payload: Json, now: datetime) -> ParsedCall:
        return interactive.read(payload, self.key, now)

    def command(self, form: Json, now: datetime) -> ParsedCall:
        """A slash command. In a channel, the answer is for the one who asks only."""
        place = SlackLocation(team=needed(form, "team_id"), channel=needed(form, "channel_id"))
        user = needed(form, "user_id")
        if not place.direct:
            place = SlackLocation(team=place.team, channel=place.channel, only=user)
        said = asked(needed(form, "command"), text(form, "text"), self.commands)
        event = Event(
            id=f"slack:{needed(form, 'trigger_id')}",
            address=place.address,
            sender=Sender(id=f"{place.team}.{user}", name=text(form, "user_name")),
            at=now,
            body=Stopped() if said == "/stop" else Said(text=said),
        )
        return ParsedCall(events=(event,), anywhere=True)

    def _event(self, whole: Json, event: Json) -> ParsedCall:
        team, bot = _authorization(whole)
        match needed(event, "type"):
            case "message" if event.get("subtype") == "message_changed":
                return ParsedCall(events=_edited(whole, event, team, bot, self.commands))
            case "message" | "app_mention":
                return ParsedCall(events=_message(whole, event, team, bot, self.commands))
            case "agent_session_stopped":
                return ParsedCall(events=(_stopped(whole, event, team),))
            case "assistant_thread_started":
                return _thread(whole, record(event.get("assistant_thread"), "assistant_thread"), team)
            case "app_home_opened":
                return _home(event, team)
            case "app_uninstalled":
                return ParsedCall(ended=_ended(whole))
            case "tokens_revoked" if inner_or_empty(event, "tokens").get("bot"):
                return ParsedCall(ended=_ended(whole))
            case _:
                return ParsedCall()


def _message(whole: Json, event: Json, team: str, bot: str, commands: Collection[str]) -> tuple[Event, ...]:
    """The events of one message: its words, or one for each file, the words with the first."""
    user = text(event, "user")
    if not user or user in (bot, "USLACKBOT") or "bot_id" in event or text(event, "subtype") not in _SPOKEN:
        return ()
    said = words(text(event, "text"), bot)
    place, ts = _place(event, team), needed(event, "ts")
    mentioned = event.get("type") == "app_mention" or said.mentioned
    addressed = place.direct or mentioned or (bool(bot) and text(event, "parent_user_id") == bot)
    if not place.thread:
        if not addressed:
            return ()
        place = SlackLocation(team=team, channel=place.channel, thread=ts)
    if addressed and (asks := commanded(said.text, commands)) != said.text:
        said = replace(said, text=asks)
    key = f"{team}.{place.channel}.{ts}" if mentioned and not place.direct else needed(whole, "event_id")
    bodies = _bodies(event, team, said, mentioned=mentioned)
    return tuple(
        Event(
            id=f"slack:{key}" if not number else f"slack:{key}/{number}",
            address=place.address,
            sender=_sender(event, team, user),
            at=moment(ts),
            body=body,
            addressed=addressed,
            group=not place.direct,
            below=place.below,
        )
        for number, body in enumerate(bodies)
    )


def _edited(whole: Json, event: Json, team: str, bot: str, commands: Collection[str]) -> tuple[Event, ...]:
    """The new words of a message changed by its author within the hour, once for each message; pages shown in it change it too, and say nothing new.

    A mention that was added is told by `app_mention` as well, and has the same id.
    """
    message, before = record(event.get("message"), "message"), inner_or_empty(event, "previous_message")
    edited, ts = text(inner_or_empty(message, "edited"), "ts"), text(message, "ts")
    if not edited or not ts or text(message, "text") == text(before, "text"):
        return ()
    if moment(edited) - moment(ts) > _EDITABLE:
        return ()
    bare = {name: value for name, value in message.items() if name != "files"}
    found = tuple(
        replace(each, at=moment(edited))
        for each in _message(whole, bare | {"channel": needed(event, "channel")}, team, bot, commands)
        if each.addressed
    )
    mention = words(text(message, "text"), bot).mentioned and not words(text(before, "text"), bot).mentioned
    name = f"slack:{team}.{needed(event, 'channel')}.{ts}"
    fresh = mention and found and found[0].group
    if fresh:
        return tuple(replace(each, id=name) for each in found)
    return tuple(replace(each, id=f"{name}/edited", body=_changed(each.body)) for each in found)


def _changed(body: Body) -> Body:
    return replace(body, edited=True) if isinstance(body, Said) else body


def _bodies(event: Json, team: str, said: SlackWords, *, mentioned: bool) -> tuple[Body, ...]:
    shared = files.bodies(records(event, "files"), team, said.text, text(event, "ts"))
    if shared:
        return shared
    if said.text.strip().lower() == "/stop":
        return (Stopped(),)
    return (Said(text=said.text),) if said.text or mentioned else ()


def _place(event: Json, team: str) -> SlackLocation:
    """A thread's first message carries its own timestamp as the thread's, and stays outside of it."""
    thread = text(event, "thread_ts")
    return SlackLocation(
        team=team, channel=needed(event, "channel"), thread="" if thread == text(event, "ts") else thread
    )


def _sender(event: Json, team: str, user: str) -> Sender:
    profile = inner_or_empty(event, "user_profile")
    name = text(profile, "display_name") or text(profile, "real_name") or text(profile, "name")
    return Sender(id=f"{team}.{user}", name=name)


def _stopped(whole: Json, event: Json, team: str) -> Event:
    place = SlackLocation(team=team, channel=needed(event, "channel"), thread=text(event, "thread_ts"))
    return Event(
        id=f"slack:{needed(whole, 'event_id')}",
        address=place.address,
        sender=Sender(id=f"{team}.{needed(event, 'user')}"),
        at=moment(needed(event, "event_ts")),
        body=Stopped(),
        group=not place.direct,
        below=place.below,
    )


def _thread(whole: Json, thread: Json, team: str) -> ParsedCall:
    """Someone opened a new thread with the assistant: suggestions are shown, and nothing is said yet."""
    place = SlackLocation(team=team, channel=needed(thread, "channel_id"), thread=needed(thread, "thread_ts"))
    return ParsedCall(
        opened=ConversationOpened(place=place, user=needed(thread, "user_id"), key=needed(whole, "event_id"))
    )


def _home(event: Json, team: str) -> ParsedCall:
    """Whoever opens the conversation for the first time is greeted; the inbox knows who has been."""
    user, channel = needed(event, "user"), text(event, "channel")
    if text(event, "tab") == "home":
        return ParsedCall(
            opened=ConversationOpened(place=SlackLocation(team=team, channel=channel or user), user=user, home=True)
        )
    if not channel:
        return ParsedCall()
    place = SlackLocation(team=team, channel=channel)
    joined = Event(
        id=f"slack:joined:{team}.{user}",
        address=place.address,
        sender=Sender(id=f"{team}.{user}"),
        at=moment(needed(event, "event_ts")),
        body=Joined(),
    )
    return ParsedCall(events=(joined,), opened=ConversationOpened(place=place, user=user))


def _ended(whole: Json) -> AppRemoved:
    """Whose app it was is told beside the event, as nobody's authorization is left; when, in whole seconds, of which this is the end."""
    return AppRemoved(team=needed(whole, "team_id"), at=moment(str(amount(whole, "event_time") + 1)))


def _authorization(whole: Json) -> tuple[str, str]:
    """The workspace that the app is installed in, and the bot's user id or nothing."""
    granted = records(whole, "authorizations")
    first = granted[0] if granted else {}
    bot = text(first, "user_id") if first.get("is_bot") is True else ""
    return text(first, "team_id") or needed(whole, "team_id"), bot


def _json(body: bytes | str) -> Json:
    try:
        return record(json.loads(body), "the body")
    except (ValueError, RecursionError) as error:
        raise Malformed("the body is no JSON") from error
