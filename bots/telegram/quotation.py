"""What a message answers: whether it is one of the bot's, and the words of somebody else's, put in front as a quotation; pure."""

from bots.json_fields import Json, inner
from bots.telegram.json_fields import text
from bots.telegram.wording import TelegramBot

LONGEST = 1000
"""Characters of a quotation."""


def answers(message: Json, bot: TelegramBot) -> bool:
    """Whether it answers one of the bot's own messages; in a topic, every message "answers" the topic's first."""
    answered = inner(message, "reply_to_message")
    if answered is None or "forum_topic_created" in answered:
        return False
    author = inner(answered, "from")
    return author is not None and author.get("id") == bot.id


def quotation(message: Json, bot: TelegramBot) -> str:
    """The part that was picked of the message it answers, else all of it, each line behind a `>`; or nothing.

    The bot's own words are quoted only where they were picked, as most of what answers them is the answer to a question.
    """
    if "reply_to_message" not in message and "quote" not in message:
        return ""
    quoted = _picked(message, bot) or ("" if answers(message, bot) else _whole(message))
    shown = quoted if len(quoted) <= LONGEST else quoted[: LONGEST - 1] + "…"
    return "\n".join(f"> {line}".rstrip() for line in shown.splitlines())


def below(quoted: str, said: str) -> str:
    """Words below what they are about."""
    return "\n\n".join(part for part in (quoted, said) if part)


def _picked(message: Json, bot: TelegramBot) -> str:
    """The part that the person chose; of somebody else's message also what Telegram chose."""
    quote = inner(message, "quote")
    if quote is None or (answers(message, bot) and quote.get("is_manual") is not True):
        return ""
    return text(quote, "text").strip()


def _whole(message: Json) -> str:
    answered = inner(message, "reply_to_message") or {}
    return (text(answered, "text") or text(answered, "caption")).strip()
