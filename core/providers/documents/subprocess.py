"""The process that reads one document and ends: an order and bytes on standard input, passages on standard output."""

import json
import os
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, BinaryIO, TypedDict

from core.ports.documents import DocumentHeading, DocumentTable, ParsedDocument, Unreadable
from core.providers.documents import formats
from core.providers.documents.sample import Sample
from core.rag.chunk import cut, tidy

LETTERS = 8_000_000
"""Characters in a document at most: four times the Bible."""
_TITLE_LENGTH = 300


class ReadRequest(TypedDict):
    """The first line of the input: hints about the document, and limits in bytes and seconds."""

    mime: str
    name: str
    link: str
    memory: int
    cpu: int
    wall: int


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answer
    order: ReadRequest = json.loads(sys.stdin.buffer.readline())
    _bind(order)
    answer = _answer(order, sys.stdin.buffer)
    answers.write(json.dumps(answer).encode("ascii"))
    answers.flush()
    os._exit(0)  # nothing is left to tidy up, and freeing a deep document can take long


def _bind(order: ReadRequest) -> None:
    signal.alarm(order["wall"])
    _limit(resource.RLIMIT_AS, order["memory"], order["memory"])
    _limit(resource.RLIMIT_CPU, order["cpu"], order["cpu"] + 5)
    _limit(resource.RLIMIT_FSIZE, 0, 0)
    _limit(resource.RLIMIT_CORE, 0, 0)


def _limit(kind: int, soft: int, hard: int) -> None:
    with suppress(ValueError, OSError):  # macOS does not know every limit
        resource.setrlimit(kind, (soft, hard))


def _answer(order: ReadRequest, source: BinaryIO) -> dict[str, Any]:
    try:
        sample = Sample(data=source.read(), mime=order["mime"], name=order["name"], link=order["link"])
        return _document(sample, formats.read(sample))
    except Unreadable as error:
        return {"reason": error.reason, "values": error.values}
    except MemoryError:
        return {"reason": "ingest.too_large", "values": {}}
    except Exception as error:  # noqa: BLE001 - no document may break more than its own reading
        return {"reason": "ingest.broken", "values": {}, "fault": type(error).__name__}


def _document(sample: Sample, reading: ParsedDocument) -> dict[str, Any]:
    if _letters(reading) > LETTERS:
        raise Unreadable("ingest.too_large")
    titled = replace(reading, title=_title(sample, reading))
    passages = cut(titled, link=sample.link)
    if not passages:
        raise Unreadable("ingest.no_text")
    return {
        "title": titled.title,
        "language": tidy(reading.language).strip()[:35],
        "passages": [[item.text, item.section, item.page, item.link] for item in passages],
    }


def _letters(reading: ParsedDocument) -> int:
    return sum(
        sum(len(cell) for row in (block.header, *block.rows) for cell in row)
        if isinstance(block, DocumentTable)
        else len(block.text)
        for block in reading.blocks
    )


def _title(sample: Sample, reading: ParsedDocument) -> str:
    """The document's own title, else its one main heading, else its file name."""
    main_headings = [block.text for block in reading.blocks if isinstance(block, DocumentHeading) and block.level == 1]
    own = reading.title or (main_headings[0] if len(main_headings) == 1 else "")
    name = PurePosixPath(sample.name.replace("\\", "/"))
    endings = {ending for form in formats.formats() for ending in form.ENDINGS}
    called = name.stem if name.suffix.lower() in endings else name.name
    return " ".join(tidy(own or called or sample.link).split())[:_TITLE_LENGTH]


if __name__ == "__main__":
    main()
