"""Extracts readable text from messages, without mentions of the bot, and recognizes commands in it."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

_LINK = re.compile(r"<([^<>]+)>")
_COMMAND = re.compile(r"\s*/?([A-Za-z_]{1,32})(?=\s|$)")
_PREFIXED_COMMAND = re.compile(r"!([A-Za-z_]{1,32})(?=\s|$)")
_BARE_COMMANDS = frozenset({"help", "link", "mydata", "unlink"})
"""Commands that need no prefix if they are the whole message; none of them is a word of a lesson."""
_LONGEST_BARE_COMMAND = max(map(len, _BARE_COMMANDS))
COMMAND_PREFIX = "!"
"""The prefix of commands in messages: Slack treats a message that begins with a slash as a slash command and does not send it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackText:
    """A message's text; `mentioned` says that it mentioned the bot."""

    text: str
    mentioned: bool = False


def message_text(text: str, bot: str) -> SlackText:
    """Return the readable text of mrkdwn; `bot` is the bot's user id, or empty if unknown."""
    mention = f"<@{bot}>" if bot else ""
    mentioned = bool(bot) and (mention in text or f"<@{bot}|" in text)
    if mentioned:
        text = re.sub(rf"\s*<@{re.escape(bot)}(\|[^<>]*)?>", "", text).lstrip(" ,:")
    return SlackText(text=_unescaped(_LINK.sub(_readable, text)).strip(), mentioned=mentioned)


def slash_command_text(command: str, text: str, known: Collection[str]) -> str:
    """Return the text that a slash command stands for: `/sona quiz` is `/quiz`, `/sona what is moku?` a question, `/quiz` itself."""
    name = command.removeprefix("/")
    text = _unescaped(text).strip()
    if name in known:
        return f"/{name} {text}".strip()
    found = _COMMAND.match(text)
    if found is not None and found[1].lower() in known:
        return f"/{found[1].lower()}{text[found.end() :]}"
    return text or "/help"


def message_command_text(text: str, known: Collection[str]) -> str:
    """Return the text of a message, with `!quiz 3` or one of `_BARE_COMMANDS` alone as a command (`/quiz 3`).

    An unknown command such as `!quzi` alone becomes one too, so that the person gets an error.
    """
    found = _PREFIXED_COMMAND.match(text) if text[:1] == COMMAND_PREFIX else None
    if found is not None and (found[1].lower() in known or found.end() == len(text)):
        return f"/{found[1].lower()}{text[found.end() :]}"
    alone = text.lower() if len(text) <= _LONGEST_BARE_COMMAND else ""
    return f"/{alone}" if alone in _BARE_COMMANDS and alone in known else text


def command_rewriter(known: Collection[str]) -> Callable[[str], str]:
    """Return a function that rewrites commands in text as people can send them: `/quiz` as `!quiz`."""
    names = "|".join(sorted(map(re.escape, known), key=len, reverse=True))
    if not names:
        return lambda text: text
    named = re.compile(rf"(?<![\w/.:!<-])/(?=(?:{names})(?![\w/-]))")
    return lambda text: named.sub(COMMAND_PREFIX, text)


def _readable(mark: re.Match[str]) -> str:
    target, _, label = mark[1].partition("|")
    match target[:1]:
        case "@":
            return f"@{label or target[1:]}"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return label or f"@{target[1:].partition('^')[0]}"
        case _:
            bare = target.removeprefix("mailto:").removeprefix("tel:")
            if label in ("", target, bare, target.removeprefix("http://")):
                return bare
            return f"{label} ({target})"


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
