"""The words of a message as people read them: links and mentions written out, escapes undone, the bot's own name taken out."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

_MARK = re.compile(r"<([^<>]+)>")
_COMMAND = re.compile(r"\s*/?([A-Za-z_]{1,32})(?=\s|$)")
_MARKED = re.compile(r"!([A-Za-z_]{1,32})(?=\s|$)")
_ALONE = frozenset({"help", "link", "mydata", "unlink"})
_LONGEST_ALONE = max(map(len, _ALONE))
COMMAND = "!"
"""What a command begins with in a message: whatever begins with a slash, Slack takes for a command of its own and sends nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackWords:
    text: str
    mentioned: bool = False


def words(written: str, bot: str) -> SlackWords:
    """`bot` is the bot's user id, or empty where it is not known."""
    mention = f"<@{bot}>" if bot else ""
    mentioned = bool(bot) and (mention in written or f"<@{bot}|" in written)
    if mentioned:
        written = re.sub(rf"\s*<@{re.escape(bot)}(\|[^<>]*)?>", "", written).lstrip(" ,:")
    return SlackWords(text=_unescaped(_MARK.sub(_shown, written)).strip(), mentioned=mentioned)


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


def commanded(said: str, known: Collection[str]) -> str:
    """The words of a message, in which `!quiz 3`, or a command that is no word of any lesson all alone, is the command (`/quiz 3`).

    `!quzi` alone is taken for one too, so that who mistypes it is told.
    """
    found = _MARKED.match(said) if said[:1] == COMMAND else None
    if found is not None and (found[1].lower() in known or found.end() == len(said)):
        return f"/{found[1].lower()}{said[found.end() :]}"
    alone = said.lower() if len(said) <= _LONGEST_ALONE else ""
    return f"/{alone}" if alone in _ALONE and alone in known else said


def spelled(known: Collection[str]) -> Callable[[str], str]:
    """Writes the names of commands as people can send them here: `/quiz` as `!quiz`."""
    names = "|".join(sorted(map(re.escape, known), key=len, reverse=True))
    if not names:
        return lambda text: text
    named = re.compile(rf"(?<![\w/.:!<-])/(?=(?:{names})(?![\w/-]))")
    return lambda text: named.sub(COMMAND, text)


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
