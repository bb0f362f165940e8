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
class DiscordWords:
    """`text` without mentions of the bot, which it may have `mentioned` or be `answering`."""

    text: str
    mentioned: bool
    answering: bool

    @property
    def meant(self) -> bool:
        return self.mentioned or self.answering


def words(message: Json, bot: DiscordBot) -> DiscordWords:
    people = {str(person.get("id")): name(person) for person in records(message, "mentions")}
    mentioned = bool(bot.id) and bot.id in people
    answering = bot.wrote(inner(message, "referenced_message"))

    def shown(found: re.Match[str]) -> str:
        if found[1] == bot.id:
            return ""
        return f"@{people[found[1]]}" if found[1] in people else found[0]

    said = _EMOJI.sub(r"\1", _MENTION.sub(shown, text(message, "content")))
    said = said.lstrip(" ,:").strip() if mentioned else said.strip()
    return DiscordWords(text=said, mentioned=mentioned, answering=answering)


def name(person: Json) -> str:
    """What a person wants to be called."""
    member = inner(person, "member")
    nick = text(member, "nick") if member is not None else ""
    return nick or text(person, "global_name") or text(person, "username")
