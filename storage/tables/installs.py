"""The workspaces that have installed an app, their tokens sealed."""

from sqlalchemy import Column, DateTime, LargeBinary, Table, Text

from storage.tables.metadata import metadata

_MOMENT = DateTime(timezone=True)

installs = Table(
    "installs",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("workspace", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", _MOMENT),
    Column("installed_at", _MOMENT, nullable=False),
)
