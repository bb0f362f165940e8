"""Turns replies into what Slack is sent; pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from bots.slack.mrkdwn import SECTION_LIMIT, cut, escaped, grid, notice, sections
from core.errors import Malformed
from core.markup import Table, plain, plain_spans
from core.reply import Choice, Mark, Quiz, Source, Text

LABEL_LIMIT = 75
MOST_BUTTONS = 25
TEXT_LIMIT = 9_000
NOTICE_LIMIT = 39_000
GOOD, BAD, WRITE = "rate:good", "rate:bad", "write"
_MOST_BLOCKS = 46
_MOST_SHOWN = 10_500
"""Characters in all blocks of a message; Slack has refused 11,300 and more (bolt-js 2509 and 2867), and says no number."""
_MOST_IN_TABLE = 9_000
"""Characters in all cells, of the 10,000 of docs.slack.dev/reference/block-kit/blocks/table-block."""
_MOST_SOURCES = 8
_ROWS, _COLUMNS = 100, 20

SignButtonValue = Callable[[str], str]
"""Turns a choice into a button's value; raises `Malformed` when that cannot be."""

SlackBlock = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMessage:
    """`text` says in plain words what `blocks` show; without blocks it is what people see."""

    text: str
    blocks: tuple[SlackBlock, ...] = ()

    @property
    def buttons(self) -> bool:
        return any(block["type"] == "actions" for block in self.blocks)

    def answered_at(self, block: str) -> "SlackMessage":
        """The same with buttons that name the conversation they are answered in, by their blocks' id."""
        shown = [{**each, "block_id": f"{block}"} if each["type"] == "actions" else each for each in self.blocks]
        return replace(self, blocks=tuple(shown))

    def bare(self) -> "SlackMessage":
        """The words alone, for when Slack takes offence at the blocks."""
        return replace(self, blocks=())


def texts(reply: Text, sign: SignButtonValue) -> tuple[SlackMessage, ...]:
    """One or more messages, sources and buttons at the end of the last one; none when there is nothing to say."""
    actions, listed = _actions(reply.choices, sign, asked=reply.text)
    said = _below(reply.text, listed)
    blocks = [*_body(said), *_sources(reply.sources), *actions, *(_rating(sign) if reply.rateable else ())]
    named = "" if listed else _numbered(reply.choices)
    return _messages(blocks, _below(said, "\n".join(map(_plain_source, reply.sources)), named))


def quiz(reply: Quiz, sign: SignButtonValue) -> tuple[SlackMessage, ...]:
    """The question with its buttons; pieces to put in order are lettered, as they are answered by their letters."""
    actions, listed = _actions(() if reply.form == "ordering" else reply.choices, sign)
    if reply.form == "ordering":
        listed = "\n".join(f"{chr(65 + i % 26)}) {_literal(c.label)}" for i, c in enumerate(reply.choices))
    said = _below(reply.question, listed)
    progress = [_context([escaped(reply.progress)])] if reply.progress else []
    named = "" if listed else _numbered(reply.choices)
    if reply.write:
        actions = [_written(actions, plainly(reply.write, LABEL_LIMIT), sign(WRITE))]
    return _messages([*progress, *_body(said), *actions], _below(reply.progress, said, named))


def _written(actions: Sequence[SlackBlock], label: SlackBlock, value: str) -> SlackBlock:
    """The row of buttons with one more, which opens a form to write in."""
    beside = actions[0]["elements"] if actions else []
    return {
        "type": "actions",
        "elements": [*beside, {"type": "button", "text": label, "value": value, "action_id": WRITE}],
    }


def verdict(reply: Mark) -> SlackMessage:
    """The question's message as it stays behind: what was chosen and what is right, and why; no buttons."""
    lines = "\n".join(_marked(reply, choice) for choice in reply.choices)
    blocks = [*_body(reply.question), *([_section(lines[:SECTION_LIMIT])] if lines else []), *_body(reply.text)]
    named = "\n".join(_marked(reply, choice) for choice in reply.choices)
    return SlackMessage(
        text=notice(_below(reply.question, _literal(named), reply.text), NOTICE_LIMIT),
        blocks=tuple(blocks[:_MOST_BLOCKS]),
    )


def draft(words: str, status: str) -> SlackMessage | None:
    """An answer half written and what is being done now; `None` when there is nothing to show."""
    heads = _heads(_body(words))
    blocks = [*heads[-1]] if heads else []
    if status:
        blocks.append(_context([f"_{escaped(_shortened(status))}_"]))
    return SlackMessage(text=notice(words or _literal(status), NOTICE_LIMIT), blocks=tuple(blocks)) if blocks else None


