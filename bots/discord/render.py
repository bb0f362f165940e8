"""Turns replies into what Discord is sent; pure."""

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
"""More choices than `_FEW`, or labels longer than a button shows on a phone, go into a menu; a button takes 80 characters, a menu's line 100."""
_MAX_SOURCES = 8
_DRAFT_LIMIT = 1900
_BLUE, _GREY, _GREEN, _RED = 1, 2, 3, 4
_MENU = "menu"

SignCustomId = Callable[[str], str]
"""Turns a choice into a custom id; raises `Malformed` when that cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordButton:
    label: str
    id: str
    style: int = _GREY
    disabled: bool = False

    def json(self) -> Mapping[str, Any]:
        return {"type": 2, "style": self.style, "label": self.label, "custom_id": self.id, "disabled": self.disabled}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordMenu:
    """One of these lines can be chosen, each a label and the custom id that a button would have."""

    id: str
    options: tuple[tuple[str, str], ...]

    def json(self) -> Mapping[str, Any]:
        options = [{"label": label, "value": value} for label, value in self.options]
        return {"type": 3, "custom_id": self.id, "options": options}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordMessage:
    """Words in Discord's Markdown with a menu and buttons below. `preview` shows the first link's page."""

    text: str = ""
    buttons: tuple[DiscordButton, ...] = ()
    menu: DiscordMenu | None = None
    preview: bool = True

    def json(self) -> dict[str, Any]:
        """The body that Discord takes. Nobody is ever notified by what a model writes."""
        rows: list[tuple[DiscordMenu | DiscordButton, ...]] = [(self.menu,)] if self.menu else []
        rows += [self.buttons[at : at + _ROW] for at in range(0, len(self.buttons), _ROW)]
        return {
            "content": self.text,
            "components": [{"type": 1, "components": [part.json() for part in row]} for row in rows],
            "allowed_mentions": {"parse": []},
            "flags": 0 if self.preview else NO_PREVIEW,
        }


def text_messages(reply: Text, sign: SignCustomId) -> tuple[DiscordMessage, ...]:
    """One or more messages, sources and buttons with the last one; none when there is nothing to say."""
    components, numbered = _choice_components(reply.choices, sign)
    parts = pages(_paragraphs(reply.text, numbered))
    sources = _sources(reply.sources)
    if sources and parts and length(parts[-1]) + 2 + length(sources) <= TEXT_LIMIT:
        parts = (*parts[:-1], f"{parts[-1]}\n\n{sources}")
    elif sources:
        parts = (*parts, sources)
    return _with_components(components, tuple(DiscordMessage(text=page, preview=not reply.sources) for page in parts))


def quiz_messages(reply: Quiz, sign: SignCustomId) -> tuple[DiscordMessage, ...]:
    """The question with its choices, or with a button to write the answer; pieces to put in order are lettered, as they are answered by their letters."""
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
    """The question's message as it stays behind: marked buttons that do nothing, and the verdict; `None` when too long."""
    page = markdown(_paragraphs(reply.question, reply.text))
    return DiscordMessage(text=page, buttons=_verdict_buttons(reply)) if 0 < length(page) <= TEXT_LIMIT else None


def draft_text(text: str, status: str) -> str:
    """The end of an answer half written, and what is being done now; empty when there is nothing to show."""
    note = f"-# {escaped(_shortened(status))}" if status else ""
    parts = pages(text, _DRAFT_LIMIT - length(note))
    return "\n\n".join(part for part in (parts[-1] if parts else "", note) if part)


def _with_components(components: DiscordMessage, messages: tuple[DiscordMessage, ...]) -> tuple[DiscordMessage, ...]:
    """The messages, the last of them with what stands below."""
    return (*messages[:-1], replace(messages[-1], buttons=components.buttons, menu=components.menu)) if messages else ()


def _choice_components(choices: tuple[Choice, ...], sign: SignCustomId) -> tuple[DiscordMessage, str]:
    """Few short choices as buttons and others as a menu, in a message without words; or a numbered list where a choice cannot be put on either."""
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
    """The button that opens a form for the answer, where it is one in words."""
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
    """Words as Markdown that shows exactly them."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]()#+-.!|~>&<" else character for character in words)
