"""A whole database as one file, written and read by Postgres's own programs from the wheel."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from core.errors import Malformed, Refused
from workers.supervisor.embedded.postgres import client_program

# A server counts what it was made with as its own and leaves it out of a dump; pgvector may be among that.
_EMPTY_FIRST = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE EXTENSION vector;"
_TELLING = ("learners", "events")


def backup(url: str, to: Path) -> int:
    """Write everything in the database to a new file that only its owner reads, and return its size in bytes.

    It is one moment's state, whatever goes on meanwhile. Raises `Refused` when the file is there already.
    """
    if to.exists():
        raise Refused(f"{str(to)!r} is there already")
    partial = to.with_name(to.name + ".part")
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        _do("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={partial}")
        partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)
    return to.stat().st_size


def restore(url: str, source: Path, *, replace: bool = False) -> None:
    """Put a backup's content in place of the database's own, all or nothing.

    Raises `Refused` when people's data is in the database and `replace` is not said; `Malformed` when the file is no backup.
    """
    if not source.is_file():
        raise Malformed(f"there is no file {str(source)!r}")
    if not replace and holds_people(url):
        raise Refused("the database holds people's data, which would be lost: say --yes to replace it")
    with tempfile.TemporaryDirectory(prefix="sona-restore-") as folder:
        script = Path(folder) / "restore.sql"
        _do("pg_restore", "", "--no-owner", "--no-privileges", f"--file={script}", str(source.absolute()))
        options = ("--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
        _do("psql", url, *options, f"--command={_EMPTY_FIRST}", f"--file={script}")


def holds_people(url: str) -> bool:
    """Whether anybody has talked here."""
    with psycopg.connect(url) as connection:
        for table in _TELLING:
            known = connection.execute("SELECT to_regclass(%s)", [f"public.{table}"]).fetchone()
            if known and known[0] and connection.execute(f"SELECT 1 FROM {table} LIMIT 1".encode()).fetchone():  # noqa: S608 - a name from above
                return True
    return False


def _do(name: str, url: str, *arguments: str) -> None:
    place, secret = _apart(url)
    argv = [str(client_program(name)), *arguments, *([f"--dbname={place}"] if place else [])]
    done = subprocess.run(argv, env={**os.environ, **secret}, capture_output=True, text=True)  # noqa: S603 - our own program
    if done.returncode:
        raise Malformed(f"{name} failed: {done.stderr.strip()}")


def _apart(url: str) -> tuple[str, Mapping[str, str]]:
    """The address without its password, which other users could read in the list of processes."""
    if not url:
        return "", {}
    whole = make_url(url)
    place = whole.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    return place, {"PGPASSWORD": str(whole.password)} if whole.password else {}
