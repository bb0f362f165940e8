"""What a call from Slack says."""

from dataclasses import dataclass
from datetime import datetime

from bots.slack.place import Place
from core.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A person opened a thread, the conversation or the home tab, which is to be filled."""

    place: Place
    user: str
    key: str = ""
    home: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A person wants the form for a question; `trigger` opens it within three seconds."""

    team: str
    user: str
    trigger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A workspace has removed the app, or taken its token back, at this time."""

    team: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`challenge` is to be given back at once, `ended` to be obeyed before Slack is told that all was taken; `opened` and `asked` are answered after the events are kept."""

    events: tuple[Event, ...] = ()
    challenge: str = ""
    opened: Opened | None = None
    asked: Asked | None = None
    ended: Ended | None = None
