"""The words of a message: mentions of the bot found and taken out, commands read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bots.json_fields import Json, inner, number, records
from bots.telegram.json_fields import text

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@([A-Za-z0-9_]+))?(?=\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramBot:
    """Who the bot is. Without a `username` (not asked for yet) only replies and mentions by id are noticed."""

    id: int
    username: str = ""

    def named(self, username: str) -> bool:
        return bool(self.username) and username.lower() == self.username.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramWords:
    """`text` without mentions of the bot; `command` in lower case or empty; `elsewhere` when it is for another bot."""

    text: str
    mentioned: bool = False
    command: str = ""
    elsewhere: bool = False


def words(message: Json, bot: TelegramBot) -> TelegramWords:
    """The words of a message or of a file's caption."""
    kind = "text" if "text" in message else "caption"
    said = text(message, kind)
    if (found := _COMMAND.match(said)) is not None:
        return _command(said, found, bot)
    places = _mentions(message, kind, bot)
    return TelegramWords(text=_without(said, places), mentioned=True) if places else TelegramWords(text=said)


def _command(said: str, found: re.Match[str], bot: TelegramBot) -> TelegramWords:
    name, target = found[1].lower(), found[2]
    if target and not bot.named(target):
        return TelegramWords(text=said, command=name, elsewhere=True)
    return TelegramWords(text=f"/{name}{said[found.end() :]}".strip(), command=name, mentioned=True)


def _mentions(message: Json, kind: str, bot: TelegramBot) -> Sequence[tuple[int, int]]:
    """Where the bot is mentioned, as start and end in UTF-16 code units."""
    places: list[tuple[int, int]] = []
    if not (entities := records(message, "entities" if kind == "text" else "caption_entities")):
        return places
    units = _units(text(message, kind))
    for entity in entities:
        start, end = number(entity, "offset"), number(entity, "offset") + number(entity, "length")
        if 0 <= start < end and _means(entity, _text(units[start * 2 : end * 2]), bot):
            places.append((start, end))
    return places


def _means(entity: Json, shown: str, bot: TelegramBot) -> bool:
    match text(entity, "type"):
        case "mention":
            return bot.named(shown.removeprefix("@"))
        case "text_mention":
            user = inner(entity, "user")
            return user is not None and user.get("id") == bot.id
        case _:
            return False


def _without(said: str, places: Sequence[tuple[int, int]]) -> str:
    units = _units(said)
    for start, end in sorted(places, reverse=True):
        units = units[: start * 2].removesuffix(_units(" ")) + units[end * 2 :]
    return _text(units).lstrip(" ,:").strip()


def _units(value: str) -> bytes:
    return value.encode("utf-16-le")


def _text(units: bytes) -> str:
    return units.decode("utf-16-le", "replace")
