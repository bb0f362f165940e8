"""What Telegram's errors mean to the house: each is mapped here and nowhere else."""

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)

from core.errors import Failure, Refused, Throttled, Unreachable


class TelegramFlood(TelegramError):
    """Answer 429. Stands for the SDK's `RetryAfter`, which warns of its own future whenever one is made."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"Too many requests: wait {retry_after:g} s")
        self.retry_after = retry_after


class Unparsable(Refused):
    """The formatting is not accepted; the words may still be."""


class VoiceForbidden(Refused):
    """This person takes no voice messages."""


class Unchanged(Refused):
    """The message already looks like this."""


class NoTextToEdit(Refused):
    """The message to edit is a picture or a voice note, whose words are its caption."""


class TelegramUneditable(Refused):
    """The message is no longer there, or may no longer be changed."""


class TelegramTokenRejected(Unreachable):
    """Telegram knows no such bot, or nothing at that address."""


class PollingConflict(Unreachable):
    """Someone else is listening for this bot."""


class MigratedToSupergroup(Refused):
    """The group has become a supergroup, `chat`."""

    def __init__(self, message: str, *, chat: int) -> None:
        super().__init__(message)
        self.chat = chat


_KINDS: tuple[tuple[str, type[Refused]], ...] = (
    ("can't parse entities", Unparsable),
    ("voice_messages_forbidden", VoiceForbidden),
    ("restricted receiving of voice", VoiceForbidden),
    ("message is not modified", Unchanged),
    ("no text in the message", NoTextToEdit),
    ("message to edit not found", TelegramUneditable),
    ("message can't be edited", TelegramUneditable),
    ("message_id_invalid", TelegramUneditable),
    ("message to delete not found", TelegramUneditable),
    ("message can't be deleted", TelegramUneditable),
)
_GONE = (
    "chat not found",
    "chat_write_forbidden",
    "peer_id_invalid",
    "have no rights to send",
    "topic_closed",
    "thread not found",
)


def failure(error: TelegramError) -> Failure:
    """The house's word for an error of the SDK; `TimedOut` is a `NetworkError`."""
    match error:
        case TelegramFlood():
            return Throttled(error.message, retry_after=error.retry_after)
        case Forbidden():
            return Refused(error.message, gone=True)
        case ChatMigrated():
            return MigratedToSupergroup(error.message, chat=error.new_chat_id)
        case BadRequest():
            return _refusal(error.message)
        case Conflict():
            return PollingConflict(error.message)
        case InvalidToken():
            return TelegramTokenRejected("Telegram does not accept the bot's token")
        case NetworkError():
            return Unreachable(error.message)
        case _:
            return Refused(error.message)


def _refusal(message: str) -> Refused:
    lower = message.lower()
    for words, kind in _KINDS:
        if words in lower:
            return kind(message)
    return Refused(message, gone=any(words in lower for words in _GONE))
