"""Parses interactivity payloads: button presses, shortcuts and submitted forms; pure."""

from datetime import datetime

from bots.json_fields import Json, record, records
from bots.slack import signed_value
from bots.slack.call import FormRequest, ParsedCall
from bots.slack.json_fields import inner_or_empty, required_text, text
from bots.slack.location import SlackLocation
from bots.slack.render import BAD, GOOD, WRITE
from bots.slack.wording import message_text
from core.address import Address
from core.errors import Malformed
from core.event import Body, Event, Rated, Said, Sender, Tapped

ASK = "ask"
HOME = "home:"
ANSWERED_AT = "at:"
QUESTION = "question"


def read(payload: Json, key: bytes, now: datetime) -> ParsedCall:
    """Parse an interactivity payload; unknown types give no events."""
    match required_text(payload, "type"):
        case "block_actions":
            return _block_actions(payload, key, now)
        case "message_action":
            return ParsedCall(events=_message_shortcut(payload, now), from_any_channel=True)
        case "shortcut":
            return _global_shortcut(payload)
        case "view_submission":
            return ParsedCall(events=_submitted_form(payload, key, now))
        case _:
            return ParsedCall()


def _block_actions(payload: Json, key: bytes, now: datetime) -> ParsedCall:
    """Parse the first action whose value is validly signed for its conversation."""
    for action in records(payload, "actions"):
        location = _location(payload, action)
        value = text(action, "value") or text(inner_or_empty(action, "selected_option"), "value")
        choice = signed_value.decode(value, location.address, key) if location else None
        if location is None or choice is None:
            continue
        if choice == WRITE and text(action, "action_id") == WRITE:
            return ParsedCall(
                form_request=_form_request(payload, location, text(inner_or_empty(action, "text"), "text"))
            )
        of = text(inner_or_empty(payload, "container"), "message_ts")
        body = Rated(good=choice == GOOD, of=of) if choice in (GOOD, BAD) else Tapped(choice=choice, of=of)
        return ParsedCall(events=(_event(payload, location, body, now),))
    return ParsedCall()


def _form_request(payload: Json, location: SlackLocation, label: str) -> FormRequest:
    """Return a request for the form that answers a question."""
    user = required_text(inner_or_empty(payload, "user"), "id")
    return FormRequest(
        team=location.team, user=user, trigger_id=required_text(payload, "trigger_id"), location=location, label=label
    )


def _location(payload: Json, action: Json) -> SlackLocation | None:
    """Return the conversation a button belongs to.

    A block id names it in the home tab and in answers sent to the direct conversation instead of a channel; otherwise it
    is the message's, which may be ephemeral.
    """
    team = _team(payload)
    container = inner_or_empty(payload, "container")
    block = text(action, "block_id")
    if block.startswith(ANSWERED_AT):
        return _private_location(
            block.removeprefix(ANSWERED_AT), team, required_text(inner_or_empty(payload, "user"), "id")
        )
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
        return SlackLocation(
            team=team, channel=channel, private_to=required_text(inner_or_empty(payload, "user"), "id")
        )
    thread = text(inner_or_empty(payload, "message"), "thread_ts") or text(container, "thread_ts")
    return SlackLocation(team=team, channel=channel, thread="" if thread == text(container, "message_ts") else thread)


def _private_location(address: str, team: str, user: str) -> SlackLocation | None:
    """Return a private conversation if it is the user's own."""
    try:
        location = SlackLocation.of(Address.parse(address))
    except ValueError:
        return None
    return location if (location.team, location.private_to) == (team, user) else None


def _message_shortcut(payload: Json, now: datetime) -> tuple[Event, ...]:
    """Return a message's text as if the user had said it; in a channel, in their private conversation."""
    said = message_text(text(inner_or_empty(payload, "message"), "text"), "").text
    location = SlackLocation(team=_team(payload), channel=required_text(inner_or_empty(payload, "channel"), "id"))
    if not location.direct:
        location = SlackLocation(
            team=location.team,
            channel=location.channel,
            private_to=required_text(inner_or_empty(payload, "user"), "id"),
        )
    return (_event(payload, location, Said(text=said), now),) if said else ()


def _global_shortcut(payload: Json) -> ParsedCall:
    if text(payload, "callback_id") != ASK:
        return ParsedCall()
    user = required_text(inner_or_empty(payload, "user"), "id")
    return ParsedCall(
        form_request=FormRequest(team=_team(payload), user=user, trigger_id=required_text(payload, "trigger_id"))
    )


def _submitted_form(payload: Json, key: bytes, now: datetime) -> tuple[Event, ...]:
    """Return the text of a submitted form, in the conversation that its metadata names with a signature."""
    view = record(payload.get("view"), "view")
    if text(view, "callback_id") != ASK:
        return ()
    signed, _, address = text(view, "private_metadata").partition(" ")
    address, _, thread = address.partition(" ")
    location = _signed_location(signed, address, key)
    values = inner_or_empty(inner_or_empty(inner_or_empty(view, "state"), "values"), QUESTION)
    said = text(inner_or_empty(values, QUESTION), "value").strip()
    if location is None or location.team != _team(payload) or not said:
        return ()
    event = _event(payload, location.in_thread(thread), Said(text=said), now, key=required_text(view, "id"))
    return (event,)


def _signed_location(signed: str, address: str, key: bytes) -> SlackLocation | None:
    try:
        parsed = Address.parse(address)
    except ValueError:
        return None
    return SlackLocation.of(parsed) if signed_value.decode(signed, parsed, key) == ASK else None


def _team(payload: Json) -> str:
    team = text(inner_or_empty(payload, "team"), "id") or text(inner_or_empty(payload, "user"), "team_id")
    if not team:
        raise Malformed("an interaction needs a workspace")
    return team


def _event(payload: Json, location: SlackLocation, body: Body, now: datetime, *, key: str = "") -> Event:
    user = record(payload.get("user"), "user")
    return Event(
        id=f"slack:{key or required_text(payload, 'trigger_id')}",
        address=location.address,
        sender=Sender(
            id=f"{location.team}.{required_text(user, 'id')}", name=text(user, "name") or text(user, "username")
        ),
        at=now,
        body=body,
        group=not location.direct and not location.private_to,
        reply_thread=location.display_thread,
    )
