"""Putting a document's passages, vectors and terms into the tables, in bulk."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.psycopg import register_vector_async
from psycopg import AsyncConnection
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection as Connection

from core.ports.knowledge import IndexableDocument, Passage
from core.rag.language import STEMMED, stemming
from core.rag.postings import Posting, postings
from core.rag.words import clean, words
from storage.engine.driver import driver_connection
from storage.tables import knowledge as tables

_STEMS = text("SELECT word, ts_lexize(CAST(:stemmer AS regdictionary), word) FROM unnest(CAST(:words AS text[])) word")
_IDS = text("SELECT nextval('passages_id_seq') FROM generate_series(1, :count)")


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """What a document came to: the language its words are stemmed in, and how many words its passages count together."""

    stemming: str
    words: int


async def index_document(
    connection: Connection,
    source: str,
    owner: str,
    document: IndexableDocument,
    vectors: NDArray[np.float32],
    embedder: str,
) -> IndexedDocument:
    """Replace everything kept of a source, inside the caller's transaction."""
    listed, sample = await asyncio.to_thread(_words, document.passages)
    language = stemming(document.language, sample)
    stems = await stems_of(connection, language, {word for passage in listed for word in passage})
    found, lengths = await asyncio.to_thread(postings, listed, stems, language)
    for table in (tables.postings, tables.passages):
        await connection.execute(delete(table).where(table.c.source_id == source))
    ids: Sequence[int] = (await connection.scalars(_IDS, {"count": len(document.passages)})).all()
    bulk = await driver_connection(connection)
    await _copy(bulk, _PASSAGES, _passage_rows(ids, source, document.passages))
    await _copy(bulk, _POSTINGS, _posting_rows(ids, source, owner, found, lengths))
    await put_vectors(connection, ids, owner, vectors, embedder)
    return IndexedDocument(language, sum(lengths))


async def put_vectors(
    connection: Connection, ids: Sequence[int], owner: str, vectors: NDArray[np.float32], embedder: str
) -> None:
    """Keep a vector for each passage id; raises `ValueError` unless there are as many."""
    bulk = await driver_connection(connection)
    await register_vector_async(bulk)
    halves = vectors.astype(np.float16)
    rows = (
        (number, owner, embedder, halves.shape[1], HalfVector(half)) for number, half in zip(ids, halves, strict=True)
    )
    await _copy(bulk, _VECTORS, rows)


async def stems_of(connection: Connection, language: str, wanted: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """The stems of words in a language of `STEMMED`; nothing for another, whose words are kept as they are."""
    if language not in STEMMED:
        return {}
    rows = await connection.execute(_STEMS, {"stemmer": f"{STEMMED[language]}_stem", "words": sorted(wanted)})
    return dict(rows.all())


async def passage_ids(connection: Connection, source: str) -> Sequence[int]:
    """The ids of a source's passages in the order of the document."""
    column = tables.passages.c
    return (await connection.scalars(select(column.id).where(column.source_id == source).order_by(column.id))).all()


def _words(passages: Sequence[Passage]) -> tuple[list[list[str]], str]:
    listed = [words(clean(f"{passage.section}\n{passage.text}")) for passage in passages]
    return listed, " ".join(passage.text for passage in passages[:50])


_PASSAGES = (
    "passages",
    ("id", "source_id", "position", "page", "section", "link", "text"),
    "int8 text int4 int4 text text text",
)
_POSTINGS = (
    "postings",
    ("source_id", "term", "owner", "count", "passages", "frequencies", "lengths"),
    "text text text int4 int8[] int4[] int4[]",
)
_VECTORS = ("vectors", ("passage_id", "owner", "embedder", "dimensions", "embedding"), "int8 text text int2 halfvec")


def _passage_rows(ids: Sequence[int], source: str, passages: Sequence[Passage]) -> Iterable[tuple[Any, ...]]:
    for number, passage in zip(ids, passages, strict=True):
        place, section = passage.position, clean(passage.section)
        yield number, source, place, passage.page, section, clean(passage.link), clean(passage.text)


def _posting_rows(
    ids: Sequence[int], source: str, owner: str, found: Iterable[Posting], lengths: Sequence[int]
) -> Iterable[tuple[Any, ...]]:
    for posting in found:
        numbers, sizes = [ids[place] for place in posting.passages], [lengths[place] for place in posting.passages]
        yield source, posting.term, owner, len(numbers), numbers, list(posting.frequencies), sizes


async def _copy(
    bulk: AsyncConnection[Any], table: tuple[str, tuple[str, ...], str], rows: Iterable[tuple[Any, ...]]
) -> None:
    name, columns, types = table
    statement = f"COPY {name} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)".encode()
    async with bulk.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types.split())
        for row in rows:
            await copy.write_row(row)
