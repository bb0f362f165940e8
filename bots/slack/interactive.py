"""Reads taps, shortcuts and forms; pure."""

from datetime import datetime

from bots.json_fields import Json, record, records
from bots.slack import signed_value
from bots.slack.call import FormRequest, ParsedCall
from bots.slack.json_fields import inner_or_empty, needed, text
from bots.slack.location import SlackLocation
from bots.slack.render import BAD, GOOD, WRITE
from bots.slack.wording import words
from core.address import Address
from core.errors import Malformed
from core.event import Body, Event, Rated, Said, Sender, Tapped

ASK = "ask"
HOME = "home:"
AT = "at:"
QUESTION = "question"


def read(payload: Json, key: bytes, now: datetime) -> ParsedCall:
    """An interactivity payload; kinds that are not known give no events."""
    match needed(payload, "type"):
        case "block_actions":
            return _taps(payload, key, now)
        case "message_action":
            return ParsedCall(events=_about(payload, now), anywhere=True)
        case "shortcut":
            return _shortcut(payload)
        case "view_submission":
            return ParsedCall(events=_form(payload, key, now))
        case _:
            return ParsedCall()


def _taps(payload: Json, key: bytes, now: datetime) -> ParsedCall:
    """What was tapped first of what was made here for the conversation it stands in."""
    for action in records(payload, "actions"):
        place = _place(payload, action)
        value = text(action, "value") or text(inner_or_empty(action, "selected_option"), "value")
        choice = signed_value.decode(value, place.address, key) if place else None
        if place is None or choice is None:
            continue
        if choice == WRITE and text(action, "action_id") == WRITE:
            return ParsedCall(asked=_written(payload, place, text(inner_or_empty(action, "text"), "text")))
        of = text(inner_or_empty(payload, "container"), "message_ts")
        body = Rated(good=choice == GOOD, of=of) if choice in (GOOD, BAD) else Tapped(choice=choice, of=of)
        return ParsedCall(events=(_event(payload, place, body, now),))
    return ParsedCall()


def _written(payload: Json, place: SlackLocation, label: str) -> FormRequest:
    """A question that is answered in a form."""
    user = needed(inner_or_empty(payload, "user"), "id")
    return FormRequest(team=place.team, user=user, trigger=needed(payload, "trigger_id"), place=place, label=label)


def _place(payload: Json, action: Json) -> SlackLocation | None:
    """Where a button stands: in a message, in one that only the tapper sees, or in what names its conversation (the home tab, an answer from elsewhere)."""
    team = _team(payload)
    container = inner_or_empty(payload, "container")
    block = text(action, "block_id")
    if block.startswith(AT):
        return _elsewhere(block.removeprefix(AT), team, needed(inner_or_empty(payload, "user"), "id"))
    if text(container, "type") == "view":
        return (
            SlackLocation(team=team, channel=block.removeprefix(HOME).partition(":")[0])
            if block.startswith(HOME)
            else None
        )
    channel = text(inner_or_empty(payload, "channel"), "id") or text(container, "channel_id")
    if not channel:
        return None
    if container.get("is_ephemeral") is True:
        return SlackLocation(team=team, channel=channel, only=needed(inner_or_empty(payload, "user"), "id"))
    thread = text(inner_or_empty(payload, "message"), "thread_ts") or text(container, "thread_ts")
    return SlackLocation(team=team, channel=channel, thread="" if thread == text(container, "message_ts") else thread)


def _elsewhere(address: str, team: str, user: str) -> SlackLocation | None:
    """A conversation that is the tapper's alone."""
    try:
        place = SlackLocation.of(Address.parse(address))
    except ValueError:
        return None
    return place if (place.team, place.only) == (team, user) else None


def _about(payload: Json, now: datetime) -> tuple[Event, ...]:
    """A message that someone wants explained: the answer is for them only."""
    said = words(text(inner_or_empty(payload, "message"), "text"), "").text
    place = SlackLocation(team=_team(payload), channel=needed(inner_or_empty(payload, "channel"), "id"))
    if not place.direct:
        place = SlackLocation(
            team=place.team, channel=place.channel, only=needed(inner_or_empty(payload, "user"), "id")
        )
    return (_event(payload, place, Said(text=said), now),) if said else ()


def _shortcut(payload: Json) -> ParsedCall:
    if text(payload, "callback_id") != ASK:
        return ParsedCall()
    user = needed(inner_or_empty(payload, "user"), "id")
    return ParsedCall(asked=FormRequest(team=_team(payload), user=user, trigger=needed(payload, "trigger_id")))


def _form(payload: Json, key: bytes, now: datetime) -> tuple[Event, ...]:
    """The form for a question, filled in; its metadata names the conversation, signed."""
    view = record(payload.get("view"), "view")
    if text(view, "callback_id") != ASK:
        return ()
    given, _, address = text(view, "private_metadata").partition(" ")
    address, _, below = address.partition(" ")
    place = _signed_place(given, address, key)
    values = inner_or_empty(inner_or_empty(inner_or_empty(view, "state"), "values"), QUESTION)
    said = text(inner_or_empty(values, QUESTION), "value").strip()
    if place is None or place.team != _team(payload) or not said:
        return ()
    event = _event(payload, place.under(below), Said(text=said), now, key=needed(view, "id"))
    return (event,)


def _signed_place(given: str, address: str, key: bytes) -> SlackLocation | None:
    try:
        found = Address.parse(address)
    except ValueError:
        return None
    return SlackLocation.of(found) if signed_value.decode(given, found, key) == ASK else None


def _team(payload: Json) -> str:
    team = text(inner_or_empty(payload, "team"), "id") or text(inner_or_empty(payload, "user"), "team_id")
    if not team:
        raise Malformed("an interaction needs its workspace")
    return team


def _event(payload: Json, place: SlackLocation, body: Body, now: datetime, *, key: str = "") -> Event:
    user = record(payload.get("user"), "user")
    return Event(
        id=f"slack:{key or needed(payload, 'trigger_id')}",
        address=place.address,
        sender=Sender(id=f"{place.team}.{needed(user, 'id')}", name=text(user, "name") or text(user, "username")),
        at=now,
        body=body,
        group=not place.direct and not place.only,
        below=place.below,
    )
