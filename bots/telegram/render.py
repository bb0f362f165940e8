"""Turns replies into what Telegram is sent; pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from typing import Literal
from urllib.parse import urlsplit

from bots.telegram import callback
from bots.telegram.html import CAPTION_LIMIT, TEXT_LIMIT, html, length, pages, visible
from core.errors import Malformed
from core.reply import Choice, Mark, Quiz, Source, Text

LABEL_LIMIT = 64
MOST_BUTTONS = 24
_MOST_SOURCES = 8
_ROW_WIDTH = 24
_DRAFT_LIMIT = 4000

SignCallbackData = Callable[[str], str]
"""Turns a choice into callback data; raises `Malformed` when that cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramButton:
    label: str
    data: str


TelegramKeyboard = tuple[tuple[TelegramButton, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramMessage:
    """A text message or a caption: `words` in Telegram's HTML, or as they are; empty for a caption without words.

    `preview` shows the first link's page.
    """

    words: str
    keyboard: TelegramKeyboard = ()
    preview: bool = True
    formatted: bool = True

    @property
    def mode(self) -> Literal["HTML"] | None:
        return "HTML" if self.formatted else None

    def bare(self) -> "TelegramMessage":
        """The same words without formatting, for when Telegram takes offence at it."""
        return replace(self, words=visible(self.words), formatted=False)


def texts(reply: Text, sign: SignCallbackData) -> tuple[TelegramMessage, ...]:
    """One or more messages, sources and buttons with the last one; none when there is nothing to say."""
    keyboard, listed = _buttons(reply.choices, sign)
    shown = pages(_below(reply.text, listed))
    sources = _sources(reply.sources)
    if sources and shown and length(shown[-1]) + 2 + length(sources) <= TEXT_LIMIT:
        shown = (*shown[:-1], f"{shown[-1]}\n\n{sources}")
    elif sources:
        shown = (*shown, sources)
    messages = tuple(TelegramMessage(words=page, preview=not reply.sources) for page in shown)
    return (*messages[:-1], replace(messages[-1], keyboard=keyboard)) if messages else ()


def quiz(reply: Quiz, sign: SignCallbackData) -> tuple[TelegramMessage, ...]:
    """The question with its buttons; pieces to put in order are lettered, as they are answered by their letters."""
    keyboard, listed = _buttons(() if reply.form == "ordering" else reply.choices, sign)
    if reply.form == "ordering":
        listed = "\n".join(f"{_letter(index)}) {_literal(choice.label)}" for index, choice in enumerate(reply.choices))
    progress = f"*{_literal(reply.progress)}*" if reply.progress else ""
    shown = pages(_below(progress, _below(reply.question, listed)))
    messages = tuple(TelegramMessage(words=page) for page in shown)
    return (*messages[:-1], replace(messages[-1], keyboard=keyboard)) if messages else ()


def verdict(reply: Mark, *, limit: int = TEXT_LIMIT) -> TelegramMessage | None:
    """The question's message as it stays behind: marked buttons that do nothing, and the verdict; `None` when too long."""
    page = html(_below(reply.question, reply.text))
    return TelegramMessage(words=page, keyboard=_marked(reply)) if 0 < length(page) <= limit else None


def caption(text: str) -> tuple[str, tuple[TelegramMessage, ...]]:
    """A picture's caption, and the messages that carry the words when they are too long for one."""
    page = html(text)
    if length(page) <= CAPTION_LIMIT:
        return page, ()
    return "", tuple(TelegramMessage(words=page) for page in pages(text))


def draft(words: str, status: str) -> str:
    """The end of an answer half written, and what is being done now; empty when there is nothing to show."""
    note = f"<i>{escape(_shortened(status), quote=False)}</i>" if status else ""
    shown = pages(words, _DRAFT_LIMIT - length(note))
    return "\n\n".join(part for part in (shown[-1] if shown else "", note) if part)


def _buttons(choices: tuple[Choice, ...], sign: SignCallbackData) -> tuple[TelegramKeyboard, str]:
    """Buttons, or a numbered list where a choice cannot be put on one."""
    try:
        buttons = tuple(TelegramButton(label=_label(choice.label), data=sign(choice.value)) for choice in choices)
    except Malformed:
        return (), _numbered(choices)
    return (_rows(buttons), "") if len(buttons) <= MOST_BUTTONS else ((), _numbered(choices))


def _numbered(choices: tuple[Choice, ...]) -> str:
    return "\n".join(f"{number}. {_literal(choice.label)}" for number, choice in enumerate(choices, 1))


def _rows(buttons: tuple[TelegramButton, ...]) -> TelegramKeyboard:
    """Short labels share a row, as many as are still readable on a phone."""
    rows: list[list[TelegramButton]] = []
    for button in buttons:
        shared = sum(len(other.label) + 4 for other in rows[-1]) + len(button.label) if rows else _ROW_WIDTH + 1
        if shared > _ROW_WIDTH or len(rows[-1]) == 4:
            rows.append([])
        rows[-1].append(button)
    return tuple(tuple(row) for row in rows)


def _marked(reply: Mark) -> TelegramKeyboard:
    def mark(choice: Choice) -> str:
        if choice.value == reply.right:
            return "✅ "
        return "❌ " if choice.value == reply.chosen else ""

    shown = (TelegramButton(label=_label(mark(choice) + choice.label), data=callback.INERT) for choice in reply.choices)
    return _rows(tuple(shown)) if len(reply.choices) <= MOST_BUTTONS else ()


def _label(label: str) -> str:
    words = " ".join(label.split()) or "·"
    return words if len(words) <= LABEL_LIMIT else words[: LABEL_LIMIT - 1] + "…"


def _sources(sources: tuple[Source, ...]) -> str:
    return "\n".join(_source(number, source) for number, source in enumerate(sources[:_MOST_SOURCES], 1))


def _source(number: int, source: Source) -> str:
    title = escape(_shortened(source.title), quote=False)
    if urlsplit(source.link).scheme in ("http", "https"):
        title = f'<a href="{escape(source.link)}">{title}</a>'
    section = f" · {escape(_shortened(source.section), quote=False)}" if source.section else ""
    return f"[{number}] {title}{section}"


def _shortened(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= 100 else words[:99] + "…"


def _below(above: str, below: str) -> str:
    return "\n\n".join(part for part in (above, below) if part)


def _letter(index: int) -> str:
    return chr(ord("A") + index % 26)


def _literal(words: str) -> str:
    """Words as Markdown that shows exactly them."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]()#+-.!|~>&<" else character for character in words)
