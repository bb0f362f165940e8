"""Run the Alembic migrations."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from core.errors import Malformed, Unreachable
from storage.engine.database import sqlalchemy_url

_FOLDER = Path(__file__).parents[2] / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate up to `revision`. Raises `Unreachable`, and `Malformed` if a newer version of Sona made the tables."""
    _with_connection(url, lambda config: _upgrade(config, revision))


def downgrade(url: str, revision: str = "base") -> None:
    """Migrate down to `revision`; data that its tables have no place for is lost. Raises `Unreachable`."""
    _with_connection(url, lambda config: command.downgrade(config, revision))


def make(url: str, message: str) -> None:
    """Write a new migration from the differences between the tables in the code and those in the database."""
    _with_connection(url, lambda config: _revise(config, message))


def pending(url: str) -> bool:
    """Whether `upgrade` would change anything."""
    states: list[bool] = []
    _with_connection(url, lambda config: states.append(_present(config) != newest()))
    return states[0]


def newest() -> str | None:
    """The revision that this code expects; `None` if there is no migration."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _upgrade(config: Config, revision: str) -> None:
    present = _present(config)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if present and present not in known:
        raise Malformed(f"the database is at revision {present} of a newer version of Sona: update this one")
    command.upgrade(config, revision)


def _revise(config: Config, message: str) -> None:
    command.revision(config, message, autogenerate=True)


def _present(config: Config) -> str | None:
    connection: Connection = config.attributes["connection"]
    present = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    return present


def _config() -> Config:
    config = Config()
    # Alembic's configuration interpolates percent signs.
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _with_connection(url: str, work: Callable[[Config], object]) -> None:
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            config = _config()
            config.attributes["connection"] = connection
            work(config)
            connection.commit()
    except OperationalError as error:
        raise Unreachable(f"the database does not answer: {str(error.orig).strip()}") from error
    finally:
        engine.dispose()
