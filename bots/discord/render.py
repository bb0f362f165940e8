"""Renders replies as Discord messages; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from bots.discord import custom_id, forms
from bots.discord.markdown import TEXT_LIMIT, escaped, length, markdown, pages
from core.errors import Malformed
from core.markup import plain
from core.reply import Choice, Mark, Quiz, Source, Text

LABEL_LIMIT = 100
MAX_CHOICES = 25
EPHEMERAL, NO_PREVIEW, VOICE_NOTE = 1 << 6, 1 << 2, 1 << 13
_ROW = 5
_MAX_BUTTONS, _BUTTON_VISIBLE, _BUTTON_LIMIT = 5, 38, 80
"""More choices than one row of buttons, or labels longer than a button shows on a phone (38 characters), become a menu.
Discord's limits are 80 characters for a button's label and 100 for a menu's option."""
_MAX_SOURCES = 8
_DRAFT_LIMIT = 1900
_BLUE, _GREY, _GREEN, _RED = 1, 2, 3, 4
_MENU = "menu"

SignCustomId = Callable[[str], str]
"""Returns the signed custom id of a choice; raises `Malformed` if the choice is too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordButton:
    """A button with its custom id."""

    label: str
    id: str
    style: int = _GREY
    disabled: bool = False

    def json(self) -> Mapping[str, Any]:
        return {"type": 2, "style": self.style, "label": self.label, "custom_id": self.id, "disabled": self.disabled}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordMenu:
    """A select menu; each option is a label and the custom id that a button would have."""

    id: str
    options: tuple[tuple[str, str], ...]

    def json(self) -> Mapping[str, Any]:
        options = [{"label": label, "value": value} for label, value in self.options]
        return {"type": 3, "custom_id": self.id, "options": options}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordMessage:
    """Text in Discord's Markdown with a menu and buttons. `preview` allows link previews."""

    text: str = ""
    buttons: tuple[DiscordButton, ...] = ()
    menu: DiscordMenu | None = None
    preview: bool = True

    def json(self) -> dict[str, Any]:
        """Return the request body; mentions in it notify nobody."""
        rows: list[tuple[DiscordMenu | DiscordButton, ...]] = [(self.menu,)] if self.menu else []
        rows += [self.buttons[at : at + _ROW] for at in range(0, len(self.buttons), _ROW)]
        return {
            "content": self.text,
            "components": [{"type": 1, "components": [part.json() for part in row]} for row in rows],
            "allowed_mentions": {"parse": []},
            "flags": 0 if self.preview else NO_PREVIEW,
        }


def text_messages(reply: Text, sign: SignCustomId) -> tuple[DiscordMessage, ...]:
    """Return the messages, the last one with sources and buttons; none for an empty reply."""
    components, numbered = _choice_components(reply.choices, sign)
    parts = pages(_paragraphs(reply.text, numbered))
    sources = _sources(reply.sources)
    if sources and parts and length(parts[-1]) + 2 + length(sources) <= TEXT_LIMIT:
        parts = (*parts[:-1], f"{parts[-1]}\n\n{sources}")
    elif sources:
        parts = (*parts, sources)
    return _with_components(components, tuple(DiscordMessage(text=page, preview=not reply.sources) for page in parts))


def quiz_messages(reply: Quiz, sign: SignCustomId) -> tuple[DiscordMessage, ...]:
    """Return the question with its choices, and a form button for a typed answer; pieces to order are listed by the letters that answer it."""
    components, listing = _choice_components(() if reply.form == "ordering" else reply.choices, sign)
    components = replace(components, buttons=(*components.buttons, *_form_button(reply, sign)))
    if reply.form == "ordering":
        listing = "\n".join(f"{chr(65 + index % 26)}) {_literal(c.label)}" for index, c in enumerate(reply.choices))
    progress = f"*{_literal(reply.progress)}*" if reply.progress else ""
    return _with_components(
        components,
        tuple(DiscordMessage(text=page) for page in pages(_paragraphs(progress, _paragraphs(reply.question, listing)))),
    )


