"""The draft of a turn, which answerers extend."""

from dataclasses import dataclass, field, replace
from typing import Protocol

from core.card import Card, Review, UnitProgress
from core.channel import LiveUpdates
from core.conversation import Conversation, Message, QuizOrigin, ToolCall, Usage
from core.dialogue.intent import Incoming
from core.principal import NOBODY, UNKNOWN_AUDIENCE, Audience, Principal
from core.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnDraft:
    """The conversation after the turn and everything else the turn writes; nothing is stored yet.

    `messages` are added to the record even if the conversation's `history` is cleared; `history_start` is how many of them
    precede the fresh start, or `None` without one. `origin` is where the open quiz was moved from.
    """

    conversation: Conversation
    principal: Principal = NOBODY
    audience: Audience = UNKNOWN_AUDIENCE
    replies: tuple[Reply, ...] = ()
    messages: tuple[Message, ...] = ()
    history_start: int | None = None
    calls: tuple[ToolCall, ...] = ()
    usage: Usage = field(default_factory=Usage)
    cards: tuple[Card, ...] = ()
    reviews: tuple[Review, ...] = ()
    progress: tuple[UnitProgress, ...] = ()
    origin: QuizOrigin | None = None

    def with_replies(self, *replies: Reply) -> "TurnDraft":
        return replace(self, replies=self.replies + replies)

    def with_conversation(self, conversation: Conversation) -> "TurnDraft":
        return replace(self, conversation=conversation)


class Interrupted(Exception):
    """An answerer was cancelled; `draft` holds the answer as far as it had come."""

    def __init__(self, draft: TurnDraft) -> None:
        super().__init__("interrupted")
        self.draft = draft


class Answerer(Protocol):
    """Part of a feature that may answer an event."""

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        """The draft with the answer added, or `None` if the event is for another answerer.

        A `Spoke` event arrives with `heard` filled in. Raises `core.errors`.
        """
        ...
