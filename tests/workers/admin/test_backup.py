"""A database is backed up to one file and restored from it."""

import stat
from pathlib import Path

import psycopg
import pytest

from core.errors import Malformed, Refused
from workers.admin.backup import backup, has_personal_data, restore
from workers.admin.migrate import upgrade

_LEARNER = b"INSERT INTO learners VALUES ('1a', 'Ana', 'en', 'UTC', 'auto', now())"


def _do(url: str, query: bytes) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(query)


def _names(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM learners ORDER BY name").fetchall()]


def test_a_restore_brings_back_the_rows_of_the_backup_and_removes_later_tables(
    database_url: str, tmp_path: Path
) -> None:
    _do(database_url, _LEARNER)
    size = backup(database_url, tmp_path / "copy")
    assert size == (tmp_path / "copy").stat().st_size > 0
    _do(database_url, b"UPDATE learners SET name = 'Bo'")
    _do(database_url, b"CREATE TABLE later (a int)")
    restore(database_url, tmp_path / "copy", replace=True)
    assert _names(database_url) == ["Ana"]
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT to_regclass('later'), '[1]'::vector <-> '[3]'").fetchone() == (None, 2.0)


def test_the_database_of_sona_up_can_be_restored(postgres: str, tmp_path: Path) -> None:
    url = postgres.replace("/postgres?", "/sona?", 1)
    upgrade(url)
    _do(url, _LEARNER)
    backup(url, tmp_path / "copy")
    restore(url, tmp_path / "copy", replace=True)
    assert _names(url) == ["Ana"]


def test_a_backup_without_the_vector_extension_is_restored_with_it(database_url: str, tmp_path: Path) -> None:
    _do(database_url, b"DROP EXTENSION vector CASCADE")
    _do(database_url, b"CREATE TABLE kept (a int)")
    backup(database_url, tmp_path / "copy")
    restore(database_url, tmp_path / "copy")
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT to_regclass('kept')::text, '[1]'::vector <-> '[3]'").fetchone() == ("kept", 2)


def test_personal_data_is_only_replaced_on_request(database_url: str, tmp_path: Path) -> None:
    backup(database_url, tmp_path / "copy")
    restore(database_url, tmp_path / "copy")
    assert not has_personal_data(database_url)
    _do(database_url, _LEARNER)
    with pytest.raises(Refused, match="--yes"):
        restore(database_url, tmp_path / "copy")
    assert _names(database_url) == ["Ana"]


def test_a_backup_is_readable_by_its_owner_only_and_never_overwrites_a_file(database_url: str, tmp_path: Path) -> None:
    backup(database_url, tmp_path / "copy")
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    with pytest.raises(Refused, match="already exists"):
        backup(database_url, tmp_path / "copy")


def test_a_broken_file_changes_nothing(database_url: str, tmp_path: Path) -> None:
    _do(database_url, _LEARNER)
    whole = tmp_path / "copy"
    backup(database_url, whole)
    for broken in (b"", b"not a backup", whole.read_bytes()[:-2000]):
        (tmp_path / "broken").write_bytes(broken)
        with pytest.raises(Malformed):
            restore(database_url, tmp_path / "broken", replace=True)
    with pytest.raises(Malformed, match="no such file"):
        restore(database_url, tmp_path / "none", replace=True)
    assert _names(database_url) == ["Ana"]


def test_an_unreachable_database_is_reported_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="pg_dump failed"):
        backup("postgresql://u:private@127.0.0.1:1/d", tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []
