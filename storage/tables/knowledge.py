"""What Sona has read: sources, their passages, and the two ways passages are found."""

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    Sequence,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.tables.metadata import metadata

_MOMENT = DateTime(timezone=True)
passage_ids = Sequence("passages_id_seq", metadata=metadata, data_type=BigInteger)

sources = Table(
    "sources",
    metadata,
    Column("id", Text, primary_key=True),
    Column("uri", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("mime", Text, nullable=False),
    Column("notify", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("edition", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("lease_seconds", Double, nullable=False),
    Column("lease_until", _MOMENT),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("stemming", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("embedder", Text, nullable=False),
    Column("stored", Integer, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("words", BigInteger, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("updated_at", _MOMENT, nullable=False),
    UniqueConstraint("owner", "uri"),
    Index("ix_sources_open", "lease_until", postgresql_where=text("state IN ('waiting', 'reading', 'embedding')")),
)


def _source(*, primary_key: bool = False, index: bool = False) -> Column[str]:
    key = ForeignKey("sources.id", ondelete="CASCADE")
    return Column("source_id", Text, key, primary_key=primary_key, nullable=False, index=index)


passages = Table(
    "passages",
    metadata,
    Column("id", BigInteger, passage_ids, primary_key=True),
    _source(index=True),
    Column("position", Integer, nullable=False),
    Column("page", Integer, nullable=False),
    Column("section", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("text", Text, nullable=False),
)

vectors = Table(
    "vectors",
    metadata,
    Column(
        "passage_id",
        BigInteger,
        ForeignKey("passages.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("owner", Text, nullable=False),
    Column("embedder", Text, nullable=False),
    Column("dimensions", SmallInteger, nullable=False),
    Column("embedding", HALFVEC(), nullable=False),
    Index("ix_vectors_owned", "owner", "embedder", postgresql_where=text("owner <> ''")),
    Index(
        "ix_vectors_near_384",
        text("(embedding::halfvec(384)) halfvec_ip_ops"),
        postgresql_using="hnsw",
        postgresql_with={"m": 16, "ef_construction": 128},
        postgresql_where=text("owner = '' AND dimensions = 384"),
    ),
)

postings = Table(
    "postings",
    metadata,
    _source(primary_key=True),
    Column("term", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("passages", ARRAY(BigInteger), nullable=False),
    Column("frequencies", ARRAY(Integer), nullable=False),
    Column("lengths", ARRAY(Integer), nullable=False),
    Index("ix_postings_term_owner", "term", "owner", postgresql_include=["count"]),
)
