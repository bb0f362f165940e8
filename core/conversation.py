"""A conversation and the turns that move it on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal, Self

from core.address import Address
from core.card import Card, Review, UnitProgress
from core.event import Event
from core.outbound import OutboundMessage
from core.principal import NOBODY, UNKNOWN_AUDIENCE, Audience, Principal
from core.question import OpenQuiz
from core.reply import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """A person, on whatever channels they write from. `locale` is the language Sona speaks to them (BCP 47)."""

    id: str
    name: str = ""
    locale: str = "en"
    zone: str = "UTC"
    voice: Literal["auto", "always", "never"] = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of the history. Where several people talk, `speaker` is the person's name and `sender` their id on the platform.

    `platform_id` is the platform's id of a person's message; an edited message stands in the history once more under it.
    """

    role: Literal["person", "sona"]
    text: str
    at: datetime
    speaker: str = ""
    sender: str = ""
    platform_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A question of Sona's that waits for an answer: at most one in a conversation.

    `kind` names the question and so the feature that asked it (`forget`); `subject` is the feature's own data. Only the
    sender `asked_of` may answer, anyone if it is empty. With a `proof`, an answer must repeat it to count as a yes:
    on channels where senders can be spoofed, only the person who reads our messages knows it. `open_to_words` is
    true until Sona says something else; afterwards only the question's own buttons answer it.
    """

    id: str
    kind: str
    subject: str = ""
    asked_of: str = ""
    proof: str = ""
    open_to_words: bool = True
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryStart:
    """Where a conversation was started afresh: after the first `skipped` of its messages numbered above `line`."""

    line: int
    skipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRecord:
    """One feature's state under version `v`: its own dataclass once a turn has written it, JSON values before."""

    v: int
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationState:
    """What a conversation keeps between turns besides its messages and its learner. Storage keeps every field.

    `course` and `unit` are codes, empty when none is chosen. `offered` are the choices last shown as a numbered list,
    which a typed number or letter selects. `stopped` means that this turn answers the stop that cut the previous turn
    short. `slots` hold what features keep, by the feature's name; `core.dialogue.slot` reads and writes them.
    """

    title: str = ""
    focus: str = ""
    course: str = ""
    unit: str = ""
    quiz: OpenQuiz | None = None
    pending: Pending | None = None
    offered: tuple[Choice, ...] = ()
    history_start: HistoryStart | None = None
    stopped: bool = False
    slots: Mapping[str, SlotRecord] = field(default_factory=dict[str, SlotRecord])


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation(ConversationState):
    """A conversation at the start of a turn, and what the turn leaves.

    `history` holds the last messages since `history_start`, oldest first. `version` grows by one with every committed
    turn, so that two turns never commit on the same state.
    """

    address: Address
    learner: Learner
    history: tuple[Message, ...] = ()
    version: int = 0

    @classmethod
    def of(
        cls, state: ConversationState, *, address: Address, learner: Learner, history: tuple[Message, ...], version: int
    ) -> Self:
        return cls(address=address, learner=learner, history=history, version=version, **_state_fields(state))

    @property
    def state(self) -> ConversationState:
        return ConversationState(**_state_fields(self))


def _state_fields(state: ConversationState) -> dict[str, Any]:
    return {each.name: getattr(state, each.name) for each in fields(ConversationState)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedTurn:
    """A turn that has begun: the conversation is leased to whoever holds `token` until the lease ends.

    `attempts` counts how often these events were taken up, this time included; more than a few means that
    they break whoever takes them. `owed` says that replies of turns before are still on their way. `line` is the number of
    the last line in the conversation's record.
    """

    conversation: Conversation
    events: tuple[Event, ...]
    token: str
    principal: Principal = NOBODY
    audience: Audience = UNKNOWN_AUDIENCE
    attempts: int = 1
    replies_pending: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool call as it is kept: arguments and result as JSON text, and how long it took."""

    id: str
    name: str
    input: str
    output: str
    failed: bool
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one or more model answers; `cost` in US dollars, 0 where the model's price is unknown."""

    model: str = ""
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cost: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            model=other.model or self.model,
            input=self.input + other.input,
            output=self.output + other.output,
            cache_read=self.cache_read + other.cache_read,
            cache_write=self.cache_write + other.cache_write,
            cost=self.cost + other.cost,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizOrigin:
    """The conversation that an open quiz was taken over from, at the version it had then."""

    address: Address
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a turn leaves behind, written in one transaction: the conversation's new state, replies in order, and the record.

    With an `origin` the quiz that was open there is open there no more, unless somebody went on with it meanwhile.
    """

    conversation: Conversation
    replies: tuple[OutboundMessage, ...]
    messages: tuple[Message, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    usage: Usage = Usage()
    cards: tuple[Card, ...] = ()
    reviews: tuple[Review, ...] = ()
    progress: tuple[UnitProgress, ...] = ()
    origin: QuizOrigin | None = None
    started: datetime
    ended: datetime
