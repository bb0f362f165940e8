"""The words of a message as people read them: links and mentions written out, escapes undone, the bot's own name taken out."""

import re
from collections.abc import Collection
from dataclasses import dataclass

_MARK = re.compile(r"<([^<>]+)>")
_COMMAND = re.compile(r"\s*/?([A-Za-z_]{1,32})(?=\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    text: str
    mentioned: bool = False


def words(written: str, bot: str) -> Words:
    """`bot` is the bot's user id, or empty where it is not known."""
    mention = f"<@{bot}>" if bot else ""
    mentioned = bool(bot) and (mention in written or f"<@{bot}|" in written)
    if mentioned:
        written = re.sub(rf"\s*<@{re.escape(bot)}(\|[^<>]*)?>", "", written).lstrip(" ,:")
    return Words(text=_unescaped(_MARK.sub(_shown, written)).strip(), mentioned=mentioned)


def asked(command: str, said: str, known: Collection[str]) -> str:
    """What a slash command asks for: `/sona quiz` is `/quiz`, `/sona what is moku?` a question, `/quiz` itself."""
    name = command.removeprefix("/")
    said = _unescaped(said).strip()
    if name in known:
        return f"/{name} {said}".strip()
    found = _COMMAND.match(said)
    if found is not None and found[1].lower() in known:
        return f"/{found[1].lower()}{said[found.end() :]}"
    return said or "/help"


def _shown(mark: re.Match[str]) -> str:
    address, _, label = mark[1].partition("|")
    match address[:1]:
        case "@":
            return f"@{label or address[1:]}"
        case "#":
            return f"#{label or address[1:]}"
        case "!":
            return label or f"@{address[1:].partition('^')[0]}"
        case _:
            bare = address.removeprefix("mailto:").removeprefix("tel:")
            if label in ("", address, bare, address.removeprefix("http://")):
                return bare
            return f"{label} ({address})"


def _unescaped(said: str) -> str:
    return said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
