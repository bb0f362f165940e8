"""Renders replies as Slack messages; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from bots.slack.mrkdwn import SECTION_LIMIT, escaped, notification_text, sections, table_text, truncated
from core.errors import Malformed
from core.markup import Table, plain, plain_spans
from core.reply import Choice, Mark, Quiz, Source, Text

LABEL_LIMIT = 75
MAX_BUTTONS = 25
TEXT_LIMIT = 9_000
NOTIFICATION_LIMIT = 39_000
GOOD, BAD, WRITE = "rate:good", "rate:bad", "write"
_MAX_BLOCKS = 46
_MAX_CHARACTERS = 10_500
"""Characters in all blocks of a message; undocumented, but Slack rejects 11,300 and more (bolt-js issues 2509 and 2867)."""
_MAX_TABLE_CHARACTERS = 9_000
"""Characters in all cells, below the 10,000 of docs.slack.dev/reference/block-kit/blocks/table-block."""
_MAX_SOURCES = 8
_MAX_ROWS, _MAX_COLUMNS = 100, 20

SignButtonValue = Callable[[str], str]
"""Returns the signed button value of a choice; raises `Malformed` if the choice is too long."""

SlackBlock = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMessage:
    """`text` is the plain form of `blocks` for notifications; without blocks it is the visible message."""

    text: str
    blocks: tuple[SlackBlock, ...] = ()

    @property
    def has_buttons(self) -> bool:
        return any(block["type"] == "actions" for block in self.blocks)

    def with_block_id(self, block_id: str) -> "SlackMessage":
        """Return the message with this id for its button blocks, which names the conversation that the buttons belong to."""
        shown = [{**each, "block_id": f"{block_id}"} if each["type"] == "actions" else each for each in self.blocks]
        return replace(self, blocks=tuple(shown))

    def without_blocks(self) -> "SlackMessage":
        """Return the message with its text only."""
        return replace(self, blocks=())


def text_messages(reply: Text, sign: SignButtonValue) -> tuple[SlackMessage, ...]:
    """Return the messages, the last one with sources and buttons; none for an empty reply."""
    actions, listing = _actions(reply.choices, sign, asked=reply.text)
    text = _paragraphs(reply.text, listing)
    blocks = [*_body(text), *_sources(reply.sources), *actions, *(_rating_buttons(sign) if reply.rateable else ())]
    numbered = "" if listing else _numbered(reply.choices)
    return _messages(blocks, _paragraphs(text, "\n".join(map(_plain_source, reply.sources)), numbered))


def quiz_messages(reply: Quiz, sign: SignButtonValue) -> tuple[SlackMessage, ...]:
    """Return the question with its buttons; pieces to order are listed by the letters that answer it."""
    actions, listing = _actions(() if reply.form == "ordering" else reply.choices, sign)
    if reply.form == "ordering":
        listing = "\n".join(f"{chr(65 + i % 26)}) {_literal(c.label)}" for i, c in enumerate(reply.choices))
    text = _paragraphs(reply.question, listing)
    progress = [_context([escaped(reply.progress)])] if reply.progress else []
    numbered = "" if listing else _numbered(reply.choices)
    if reply.write:
        actions = [_with_form_button(actions, plain_text(reply.write, LABEL_LIMIT), sign(WRITE))]
    return _messages([*progress, *_body(text), *actions], _paragraphs(reply.progress, text, numbered))


def _with_form_button(actions: Sequence[SlackBlock], label: SlackBlock, value: str) -> SlackBlock:
    """Return the row of buttons with one more that opens the form."""
    elements = actions[0]["elements"] if actions else []
    return {
        "type": "actions",
        "elements": [*elements, {"type": "button", "text": label, "value": value, "action_id": WRITE}],
    }


def verdict_message(reply: Mark) -> SlackMessage:
    """Return the question's message with marked choices and the verdict, without buttons."""
    lines = "\n".join(_marked(reply, choice) for choice in reply.choices)
    blocks = [*_body(reply.question), *([_section(lines[:SECTION_LIMIT])] if lines else []), *_body(reply.text)]
    marked = "\n".join(_marked(reply, choice) for choice in reply.choices)
    return SlackMessage(
        text=notification_text(_paragraphs(reply.question, _literal(marked), reply.text), NOTIFICATION_LIMIT),
        blocks=tuple(blocks[:_MAX_BLOCKS]),
    )


