"""The command `sona`."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from core.errors import Malformed, Unreachable
from core.ports.knowledge import Document, Source, SourceStatus
from workers.cli import main
from workers.cli.knowledge import named, watch
from workers.cli.talk import examine, picked, shown
from workers.desk import Finding, Probe
from workers.probes import probes
from workers.settings import load, variables
from workers.supervisor.claim import Running, announce, claimed, find_running
from workers.supervisor.visit import visit


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("command", ["up", "web", "worker", "beat", "gateway", "migrate", "chat", "check", "voices"])
def test_every_process_and_question_has_a_command(command: str) -> None:
    assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0


@pytest.mark.parametrize("command", ["export", "forget", "backup", "restore", "learn"])
def test_every_care_for_data_has_a_command(command: str) -> None:
    assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0


def test_a_failure_is_told_in_words_with_status_1(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(main, ["--home", str(tmp_path / "file"), "up"])
    assert done.exit_code != 0
    assert "Traceback" not in done.output
    done = CliRunner().invoke(main, ["up", "--port", "0"], env={"SONA_REDIS_URL": "nonsense"})
    assert done.exit_code == 1
    assert done.output.startswith("Error: a setting cannot be read: SONA_REDIS_URL")


def test_forgetting_asks_first(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["--home", str(tmp_path), "forget", "Ana"], input="n\n")
    assert done.exit_code == 1
    assert "for good?" in done.output
    assert list(tmp_path.iterdir()) == []


async def _well() -> str:
    return "well,\n thank you"


async def _away() -> str:
    raise Unreachable("nobody is there")


async def _silent() -> str:
    await asyncio.Event().wait()
    return "never"


async def test_the_doctor_tells_well_from_off_from_broken() -> None:
    asked = (
        Probe(name="one", ask=_well),
        Probe(name="two", ask=_away),
        Probe(name="three", ask=_away, off="no key"),
        Probe(name="four", ask=_silent),
    )
    lines = [shown(finding) for finding in await examine(asked, seconds=0.05)]
    assert lines == [
        "ok      one          well, thank you",
        "broken  two          nobody is there",
        "off     three        no key",
        "broken  four         no answer within 0.05 s",
    ]


def test_the_doctor_asks_only_what_is_named() -> None:
    asked = tuple(Probe(name=name, ask=_well) for name in ("database", "redis", "model"))
    assert [probe.name for probe in picked(asked, ("model", "database"))] == ["database", "model"]
    assert picked(asked, ()) == asked
    with pytest.raises(Malformed, match="'modem'; there are database, redis, model"):
        picked(asked, ("modem",))


def test_servers_are_asked_without_waking_anything_else(database_url: str, redis_url: str, tmp_path: Path) -> None:
    servers = {"SONA_DATABASE_URL": database_url, "SONA_REDIS_URL": redis_url}
    done = CliRunner().invoke(main, ["--home", str(tmp_path), "check", "redis", "database"], env=servers)
    assert done.exit_code == 0
    assert [line.split()[:2] for line in done.output.splitlines()] == [["ok", "database"], ["ok", "redis"]]


async def test_the_doctor_asks_real_servers(database_url: str, redis_url: str, tmp_path: Path) -> None:
    settings = load(home=tmp_path, database_url=database_url, redis_url=redis_url)
    asked = tuple(probe for probe in probes(settings) if probe.name != "workers")
    found = {finding.name: finding for finding in await examine(asked)}
    assert [found[name].state for name in ("database", "pgvector", "redis")] == ["ok"] * 3
    assert found["redis"].line.startswith("valkey 9")


async def test_the_doctor_says_when_servers_are_away(tmp_path: Path) -> None:
    settings = load(home=tmp_path, database_url="postgresql://127.0.0.1:1/d", redis_url="redis://127.0.0.1:1/0")
    findings = await examine(probes(settings))
    assert {finding.state for finding in findings} == {"broken"}, findings
    assert isinstance(findings[0], Finding)


def test_what_is_to_be_learnt_is_found_in_folders(tmp_path: Path) -> None:
    for name in ("b.md", "a.PDF", "picture.png", "deep/c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = named([str(tmp_path), "https://example.org/x", str(tmp_path / "b.md")])
    assert found == (tmp_path / "a.PDF", tmp_path / "b.md", tmp_path / "deep" / "c.txt", "https://example.org/x")


def test_what_is_not_there_or_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="there is no file or folder"):
        named([str(tmp_path / "none")])
    (tmp_path / "picture.png").write_text("x")
    with pytest.raises(Malformed, match=r"nothing in .* can be read: it takes .*\.epub"):
        named([str(tmp_path)])


class Shelf:
    """A library whose readings move on each time somebody looks."""

    def __init__(self, looks: list[list[SourceStatus]]) -> None:
        self._looks: Iterator[list[SourceStatus]] = iter(looks)

    async def add(self, source: Source) -> str:
        return source.id

    async def take(self, source: str, lease: timedelta) -> Source | None:
        return None

    async def note(self, status: SourceStatus) -> None: ...

    async def store(self, source: str, document: Document, vectors: NDArray[np.float32], embedder: str) -> None: ...

    async def statuses(self, owner: str, *, limit: int = 50) -> tuple[SourceStatus, ...]:
        return tuple(next(self._looks))


async def test_reading_is_watched_until_all_is_read_or_failed() -> None:
    waiting = SourceStatus(id="1", uri="u", title="one", state="waiting")
    half = SourceStatus(id="1", uri="u", title="one", state="embedding", done=1, total=2)
    ready = SourceStatus(id="1", uri="u", title="one", state="ready", done=2, total=2)
    failed = SourceStatus(id="2", uri="v", title="two", state="failed", error="no words in it")
    other = SourceStatus(id="3", uri="w", title="somebody's", state="waiting")
    seen: list[int] = []
    shelf = Shelf([[waiting, other], [half, failed, other], [ready, failed, other]])
    ended = await watch(shelf, ["1", "2"], lambda statuses: seen.append(len(statuses)), pause=0)
    assert ended == (ready, failed)
    assert seen == [1, 2, 2]


def test_a_home_is_claimed_by_one_at_a_time(tmp_path: Path) -> None:
    with claimed(tmp_path, port=8080):
        with pytest.raises(Malformed, match="on port 8080 since"), claimed(tmp_path, port=1):
            pass
        assert find_running(tmp_path) is None
        announce(tmp_path, Running(pid=1, database_url="d", redis_url="r", port=8080))
        assert find_running(tmp_path) == Running(pid=1, database_url="d", redis_url="r", port=8080)
    assert find_running(tmp_path) is None


def test_what_a_killed_owner_announced_is_not_believed(tmp_path: Path) -> None:
    announce(tmp_path, Running(pid=1, database_url="d", redis_url="r", port=8080))
    assert find_running(tmp_path) is None


async def test_a_command_visits_the_house_that_runs(tmp_path: Path) -> None:
    settings = load(home=tmp_path)
    with claimed(tmp_path, port=1):
        announce(tmp_path, Running(pid=1, database_url="postgresql://a/d", redis_url="redis://b/0", port=1))
        async with visit(settings) as housed:
            assert (housed.database_url, housed.redis_url) == ("postgresql://a/d", "redis://b/0")


async def test_a_command_starts_nothing_where_both_servers_are_given(tmp_path: Path) -> None:
    settings = load(home=tmp_path, database_url="postgresql://a/d", redis_url="redis://b/0")
    async with visit(settings) as housed:
        assert housed == settings
    assert not (tmp_path / "postgres").exists()
