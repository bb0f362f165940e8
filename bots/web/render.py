"""Lines of the feed as the page shows them; Markdown becomes a tree that the page builds with DOM calls."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from core.errors import Malformed
from core.event import Body, Said, Shared, Spoke, Tapped
from core.markup import Block, BlockQuote, CodeBlock, Heading, ListItem, Paragraph, Rule, Spans, Table, parse
from core.media import Media
from core.ports.feed import FeedEntry
from core.reply import Choice, Document, Mark, Picture, Quiz, Reply, Text, Voice
from core.wire import load_body, load_reply

JsonObject = dict[str, Any]
BlobLink = Callable[[str], str]
"""From a blob's key to the address this conversation reads it at."""

BLOB = "blob:"
_VERDICTS = "✅☑❌\ufe0f "
"""Signs in front of a verdict, which the page draws itself."""
_STYLES = ("bold", "italic", "strike", "code")


def said(reply: Mapping[str, Any], at: datetime) -> JsonObject:
    """The stored body of Sona's line; `reply` is the reply's record as `core.wire` writes it."""
    return {"role": "sona", "at": at.isoformat(), "reply": reply}


def heard(body: Mapping[str, Any], at: datetime, shown: str = "") -> JsonObject:
    """The stored body of a person's line; `shown` is what they saw themselves say where `body` says it in code."""
    return {"role": "person", "at": at.isoformat(), "body": body, "shown": shown}


def line(entry: FeedEntry, link: BlobLink) -> JsonObject:
    """A feed's line for the page. What this version does not know has kind `unknown`, so that numbers stay whole."""
    frame = {"seq": entry.seq, "key": entry.key, "role": entry.body.get("role"), "at": entry.body.get("at")}
    try:
        if frame["role"] == "person":
            shown = str(entry.body.get("shown", ""))
            return frame | _person(load_body(entry.body["body"]), shown, link)
        return frame | _sona(load_reply(entry.body["reply"]), link)
    except (Malformed, KeyError):
        return frame | {"kind": "unknown"}


def _person(body: Body, shown: str, link: BlobLink) -> JsonObject:
    match body:
        case Said():
            return {"kind": "said", "text": shown or body.text}
        case Tapped():
            return {"kind": "tapped", "text": shown, "choice": body.choice, "of": body.of}
        case Spoke():
            return {"kind": "spoke", "audio": body.audio and _media(body.audio, link), "text": body.heard}
        case Shared():
            return {"kind": "shared", "media": _media(body.media, link), "text": body.text}
        case _:
            return {"kind": "unknown"}


def _sona(reply: Reply, link: BlobLink) -> JsonObject:
    match reply:
        case Text():
            sources = [asdict(source) for source in reply.sources]
            return {"kind": "text", "blocks": blocks(reply.text), "choices": _choices(reply.choices)} | {
                "sources": sources
            }
        case Voice():
            audio = reply.audio and _media(reply.audio, link)
            shown = [] if reply.repeats and audio else blocks(reply.text)
            return {"kind": "voice", "blocks": shown, "audio": audio, "language": reply.language}
        case Quiz():
            return _quiz(reply, link)
        case Mark():
            answer = {"chosen": reply.chosen, "right": reply.right, "correct": reply.correct}
            question = {"quiz": reply.quiz, "question": blocks(reply.question), "choices": _choices(reply.choices)}
            return {"kind": "mark", "blocks": blocks(reply.text.lstrip(_VERDICTS))} | question | answer
        case Picture():
            return {"kind": "picture", "media": _media(reply.media, link), "blocks": blocks(reply.text)}
        case Document():
            return {"kind": "document", "media": _media(reply.media, link), "blocks": blocks(reply.text)}


def _quiz(quiz: Quiz, link: BlobLink) -> JsonObject:
    """What a listening question says stays here, or the page would give the answer away."""
    return {
        "kind": "quiz",
        "quiz": quiz.id,
        "blocks": blocks(quiz.question),
        "form": quiz.form,
        "choices": _choices(quiz.choices),
        "audio": quiz.audio and _media(quiz.audio, link),
        "progress": quiz.progress,
    }


def _choices(choices: tuple[Choice, ...]) -> list[JsonObject]:
    return [{"label": choice.label, "value": choice.value} for choice in choices]


def _media(media: Media, link: BlobLink) -> JsonObject:
    href = link(media.ref) if media.ref.startswith(BLOB) else ""
    return {
        "href": href,
        "mime": media.mime,
        "name": media.name,
        "size": media.size,
        "seconds": media.seconds,
    }


def blocks(text: str) -> list[JsonObject]:
    """Markdown as a tree of JSON: block kinds `p h li code quote table hr`, spans `{"t": words, "bold": true, …}`."""
    return [_block(block) for block in parse(text)]


def _block(block: Block) -> JsonObject:
    match block:
        case Paragraph():
            return {"k": "p", "s": _spans(block.spans)}
        case Heading():
            return {"k": "h", "s": _spans(block.spans), "level": block.level}
        case ListItem():
            return {"k": "li", "s": _spans(block.spans), "depth": block.depth, "n": block.ordinal}
        case CodeBlock():
            return {"k": "code", "text": block.text, "language": block.language}
        case BlockQuote():
            return {"k": "quote", "blocks": [_block(inner) for inner in block.blocks]}
        case Table():
            rows = [[_spans(cell) for cell in row] for row in block.rows]
            return {"k": "table", "header": [_spans(cell) for cell in block.header], "rows": rows}
        case Rule():
            return {"k": "hr"}


def _spans(spans: Spans) -> list[JsonObject]:
    return [
        {"t": span.text}
        | {style: True for style in _STYLES if getattr(span, style)}
        | ({"link": span.link} if span.link else {})
        for span in spans
    ]