def button(choice: Choice, value: str, number: int, sure: SlackBlock | None = None) -> SlackBlock:
    """A button as Slack draws it; `number` tells it from the others beside it, `sure` asks again before it counts."""
    shown = {"type": "button", "text": plainly(choice.label, LABEL_LIMIT), "value": value}
    again = {"style": "danger", "confirm": sure} if sure else {}
    return {**shown, "action_id": f"choice:{number}", **again}


def picture(file: str, words: str, name: str) -> SlackMessage:
    """A picture that Slack has already, by its file's id, with words above it."""
    said = notice(words, NOTICE_LIMIT) or escaped(name) or "·"
    image = {
        "type": "image",
        "slack_file": {"id": file},
        "alt_text": " ".join(plain(words or name).split())[:2000] or "·",
    }
    return SlackMessage(text=said, blocks=(*_body(words), image))


def plainly(words: str, limit: int) -> SlackBlock:
    """Words as Slack's plain text, on one line and cut to `limit` characters."""
    words = " ".join(words.split()) or "·"
    return {"type": "plain_text", "text": words if len(words) <= limit else words[: limit - 1] + "…", "emoji": True}


def _messages(blocks: Sequence[SlackBlock], said: str) -> tuple[SlackMessage, ...]:
    """As many messages as the blocks need, each with its own words."""
    heads = _heads(blocks)
    if len(heads) < 2:
        return tuple(SlackMessage(text=notice(said, NOTICE_LIMIT), blocks=head) for head in heads)
    return tuple(
        SlackMessage(text=cut("\n\n".join(filter(None, map(_words, head))), NOTICE_LIMIT) or "…", blocks=head)
        for head in heads
    )


def _heads(blocks: Sequence[SlackBlock]) -> list[tuple[SlackBlock, ...]]:
    """The blocks of each message."""
    heads: list[tuple[SlackBlock, ...]] = []
    room = 0
    for block in blocks:
        size = len(_words(block))
        if not heads or len(heads[-1]) == _MOST_BLOCKS or size > room:
            heads.append(())
            room = _MOST_SHOWN
        heads[-1] += (block,)
        room -= size
    return heads


def _words(block: SlackBlock) -> str:
    """What a block says."""
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
    """Sections of text, and the first table as a table; Slack takes one in a message."""
    blocks: list[SlackBlock] = []
    tabled = False
    for shown in sections(text):
        if isinstance(shown, str):
            blocks.append(_section(shown))
        elif not tabled and _tabular(shown):
            blocks.append(_table(shown))
            tabled = True
        else:
            blocks.extend(_section(part) for part in _gridded(shown))
    return blocks


def _tabular(table: Table) -> bool:
    """Whether Slack takes it as a table."""
    cells = sum(len(plain_spans(cell)) for row in (table.header, *table.rows) for cell in row)
    return len(table.rows) < _ROWS and len(table.header) <= _COLUMNS and cells <= _MOST_IN_TABLE


def _gridded(table: Table) -> list[str]:
    """A table as text, in as many parts as it takes."""
    whole = grid(table)
    if len(whole) <= SECTION_LIMIT or len(table.rows) < 2:
        return [whole if len(whole) <= SECTION_LIMIT else whole[: SECTION_LIMIT - 5] + "…\n```"]
    half = len(table.rows) // 2
    return [
        *_gridded(replace(table, rows=table.rows[:half])),
        *_gridded(replace(table, rows=table.rows[half:])),
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
    """Buttons, or a numbered list where a choice cannot be put on one. `asked` is what they answer."""
    try:
        elements = [
            button(choice, sign(choice.value), number, _sure(choice, choices, asked) if choice.destroys else None)
            for number, choice in enumerate(choices)
        ]
    except Malformed:
        return [], _numbered(choices)
    if len(elements) > MOST_BUTTONS:
        return [], _numbered(choices)
    return ([{"type": "actions", "elements": elements}] if elements else []), ""


def _sure(choice: Choice, choices: tuple[Choice, ...], asked: str) -> SlackBlock:
    """A dialog in the reply's own words, and so in its language: what is asked, the choice, and the one that keeps everything."""
    keeps = next((other.label for other in choices if not other.destroys), "✕")
    return {
        "title": plainly(choice.label, 100),
        "text": plainly(plain(asked) or choice.label, 300),
        "confirm": plainly(choice.label, 30),
        "deny": plainly(keeps, 30),
        "style": "danger",
    }


def _rating(sign: SignButtonValue) -> tuple[SlackBlock, ...]:
    """Slack's own two buttons for what people think of an answer, readable in every language."""
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
    lines = [_source(number, source) for number, source in enumerate(sources[:_MOST_SOURCES], 1)]
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


def _below(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _literal(words: str) -> str:
    """Words as Markdown that shows exactly them."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]()#+-.!|~>&<" else character for character in words)
