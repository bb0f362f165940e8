"""Back up a database to one file, and restore it, with the pg_dump and psql of the embedded Postgres."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from core.errors import Malformed, Refused
from workers.supervisor.embedded.postgres import client_program

# pg_dump leaves out extensions that the server was initialised with, which may include pgvector.
_EMPTY_SCHEMA = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE EXTENSION vector;"
_PERSONAL_TABLES = ("learners", "events")


def backup(url: str, to: Path) -> int:
    """Write a consistent snapshot of the database to a new file with mode 0600, and return its size in bytes.

    Raises `Refused` if the file exists, and `Malformed` if pg_dump fails.
    """
    if to.exists():
        raise Refused(f"{str(to)!r} already exists")
    partial = to.with_name(to.name + ".part")
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={partial}")
        partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)
    return to.stat().st_size


def restore(url: str, source: Path, *, replace: bool = False) -> None:
    """Replace the content of the database with that of a backup, in one transaction.

    Raises `Refused` if the database has personal data and `replace` is false, and `Malformed` if the file is not a backup.
    """
    if not source.is_file():
        raise Malformed(f"no such file: {str(source)!r}")
    if not replace and has_personal_data(url):
        raise Refused("the database has personal data that would be lost: pass --yes to replace it")
    with tempfile.TemporaryDirectory(prefix="sona-restore-") as folder:
        script = Path(folder) / "restore.sql"
        _run("pg_restore", "", "--no-owner", "--no-privileges", f"--file={script}", str(source.absolute()))
        options = ("--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
        _run("psql", url, *options, f"--command={_EMPTY_SCHEMA}", f"--file={script}")


def has_personal_data(url: str) -> bool:
    """Whether the database has personal data."""
    with psycopg.connect(url) as connection:
        for table in _PERSONAL_TABLES:
            known = connection.execute("SELECT to_regclass(%s)", [f"public.{table}"]).fetchone()
            if known and known[0] and connection.execute(f"SELECT 1 FROM {table} LIMIT 1".encode()).fetchone():  # noqa: S608 - a name from above
                return True
    return False


def _run(name: str, url: str, *arguments: str) -> None:
    target, secret = _split_password(url)
    argv = [str(client_program(name)), *arguments, *([f"--dbname={target}"] if target else [])]
    done = subprocess.run(argv, env={**os.environ, **secret}, capture_output=True, text=True)  # noqa: S603 - our own program
    if done.returncode:
        raise Malformed(f"{name} failed: {done.stderr.strip()}")


def _split_password(url: str) -> tuple[str, Mapping[str, str]]:
    """The URL without its password, and the password as an environment variable.

    Arguments are visible to other users in the list of processes.
    """
    if not url:
        return "", {}
    parsed = make_url(url)
    target = parsed.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    return target, {"PGPASSWORD": str(parsed.password)} if parsed.password else {}
