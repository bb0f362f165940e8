"""Tables of workspaces that installed an app, with their sealed tokens."""

from sqlalchemy import Column, DateTime, LargeBinary, Table, Text

from storage.tables.metadata import metadata

_TIME = DateTime(timezone=True)

installs = Table(
    "installs",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("workspace", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sealed_tokens", LargeBinary, nullable=False),
    Column("expires_at", _TIME),
    Column("installed_at", _TIME, nullable=False),
)
