"""Tables of opt-outs and of the daily sending allowance per address."""

from sqlalchemy import Boolean, Column, Date, DateTime, Double, Integer, Table, Text

from storage.tables.metadata import metadata

consents = Table(
    "consents",
    metadata,
    Column("address", Text, primary_key=True),
    Column("withdrawn", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

allowances = Table(
    "allowances",
    metadata,
    Column("address", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("spent", Integer, nullable=False),
    Column("cost", Double, nullable=False, server_default="0"),
)
