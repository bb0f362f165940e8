"""Store a document's passages, vectors and postings in bulk."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector import HalfVector
from pgvector.psycopg import register_vector_async
from psycopg import AsyncConnection
from sqlalchemy import Table, delete, select, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.ext.asyncio import AsyncConnection as Connection

from core.ports.knowledge import IndexableDocument, Passage
from core.rag.language import STEMMED, stemming
from core.rag.postings import Posting, postings
from core.rag.words import clean, words
from storage.engine.driver import driver_connection
from storage.tables import knowledge as tables

_DIALECT = PGDialect_psycopg()
_LANGUAGE_SAMPLE = 50
"""Passages whose text is enough to detect the language."""

_STEMS = text("SELECT word, ts_lexize(CAST(:stemmer AS regdictionary), word) FROM unnest(CAST(:words AS text[])) word")
_IDS = text("SELECT nextval('passages_id_seq') FROM generate_series(1, :count)")


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """`stemming` is the language that the terms are stemmed in, `words` the number of words in all passages."""

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
    """Replace all passages, postings and vectors of a source, inside the caller's transaction."""
    listed, sample = await asyncio.to_thread(_words, document.passages)
    language = stemming(document.language, sample)
    stems = await _stems(connection, language, {word for passage in listed for word in passage})
    found, lengths = await asyncio.to_thread(postings, listed, stems, language)
    for table in (tables.postings, tables.passages):
        await connection.execute(delete(table).where(table.c.source_id == source))
    ids: Sequence[int] = (await connection.scalars(_IDS, {"count": len(document.passages)})).all()
    driver = await driver_connection(connection)
    await _copy(driver, tables.passages, _passage_rows(ids, source, document.passages))
    await _copy(driver, tables.postings, _posting_rows(ids, source, owner, found, lengths))
    await put_vectors(connection, ids, owner, vectors, embedder)
    return IndexedDocument(language, sum(lengths))


async def put_vectors(
    connection: Connection, ids: Sequence[int], owner: str, vectors: NDArray[np.float32], embedder: str
) -> None:
    """Store one vector for each passage id, in half precision. Raises `ValueError` if their numbers differ."""
    driver = await driver_connection(connection)
    await register_vector_async(driver)
    halves = vectors.astype(np.float16)
    rows = (
        (number, owner, embedder, halves.shape[1], HalfVector(half)) for number, half in zip(ids, halves, strict=True)
    )
    await _copy(driver, tables.vectors, rows)


async def passage_ids(connection: Connection, source: str) -> Sequence[int]:
    """The ids of a source's passages, in the order of the document."""
    column = tables.passages.c
    return (await connection.scalars(select(column.id).where(column.source_id == source).order_by(column.id))).all()


async def _stems(connection: Connection, language: str, wanted: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """The stems of words in a language of `STEMMED`; empty for other languages, whose words are indexed unchanged."""
    if language not in STEMMED:
        return {}
    rows = await connection.execute(_STEMS, {"stemmer": f"{STEMMED[language]}_stem", "words": sorted(wanted)})
    return dict(rows.all())


def _words(passages: Sequence[Passage]) -> tuple[list[list[str]], str]:
    listed = [words(clean(f"{passage.section}\n{passage.text}")) for passage in passages]
    return listed, " ".join(passage.text for passage in passages[:_LANGUAGE_SAMPLE])


def _passage_rows(ids: Sequence[int], source: str, passages: Sequence[Passage]) -> Iterable[tuple[Any, ...]]:
    for number, passage in zip(ids, passages, strict=True):
        section = clean(passage.section)
        yield number, source, passage.position, passage.page, section, clean(passage.link), clean(passage.text)


def _posting_rows(
    ids: Sequence[int], source: str, owner: str, found: Iterable[Posting], lengths: Sequence[int]
) -> Iterable[tuple[Any, ...]]:
    for posting in found:
        numbers, sizes = [ids[place] for place in posting.passages], [lengths[place] for place in posting.passages]
        yield source, posting.term, owner, len(numbers), numbers, list(posting.frequencies), sizes


async def _copy(driver: AsyncConnection[Any], table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Bulk insert with COPY; the rows have a value for each column, in the order of the table."""
    columns = ", ".join(column.name for column in table.columns)
    # Binary COPY converts nothing on the server: every value has to be sent in the type of its column.
    types = [column.type.compile(dialect=_DIALECT).lower() for column in table.columns]
    statement = f"COPY {table.name} ({columns}) FROM STDIN (FORMAT BINARY)".encode()
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            await copy.write_row(row)
