"""What a call from Slack says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from bots.slack.location import SlackLocation
from core.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationOpened:
    """A person opened a thread, the conversation or the home tab, which is to be filled."""

    location: SlackLocation
    user: str
    key: str = ""
    home_tab: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRequest:
    """A person wants a form to write in; `trigger` opens it within three seconds.

    `place` is the conversation that what they write belongs to, the one of the two of us where it is not told; `label` says what to write.
    """

    team: str
    user: str
    trigger_id: str
    location: SlackLocation | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRemoved:
    """A workspace has removed the app, or taken its token back, at this time."""

    team: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedCall:
    """`challenge` is to be given back at once, `ended` to be obeyed before Slack is told that all was taken; `opened` and `asked` are answered after the events are kept.

    `anywhere` says that Slack tells of this whether or not the bot takes part in the conversation.
    """

    events: tuple[Event, ...] = ()
    challenge: str = ""
    opened: ConversationOpened | None = None
    form_request: FormRequest | None = None
    app_removed: AppRemoved | None = None
    from_any_channel: bool = False


class CallEvents(tuple[Event, ...]):
    """The events of one call together with all that it says, so that calls that come at once are not mixed up."""

    call: ParsedCall

    def __new__(cls, events: Iterable[Event], call: ParsedCall) -> Self:
        made = super().__new__(cls, events)
        made.call = call
        return made


def call_of(events: tuple[Event, ...]) -> ParsedCall:
    """What the call said that these events came with."""
    return events.call if isinstance(events, CallEvents) else ParsedCall(events=events)
