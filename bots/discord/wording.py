"""The words of a message: mentions of the bot found and taken out, Discord's own marks made readable."""

import re
from dataclasses import dataclass

from bots.discord.json_fields import text
from bots.json_fields import Json, inner, records

_MENTION = re.compile(r"<@!?([0-9]{1,20})>")
_EMOJI = re.compile(r"<a?(:\w{2,32}:)[0-9]{1,20}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordBot:
    """Who the bot is. Without an `id` (not asked for yet) it is only noticed in private."""

    id: str = ""

    def wrote(self, message: Json | None) -> bool:
        """Whether a message is the bot's own."""
        author = inner(message, "author") if message is not None else None
        return bool(self.id) and author is not None and author.get("id") == self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordText:
    """`text` without mentions of the bot, which it may have `mentioned` or be `answering`."""

    text: str
    mentioned: bool
    answering: bool

    @property
    def addressed(self) -> bool:
        return self.mentioned or self.answering


def message_text(message: Json, bot: DiscordBot) -> DiscordText:
    names = {str(person.get("id")): display_name(person) for person in records(message, "mentions")}
    mentioned = bool(bot.id) and bot.id in names
    answering = bot.wrote(inner(message, "referenced_message"))

    def shown(found: re.Match[str]) -> str:
        if found[1] == bot.id:
            return ""
        return f"@{names[found[1]]}" if found[1] in names else found[0]

    shown_text = _EMOJI.sub(r"\1", _MENTION.sub(shown, text(message, "content")))
    shown_text = shown_text.lstrip(" ,:").strip() if mentioned else shown_text.strip()
    return DiscordText(text=shown_text, mentioned=mentioned, answering=answering)


def display_name(person: Json) -> str:
    """What a person wants to be called."""
    member = inner(person, "member")
    nick = text(member, "nick") if member is not None else ""
    return nick or text(person, "global_name") or text(person, "username")
