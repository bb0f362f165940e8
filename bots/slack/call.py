"""The parsed content of a webhook call or Socket Mode envelope."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from bots.slack.location import SlackLocation
from core.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationOpened:
    """A person opened the conversation, a new thread or the home tab, which the app fills."""

    location: SlackLocation
    user: str
    key: str = ""
    home_tab: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRequest:
    """A person asked for a form; `trigger_id` opens it within three seconds.

    `location` is the conversation that the submission belongs to, by default the person's direct one; `label` is the
    label of the text field, by default a question to Sona.
    """

    team: str
    user: str
    trigger_id: str
    location: SlackLocation | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRemoved:
    """A workspace removed the app or revoked its token at this time."""

    team: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedCall:
    """`challenge` is the response to a URL verification. `app_removed` is applied before the call is acknowledged;
    `opened` and `form_request` are answered after the events are stored.

    `from_any_channel` says that Slack sends such calls from every conversation, also without the bot as a member.
    """

    events: tuple[Event, ...] = ()
    challenge: str = ""
    opened: ConversationOpened | None = None
    form_request: FormRequest | None = None
    app_removed: AppRemoved | None = None
    from_any_channel: bool = False


class CallEvents(tuple[Event, ...]):
    """The events of one call with its other content, so that concurrent calls are not mixed up."""

    call: ParsedCall

    def __new__(cls, events: Iterable[Event], call: ParsedCall) -> Self:
        made = super().__new__(cls, events)
        made.call = call
        return made


def call_of(events: tuple[Event, ...]) -> ParsedCall:
    """Return the call that the events came with."""
    return events.call if isinstance(events, CallEvents) else ParsedCall(events=events)