def verdict_message(reply: Mark) -> DiscordMessage | None:
    """Return the question's message with disabled, marked buttons and the verdict; `None` if it is too long."""
    page = markdown(_paragraphs(reply.question, reply.text))
    return DiscordMessage(text=page, buttons=_verdict_buttons(reply)) if 0 < length(page) <= TEXT_LIMIT else None


def draft_text(text: str, status: str) -> str:
    """Return the end of an unfinished answer followed by the status; empty if there is neither."""
    note = f"-# {escaped(_shortened(status))}" if status else ""
    parts = pages(text, _DRAFT_LIMIT - length(note))
    return "\n\n".join(part for part in (parts[-1] if parts else "", note) if part)


def _with_components(components: DiscordMessage, messages: tuple[DiscordMessage, ...]) -> tuple[DiscordMessage, ...]:
    """Return the messages, the last one with the menu and buttons of `components`."""
    return (*messages[:-1], replace(messages[-1], buttons=components.buttons, menu=components.menu)) if messages else ()


def _choice_components(choices: tuple[Choice, ...], sign: SignCustomId) -> tuple[DiscordMessage, str]:
    """Return a message without text that has buttons (few short choices) or a menu; or a numbered list if neither fits."""
    try:
        lines = tuple((_label(choice.label), sign(choice.value)) for choice in choices)
    except Malformed:
        return DiscordMessage(), _numbered(choices)
    if len(lines) > MAX_CHOICES or len({value for _, value in lines}) < len(lines):
        return DiscordMessage(), _numbered(choices)
    if len(lines) > _MAX_BUTTONS or any(length(label) > _BUTTON_VISIBLE for label, _ in lines):
        return DiscordMessage(menu=DiscordMenu(id=sign(_MENU), options=lines)), ""
    return DiscordMessage(buttons=tuple(DiscordButton(label=label, id=value) for label, value in lines)), ""


def _form_button(reply: Quiz, sign: SignCustomId) -> tuple[DiscordButton, ...]:
    """Return the button that opens the form, if the answer is typed."""
    if not reply.write:
        return ()
    try:
        return (
            DiscordButton(label=_label(reply.write, _BUTTON_LIMIT), id=sign(forms.form_choice(reply.id)), style=_BLUE),
        )
    except Malformed:
        return ()


def _numbered(choices: tuple[Choice, ...]) -> str:
    return "\n".join(f"{number}. {_literal(choice.label)}" for number, choice in enumerate(choices, 1))


def _verdict_buttons(reply: Mark) -> tuple[DiscordButton, ...]:
    def button(index: int, choice: Choice) -> DiscordButton:
        right, chosen = choice.value == reply.right, choice.value == reply.chosen
        sign = "✅ " if right else "❌ " if chosen else ""
        style = _GREEN if right else _RED if chosen else _GREY
        return DiscordButton(
            label=_label(sign + choice.label, _BUTTON_LIMIT), id=custom_id.inert(index), style=style, disabled=True
        )

    if len(reply.choices) > MAX_CHOICES:
        return ()
    return tuple(button(index, choice) for index, choice in enumerate(reply.choices))


def _label(label: str, limit: int = LABEL_LIMIT) -> str:
    words = " ".join(plain(label).split()) or "·"
    if length(words) <= limit:
        return words
    fitting = words[: limit - 1]
    return (fitting if length(fitting) < limit else words[: limit // 2 - 1]) + "…"


def _sources(sources: tuple[Source, ...]) -> str:
    return "\n".join(_source(number, source) for number, source in enumerate(sources[:_MAX_SOURCES], 1))


def _source(number: int, source: Source) -> str:
    title = escaped(_shortened(source.title))
    if urlsplit(source.link).scheme in ("http", "https") and not set(source.link) & set(" <>)"):
        title = f"[{title}](<{source.link}>)"
    section = f" · {escaped(_shortened(source.section))}" if source.section else ""
    return f"-# {number}. {title}{section}"


def _shortened(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= 100 else words[:99] + "…"


def _paragraphs(above: str, below: str) -> str:
    return "\n\n".join(part for part in (above, below) if part)


def _literal(words: str) -> str:
    """Escape plain text as Markdown of `core.markup`."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]()#+-.!|~>&<" else character for character in words)
