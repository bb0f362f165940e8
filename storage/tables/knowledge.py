"""Tables of sources, their passages, and the two search indexes: vectors and postings."""

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

_TIME = DateTime(timezone=True)
passage_ids = Sequence("passages_id_seq", metadata=metadata, data_type=BigInteger)

# `edition` grows with each request to read the source and `claimed_edition` is the one being read, so that a request
# during reading is not lost. `content_version` grows with each stored document; `stemming` is the language its terms
# are stemmed in, `words` the number of words in all passages (the average passage length of BM25 needs it).
sources = Table(
    "sources",
    metadata,
    Column("id", Text, primary_key=True),
    Column("uri", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("mime", Text, nullable=False),
    Column("notify", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("edition", Integer, nullable=False, server_default="1"),
    Column("claimed_edition", Integer, nullable=False, server_default="0"),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("lease_seconds", Double, nullable=False, server_default="0"),
    Column("lease_until", _TIME),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default=""),
    Column("stemming", Text, nullable=False, server_default=""),
    Column("link", Text, nullable=False, server_default=""),
    Column("embedder", Text, nullable=False, server_default=""),
    Column("content_version", Integer, nullable=False, server_default="0"),
    Column("passages", Integer, nullable=False, server_default="0"),
    Column("words", BigInteger, nullable=False, server_default="0"),
    Column("created_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    UniqueConstraint("owner", "uri"),
    Index(
        "ix_sources_unfinished", "lease_until", postgresql_where=text("state IN ('waiting', 'reading', 'embedding')")
    ),
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
    Index("ix_vectors_owner", "owner", "embedder", postgresql_where=text("owner <> ''")),
    Index(
        "ix_vectors_hnsw_384",
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
