"""The notice that Sona answers without a language model, given once in a conversation."""

from dataclasses import dataclass

from core.conversation import Conversation
from core.dialogue.draft import TurnDraft
from core.dialogue.slot import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notice:
    given: bool = False


_SLOT = Slot("offline_notice", _Notice)


def was_given(conversation: Conversation) -> bool:
    return _SLOT.read(conversation).given


def given(draft: TurnDraft) -> TurnDraft:
    """The draft of a turn whose replies contain the notice."""
    return draft.with_conversation(_SLOT.write(draft.conversation, _Notice(given=True)))
