"""What a tool call is given and what it returns."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.conversation import Conversation
from core.principal import Audience, Principal
from core.reply import Reply, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOutcome:
    """The result of a tool call: `text` for the model and, from a tool that changes it, the conversation afterwards.

    `replies` go to the person after the model's text (a quiz, a voice note).
    """

    text: str
    conversation: Conversation | None = None
    replies: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolContext:
    """The call itself; what a tool works with beyond it, its toolset received when it was composed.

    `cite` numbers a source, so that the answer can refer to it as `[n]`. `key` identifies the call: a confirmed call
    that is run again after a crash has the same one.
    """

    conversation: Conversation
    principal: Principal
    audience: Audience
    now: datetime
    cite: Callable[[Source], int]
    key: str = ""