def draft_message(text: str, status: str) -> SlackMessage | None:
    """Return the end of an unfinished answer followed by the status; `None` if there is neither."""
    groups = _grouped(_body(text))
    blocks = [*groups[-1]] if groups else []
    if status:
        blocks.append(_context([f"_{escaped(_shortened(status))}_"]))
    return (
        SlackMessage(text=notification_text(text or _literal(status), NOTIFICATION_LIMIT), blocks=tuple(blocks))
        if blocks
        else None
    )


def button(choice: Choice, value: str, number: int, confirm: SlackBlock | None = None) -> SlackBlock:
    """Return a button block element; `number` makes its action id unique, `confirm` is a confirmation dialog."""
    shown = {"type": "button", "text": plain_text(choice.label, LABEL_LIMIT), "value": value}
    danger = {"style": "danger", "confirm": confirm} if confirm else {}
    return {**shown, "action_id": f"choice:{number}", **danger}


def picture_message(file_id: str, text: str, name: str) -> SlackMessage:
    """Return a message that shows an uploaded picture below its text."""
    notification = notification_text(text, NOTIFICATION_LIMIT) or escaped(name) or "·"
    image = {
        "type": "image",
        "slack_file": {"id": file_id},
        "alt_text": " ".join(plain(text or name).split())[:2000] or "·",
    }
    return SlackMessage(text=notification, blocks=(*_body(text), image))


def plain_text(words: str, limit: int) -> SlackBlock:
    """Return a plain-text object: one line, cut to `limit` characters."""
    words = " ".join(words.split()) or "·"
    return {"type": "plain_text", "text": words if len(words) <= limit else words[: limit - 1] + "…", "emoji": True}


def _messages(blocks: Sequence[SlackBlock], text: str) -> tuple[SlackMessage, ...]:
    """Return as many messages as the blocks need, each with the text of its own blocks."""
    groups = _grouped(blocks)
    if len(groups) < 2:
        return tuple(SlackMessage(text=notification_text(text, NOTIFICATION_LIMIT), blocks=head) for head in groups)
    return tuple(
        SlackMessage(
            text=truncated("\n\n".join(filter(None, map(_block_text, head))), NOTIFICATION_LIMIT) or "…", blocks=head
        )
        for head in groups
    )


def _grouped(blocks: Sequence[SlackBlock]) -> list[tuple[SlackBlock, ...]]:
    """Group the blocks into messages within Slack's limits."""
    groups: list[tuple[SlackBlock, ...]] = []
    remaining = 0
    for block in blocks:
        size = len(_block_text(block))
        if not groups or len(groups[-1]) == _MAX_BLOCKS or size > remaining:
            groups.append(())
            remaining = _MAX_CHARACTERS
        groups[-1] += (block,)
        remaining -= size
    return groups


def _block_text(block: SlackBlock) -> str:
    """Return the text that counts towards the limit of characters."""
    match block["type"]:
        case "section":
            return block["text"]["text"]
        case "context":
            return "\n".join(element["text"] for element in block["elements"])
        case "table":
            return "\n".join(" | ".join(escaped(cell["text"]) for cell in row) for row in block["rows"])
        case _:
            return ""


def _body(text: str) -> list[SlackBlock]:
    """Return text sections, with the first table as a table block; Slack allows one in a message."""
    blocks: list[SlackBlock] = []
    has_table = False
    for shown in sections(text):
        if isinstance(shown, str):
            blocks.append(_section(shown))
        elif not has_table and _fits_a_table(shown):
            blocks.append(_table(shown))
            has_table = True
        else:
            blocks.extend(_section(part) for part in _table_texts(shown))
    return blocks


def _fits_a_table(table: Table) -> bool:
    """Return whether the table is within Slack's limits for table blocks."""
    cells = sum(len(plain_spans(cell)) for row in (table.header, *table.rows) for cell in row)
    return len(table.rows) < _MAX_ROWS and len(table.header) <= _MAX_COLUMNS and cells <= _MAX_TABLE_CHARACTERS


