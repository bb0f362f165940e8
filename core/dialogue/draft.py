"""What a turn has come to so far, handed from one who answers to the next."""

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
    """The conversation as it will be left, and everything else the turn has made; nothing of it is written yet.

    `messages` are the lines this turn adds to the record, whatever becomes of the conversation's `history`; `history_start` is how
    many of them stood there when the conversation was begun anew, or `None` when it was not. `origin` is where its open
    quiz was taken over from.
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
    """Someone was cancelled while answering; `thought` holds the answer as far as it had come."""

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
