"""The Bot API's rules that need no state: lengths, the HTML it takes, buttons, and how fast one may send."""

import json
import re
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
DATA_LIMIT = 64
MOST_BUTTONS = 100
REACTIONS = frozenset(
    "❤🕊⚡✍☃👍👎🔥🥰👏😁🤔🤯😱🎉🤩🙏👌🤡🥱🥴😍🐳💯🤣🍌🏆💔🤨😐🍓🍾💋😈😴😭🤓👻👀🎃🙈😇😨🤝🤗🫡🎅🎄💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾😡"
)
TAGS = frozenset(
    [
        "b",
        "strong",
        "i",
        "em",
        "u",
        "ins",
        "s",
        "strike",
        "del",
        "a",
        "code",
        "pre",
        "blockquote",
        "tg-spoiler",
        "span",
        "tg-emoji",
        "tg-time",
    ]
)
_TAG = re.compile(r"<(/?)([^\s>]*)([^>]*)(>?)")


class Answer(Exception):
    """A refusal, as the Bot API words it."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(description: str, **parameters: int) -> Answer:
    return Answer(400, f"Bad Request: {description}", **parameters)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def parsed(text: str, mode: str) -> str:
    """What people see, or the refusal of text that is not formatted as its mode demands."""
    if mode == "":
        return text
    if mode.upper() != "HTML":
        raise bad("unsupported parse_mode")
    stack: list[str] = []
    for match in _TAG.finditer(text):
        offset = len(text[: match.start()].encode())
        closing, name, _, end = match.groups()
        _tag(stack, closing, name.lower(), end, offset)
    if stack:
        raise _entities(f'Can\'t find end tag corresponding to start tag "{stack[-1]}"')
    return unescape(_TAG.sub("", text))


def _tag(stack: list[str], closing: str, name: str, end: str, offset: int) -> None:
    if not end:
        raise _entities(f"Unclosed {'end' if closing else 'start'} tag at byte offset {offset}")
    if not closing:
        if name not in TAGS:
            raise _entities(f'Unsupported start tag "{name}" at byte offset {offset}')
        if name in ("pre", "blockquote") and "blockquote" in stack:
            raise _entities(f'Can\'t find end tag corresponding to start tag "{name}"')
        stack.append(name)
    elif not stack:
        raise _entities(f"Unexpected end tag at byte offset {offset}")
    elif stack[-1] != name:
        raise _entities(f'Unmatched end tag at byte offset {offset}, expected "</{stack[-1]}>", found "</{name}>"')
    else:
        stack.pop()


def _entities(description: str) -> Answer:
    return bad(f"can't parse entities: {description}")


def words(text: str, mode: str) -> str:
    """A message's text as shown."""
    shown = parsed(text, mode).strip()
    if not shown:
        raise bad("message text is empty")
    if units(shown) > TEXT_LIMIT:
        raise bad("message is too long")
    return shown


def caption(text: str, mode: str) -> str:
    shown = parsed(text, mode).strip()
    if units(shown) > CAPTION_LIMIT:
        raise bad("message caption is too long")
    return shown


def keyboard(markup: str) -> dict[str, Any] | None:
    """An inline keyboard, each button with words and 1 to 64 bytes of data."""
    if not markup:
        return None
    try:
        rows = json.loads(markup)["inline_keyboard"]
        buttons = [button for row in rows for button in row]
        fine = all(button["text"].strip() for button in buttons)
        sizes = [len(button["callback_data"].encode()) for button in buttons]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise bad("can't parse reply keyboard markup JSON object") from None
    if not fine:
        raise bad("can't parse inline keyboard button: text must be non-empty")
    if any(not 1 <= size <= DATA_LIMIT for size in sizes):
        raise bad("BUTTON_DATA_INVALID")
    if len(buttons) > MOST_BUTTONS:
        raise bad("REPLY_MARKUP_TOO_LONG")
    return {"inline_keyboard": rows} if rows else None


def poll(params: Mapping[str, str], number: str) -> dict[str, Any]:
    """A quiz poll as it is shown."""
    question, why = params.get("question", ""), params.get("explanation", "")
    try:
        options = [option["text"] for option in json.loads(params.get("options", ""))]
        rights: list[int] = json.loads(params.get("correct_option_ids", ""))
    except (ValueError, KeyError, TypeError):
        raise bad("can't parse options JSON object") from None
    if not question.strip():
        raise bad("poll question must be non-empty")
    if units(question) > 300:
        raise bad("poll question length must not exceed 300")
    _options(options)
    if params.get("type") != "quiz" or len(rights) != 1 or not 0 <= rights[0] < len(options):
        raise bad("wrong correct option ID specified")
    if units(why) > 200 or why.count("\n") > 2:
        raise bad("explanation is too long")
    shown = {
        "id": number,
        "question": question,
        "options": [{"persistent_id": str(n), "text": text, "voter_count": 0} for n, text in enumerate(options)],
        "correct_option_ids": rights,
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": params.get("is_anonymous", "true").lower() != "false",
        "type": "quiz",
        "allows_multiple_answers": False,
        "allows_revoting": False,
        "members_only": False,
    }
    return shown | ({"explanation": why} if why else {})


def _options(options: list[str]) -> None:
    if len(options) < 2:
        raise bad("poll must have at least 2 option")
    if len(options) > 12:
        raise bad("poll can't have more than 12 options")
    if not all(option.strip() for option in options):
        raise bad("poll options must be non-empty")
    if any(units(option) > 100 for option in options):
        raise bad("poll options length must not exceed 100")


def reactions(given: str) -> str:
    """The emoji that a bot reacts with, or nothing where it takes its reaction off."""
    try:
        emoji = [each["emoji"] for each in json.loads(given or "[]")]
    except (ValueError, KeyError, TypeError):
        raise bad("can't parse reaction types JSON object") from None
    if len(emoji) > 1:
        raise bad("REACTIONS_TOO_MANY")
    if any(each not in REACTIONS for each in emoji):
        raise bad("REACTION_INVALID")
    return "".join(emoji)


@dataclass
class Pace:
    """One message a second in a private chat, 20 a minute in a group, 30 a second in all; `time` in seconds."""

    time: Callable[[], float]
    _sent: dict[int, deque[float]] = field(default_factory=lambda: defaultdict[int, deque[float]](deque))

    def note(self, chat: int) -> None:
        """Take down a message, or refuse it with the seconds to wait."""
        now = self.time()
        rules = ((chat, *((20, 60.0) if chat < 0 else (1, 1.0))), (0, 30, 1.0))
        for place, most, seconds in rules:
            sent = self._sent[place]
            while sent and now - sent[0] >= seconds:
                sent.popleft()
            if len(sent) >= most:
                wait = max(1, round(seconds - (now - sent[0]) + 0.5))
                raise Answer(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        for place, _, _ in rules:
            self._sent[place].append(now)