def _table_texts(table: Table) -> list[str]:
    """Render a table as text, halving it until each part fits a section."""
    whole = table_text(table)
    if len(whole) <= SECTION_LIMIT or len(table.rows) < 2:
        return [whole if len(whole) <= SECTION_LIMIT else whole[: SECTION_LIMIT - 5] + "…\n```"]
    half = len(table.rows) // 2
    return [
        *_table_texts(replace(table, rows=table.rows[:half])),
        *_table_texts(replace(table, rows=table.rows[half:])),
    ]


def _table(table: Table) -> SlackBlock:
    rows = [
        [{"type": "raw_text", "text": plain_spans(c).strip() or "–"} for c in r] for r in (table.header, *table.rows)
    ]
    return {"type": "table", "rows": rows, "column_settings": [{"is_wrapped": True}] * len(rows[0])}


def _section(words: str) -> SlackBlock:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}, "expand": True}


def _context(lines: Sequence[str]) -> SlackBlock:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": line} for line in lines]}


def _actions(choices: tuple[Choice, ...], sign: SignButtonValue, asked: str = "") -> tuple[list[SlackBlock], str]:
    """Return buttons, or a numbered list if a choice fits no button. `asked` is the question for confirmation dialogs."""
    try:
        elements = [
            button(
                choice, sign(choice.value), number, _confirmation(choice, choices, asked) if choice.destroys else None
            )
            for number, choice in enumerate(choices)
        ]
    except Malformed:
        return [], _numbered(choices)
    if len(elements) > MAX_BUTTONS:
        return [], _numbered(choices)
    return ([{"type": "actions", "elements": elements}] if elements else []), ""


def _confirmation(choice: Choice, choices: tuple[Choice, ...], asked: str) -> SlackBlock:
    """Return a confirmation dialog in the reply's own words, and so in its language."""
    deny = next((other.label for other in choices if not other.destroys), "✕")
    return {
        "title": plain_text(choice.label, 100),
        "text": plain_text(plain(asked) or choice.label, 300),
        "confirm": plain_text(choice.label, 30),
        "deny": plain_text(deny, 30),
        "style": "danger",
    }


def _rating_buttons(sign: SignButtonValue) -> tuple[SlackBlock, ...]:
    """Return Slack's feedback buttons, with emoji as labels that need no translation."""
    good, bad = (
        {"text": {"type": "plain_text", "text": thumb, "emoji": True}, "value": sign(choice)}
        for thumb, choice in (("👍", GOOD), ("👎", BAD))
    )
    buttons = {"type": "feedback_buttons", "action_id": "rating", "positive_button": good, "negative_button": bad}
    return ({"type": "context_actions", "elements": [buttons]},)


def _numbered(choices: tuple[Choice, ...]) -> str:
    return "\n".join(f"{number}. {_literal(choice.label)}" for number, choice in enumerate(choices, 1))


def _marked(reply: Mark, choice: Choice) -> str:
    sign = "✅" if choice.value == reply.right else "❌" if choice.value == reply.chosen else "▫️"
    return f"{sign} {escaped(' '.join(choice.label.split()))}"


def _sources(sources: tuple[Source, ...]) -> list[SlackBlock]:
    lines = [_source(number, source) for number, source in enumerate(sources[:_MAX_SOURCES], 1)]
    return [_context(lines)] if lines else []


def _source(number: int, source: Source) -> str:
    title = escaped(_shortened(source.title))
    if urlsplit(source.link).scheme in ("http", "https") and len(source.link) < SECTION_LIMIT // 4:
        title = f"<{escaped(source.link).replace('|', '%7C')}|{title}>"
    section = f" · {escaped(_shortened(source.section))}" if source.section else ""
    return f"[{number}] {title}{section}"


def _plain_source(source: Source) -> str:
    return _literal(" · ".join(part for part in (source.title, source.section) if part))


def _shortened(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= 100 else words[:99] + "…"


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _literal(words: str) -> str:
    """Escape plain text as Markdown of `core.markup`."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]()#+-.!|~>&<" else character for character in words)
