"""Extracts readable text from a message: removes mentions of the bot, spells out other mentions and emoji."""

import re
from dataclasses import dataclass

from bots.discord.json_fields import text
from bots.json_fields import Json, inner, records

_MENTION = re.compile(r"<@!?([0-9]{1,20})>")
_EMOJI = re.compile(r"<a?(:\w{2,32}:)[0-9]{1,20}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordBot:
    """The bot's identity. Without an `id` (not looked up yet), mentions are not recognized."""

    id: str = ""

    def wrote(self, message: Json | None) -> bool:
        """Return whether the bot is the message's author."""
        author = inner(message, "author") if message is not None else None
        return bool(self.id) and author is not None and author.get("id") == self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordText:
    """`text` without mentions of the bot; whether the message `mentioned` it or is `answering` (a reply to) one of its messages."""

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
    """Return the server nickname, else the display name, else the user name."""
    member = inner(person, "member")
    nick = text(member, "nick") if member is not None else ""
    return nick or text(person, "global_name") or text(person, "username")
