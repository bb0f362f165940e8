"""What a platform can do and what it must offer to be a channel."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from core.address import Address
from core.event import Event, Sender
from core.media import Media
from core.outbound import OutboundMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSpec:
    """At most so many messages in any so many seconds; where the seconds are 0, at most so many at a time."""

    limit: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a channel can show. Lengths are in characters unless said otherwise; 0 means not at all.

    `polls` is the longest choice of a quiz poll, which shows by itself whether an answer was right. The rates are the
    platform's own limits: for a chat, for a chat of several people where that is another, and for all chats together.
    `spoofable_sender` says that others can write in somebody's name, `letter_choices` that choices listed in words are best told apart
    by letters.
    """

    text_limit: int
    formatted: bool = False
    buttons: int = 0
    label_limit: int = 0
    choice_bytes: int = 0
    voice: bool = False
    pictures: bool = False
    files: bool = False
    edits: bool = False
    typing: bool = False
    streaming: bool = False
    sources: bool = False
    polls: int = 0
    spoofable_sender: bool = False
    letter_choices: bool = False
    chat_rate: RateSpec | None = None
    group_rate: RateSpec | None = None
    total_rate: RateSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A limit that messages fall under together, by its name. A `shared` one is that of many destinations."""

    name: str
    rate: RateSpec
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A webhook call as plain data. Header names are looked up in lower case; `body` and `path` (with its query) are as they came, for signatures."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    path: str = ""


class LiveUpdates(Protocol):
    """What may be lost: signs of life while a turn runs. Implementations never raise and never block for long."""

    async def typing(self) -> None: ...

    async def status(self, text: str) -> None:
        """Show what is being done ("looking for videos…"); an empty text takes it away."""
        ...

    async def draft(self, text: str) -> None:
        """Show the whole answer as far as it is written."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTarget:
    """Where and for whom live updates are shown: the sender being answered, their locale and the thread of the answer.

    `topic` is the person's words that began a new conversation, or may have begun one in this thread; empty otherwise.
    """

    address: Address
    sender: Sender | None = None
    locale: str = ""
    topic: str = ""
    thread: str = ""


class Channel(Protocol):
    """A platform. `verify` and `parse` are pure; `send` raises `core.errors` only."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def verify(self, request: Request) -> bool:
        """Whether the request really comes from the platform; compares in constant time."""
        ...

    def parse(self, request: Request) -> tuple[Event, ...]:
        """The events in a verified request; an unknown payload gives `()`, a broken one raises `Malformed`.

        The same object goes on to `answer`, what that says to `admit`, and what that gives to `acknowledge`.
        """
        ...

    async def acknowledge(self, events: tuple[Event, ...]) -> None:
        """Tell the platform that taps and the like were received, where it wants to know."""
        ...

    async def send(self, outbound: OutboundMessage, *, target: str = "") -> str:
        """Deliver one fitted reply and return the platform's id of it; the message's id is the idempotency key.

        `target` is the platform's id of the message that a `Mark` changes, empty when it is not known. Raises
        `Throttled`, `Unreachable` or `Refused`.
        """
        ...

    async def fetch(self, media: Media) -> bytes:
        """The bytes of a file that came in an event. Raises `Refused` when too large or gone."""
        ...

    def live(self, target: LiveTarget) -> LiveUpdates: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookResponse:
    """What a webhook call is answered with, by status 200.

    `events` are the call's events as they are to be kept where answering has moved them (into a thread), else `None`.
    """

    body: bytes
    mime: str = "application/json"
    events: tuple[Event, ...] | None = None


@runtime_checkable
class AnsweringChannel(Protocol):
    """A channel whose platform reads the answer to its calls; others get an empty one."""

    async def answer(self, events: tuple[Event, ...]) -> WebhookResponse | None:
        """The answer to the call just parsed, asked for at once after `parse` and before the events are kept."""
        ...


@runtime_checkable
class AdmittingChannel(Protocol):
    """A channel that has more to do before an event is kept than reading it."""

    async def admit(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Those of the events just parsed that are to be kept, with what only the platform, or what was sent before, can tell of them.

        Asked for at once after `parse` (and `answer`). Raises `core.errors` where the platform has to send them again.
        """
        ...


@runtime_checkable
class RateLimitedChannel(Protocol):
    """A channel whose limits are more than one for each chat and one for all."""

    def lanes(self, address: Address) -> tuple[RateLimit, ...]:
        """The limits that a message to this address falls under, the narrowest first."""
        ...


ReceiveEvent = Callable[[Event], Awaitable[None]]


class Gateway(Protocol):
    """Where a platform is listened to instead of calling us."""

    async def listen(self, receive: ReceiveEvent) -> None:
        """Receive events until cancelled; an event counts as taken only when `receive` returned."""
        ...


OnOrOff = Literal["on", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether a platform is on, and in a plain line why or how."""

    name: str
    state: OnOrOff
    why: str
