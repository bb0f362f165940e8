"""The command `sona`."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from core.errors import Malformed, Unreachable
from core.ports.knowledge import KnowledgeSource, SourceStatus
from storage.engine.database import Database
from storage.knowledge.sources import PostgresSources
from storage.messaging.blobs import PostgresBlobs
from tests.fakes.clock import ManualClock
from workers.admin.cli_context import CliContext, HealthCheck, HealthResult
from workers.admin.probes import probes
from workers.cli import main
from workers.cli.chat import format_result, run_checks, select
from workers.cli.knowledge import add_source, expand_paths, find_sources, format_source, origin, watch
from workers.processes.attach import attached
from workers.settings import load, variables
from workers.supervisor.errors import CannotStart
from workers.supervisor.home_lock import RunningHome, find_running, lock_home, write_running


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("command", ["up", "web", "worker", "beat", "gateway", "migrate", "chat", "check", "voices"])
def test_every_process_and_check_has_a_command(command: str) -> None:
    assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0


@pytest.mark.parametrize("command", ["export", "forget", "backup", "restore", "learn"])
def test_every_data_operation_has_a_command(command: str) -> None:
    assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0


def test_a_failure_is_printed_as_a_message_with_status_1(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(main, ["--home", str(tmp_path / "file"), "up"])
    assert done.exit_code != 0
    assert "Traceback" not in done.output
    done = CliRunner().invoke(main, ["up", "--port", "0"], env={"SONA_REDIS_URL": "nonsense"})
    assert done.exit_code == 1
    assert done.output.startswith("Error: invalid setting: SONA_REDIS_URL")


def test_forgetting_asks_first(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["--home", str(tmp_path), "forget", "Ana"], input="n\n")
    assert done.exit_code == 1
    assert "Permanently delete" in done.output
    assert list(tmp_path.iterdir()) == []


async def _healthy() -> str:
    return "fine,\n thank you"


async def _unreachable() -> str:
    raise Unreachable("nobody is there")


async def _never() -> str:
    await asyncio.Event().wait()
    return "never"


async def test_a_check_is_ok_off_or_broken() -> None:
    asked = (
        HealthCheck(name="one", run=_healthy),
        HealthCheck(name="two", run=_unreachable),
        HealthCheck(name="three", run=_unreachable, disabled_reason="no key"),
        HealthCheck(name="four", run=_never),
    )
    lines = [format_result(finding) for finding in await run_checks(asked, seconds=0.05)]
    assert lines == [
        "ok      one          fine, thank you",
        "broken  two          nobody is there",
        "off     three        no key",
        "broken  four         no answer within 0.05 s",
    ]


def test_only_named_checks_run() -> None:
    asked = tuple(HealthCheck(name=name, run=_healthy) for name in ("database", "redis", "model"))
    assert [probe.name for probe in select(asked, ("model", "database"))] == ["database", "model"]
    assert select(asked, ()) == asked
    with pytest.raises(Malformed, match="there is no check 'modem'; there are database, redis, model"):
        select(asked, ("modem",))


def test_servers_are_checked_without_loading_the_program(database_url: str, redis_url: str, tmp_path: Path) -> None:
    servers = {"SONA_DATABASE_URL": database_url, "SONA_REDIS_URL": redis_url}
    done = CliRunner().invoke(main, ["--home", str(tmp_path), "check", "redis", "database"], env=servers)
    assert done.exit_code == 0
    assert [line.split()[:2] for line in done.output.splitlines()] == [["ok", "database"], ["ok", "redis"]]


async def test_real_servers_pass_their_checks(database_url: str, redis_url: str, tmp_path: Path) -> None:
    settings = load(home=tmp_path, database_url=database_url, redis_url=redis_url)
    asked = tuple(probe for probe in probes(settings) if probe.name != "workers")
    found = {finding.name: finding for finding in await run_checks(asked)}
    assert [found[name].state for name in ("database", "pgvector", "redis")] == ["ok"] * 3
    assert found["redis"].line.startswith("valkey 9")


async def test_unreachable_servers_are_broken(tmp_path: Path) -> None:
    settings = load(home=tmp_path, database_url="postgresql://127.0.0.1:1/d", redis_url="redis://127.0.0.1:1/0")
    findings = await run_checks(probes(settings))
    assert {finding.state for finding in findings} == {"broken"}, findings
    assert isinstance(findings[0], HealthResult)


def test_readable_files_are_found_in_folders(tmp_path: Path) -> None:
    for name in ("b.md", "a.PDF", "picture.png", "deep/c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = expand_paths([str(tmp_path), "https://example.org/x", str(tmp_path / "b.md")])
    assert found == (tmp_path / "a.PDF", tmp_path / "b.md", tmp_path / "deep" / "c.txt", "https://example.org/x")


def test_a_missing_path_or_a_folder_without_readable_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="there is no file or folder"):
        expand_paths([str(tmp_path / "none")])
    (tmp_path / "picture.png").write_text("x")
    with pytest.raises(Malformed, match=r"nothing in .* can be read: it takes .*\.epub"):
        expand_paths([str(tmp_path)])


async def test_watching_ends_when_every_source_is_ready_failed_or_removed() -> None:
    waiting = SourceStatus(id="1", uri="u", title="one", state="waiting", error="it is away")
    half = SourceStatus(id="1", uri="u", title="one", state="embedding", done=1, total=2)
    ready = SourceStatus(id="1", uri="u", title="one", state="ready", done=2, total=2)
    failed = SourceStatus(id="2", uri="v", title="two", state="failed", error="no words in it")
    third = SourceStatus(id="3", uri="w", title="three", state="waiting")
    looks = iter([(third, waiting, failed), (half,), (ready,)])
    asked: list[Sequence[str]] = []
    seen: list[int] = []

    async def look(sources: Sequence[str]) -> tuple[SourceStatus, ...]:
        asked.append(sorted(sources))
        return next(looks)

    assert await watch(look, ["1", "2", "3"], lambda statuses: seen.append(len(statuses)), pause=0) == (ready, failed)
    assert seen == [3, 1, 1]
    assert asked == [["1", "2", "3"], ["1", "3"], ["1"]]


def source(name: str, uri: str, **more: Any) -> SourceStatus:
    return SourceStatus(id=name, uri=uri, title=name.upper(), state="ready", total=7, **more)


SOURCES = (
    source("a", "blob:0a#/notes/tea%20time.md"),
    source("b", "blob:0b#/notes/deep/b.md"),
    source("c", "blob:0c#/notes.md"),
    source("d", "https://example.org/x#y"),
    source("e", "blob:0e"),
)


@pytest.mark.parametrize(
    ("places", "found"),
    [
        (["/notes"], "ab"),
        (["/notes/"], "ab"),
        (["/notes/deep/../tea time.md", "c"], "ac"),
        (["https://example.org/x#y", "e", "e"], "de"),
        (["/"], "abc"),
    ],
)
def test_sources_are_found_by_their_origin(places: list[str], found: str) -> None:
    assert "".join(status.id for status in find_sources(SOURCES, places)) == found


@pytest.mark.parametrize("place", ["/note", "/notes/tea", "https://example.org", "nobody", "blob:0a"])
def test_an_unknown_source_is_an_error(place: str) -> None:
    with pytest.raises(Malformed, match="nothing was added from"):
        find_sources(SOURCES, ["a", place])


def test_a_source_is_listed_with_its_origin_or_its_error() -> None:
    assert format_source(SOURCES[0]) == "ready          7  a  A  /notes/tea time.md"
    assert format_source(SOURCES[4]) == "ready          7  e  E  blob:0e"
    assert format_source(source("f", "https://example.org", error="It is away.")).endswith("F  It is away.")


@dataclass(frozen=True, slots=True)
class LibraryContext:
    """The collaborators that `add_source` uses."""

    library: PostgresSources
    blobs: PostgresBlobs
    clock: ManualClock


async def test_a_changed_file_replaces_its_previous_version(database: Database, tmp_path: Path) -> None:
    clock = ManualClock()
    library = PostgresSources(database=database, clock=clock)
    at = cast(CliContext, LibraryContext(library, PostgresBlobs(database=database, clock=clock), clock))

    async def add(*files: Path) -> list[str]:
        known = {origin(status.uri): status for status in await library.statuses("")}
        return [await add_source(at, file, known) for file in files]

    first, other, copy = tmp_path / "a b.md", tmp_path / "other.md", tmp_path / "copy.md"
    for file in (first, other, copy):
        file.write_text("tea")
    before = await add(first, other, copy)
    assert len(set(before)) == 3
    first.write_text("coffee")
    assert await add(first, other, copy) == before
    (status,) = await library.standing(before[:1])
    assert unquote(status.uri).endswith(f"#{first.resolve()}")
    data, _ = await at.blobs.get(status.uri.partition("#")[0])
    assert data == b"coffee"


async def _add_sources(database_url: str, *sources: KnowledgeSource) -> None:
    database = Database(database_url)
    for source in sources:
        await PostgresSources(database=database, clock=ManualClock()).add(source)
    await database.close()


def test_sources_are_listed_and_removed(database_url: str, redis_url: str, tmp_path: Path) -> None:
    page = KnowledgeSource(id="page", uri="https://example.org/tea", title="Tea")
    course = KnowledgeSource(id="course", uri="course:toki-pona", title="Toki Pona")
    asyncio.run(
        _add_sources(
            database_url, page, course, KnowledgeSource(id="hers", uri="https://a.org", title="A", owner="ana")
        )
    )

    def sona(*words: str) -> list[str]:
        servers = {"SONA_DATABASE_URL": database_url, "SONA_REDIS_URL": redis_url}
        done = CliRunner().invoke(main, ["--home", str(tmp_path), "learn", *words], env=servers)
        return [str(done.exit_code), *done.output.splitlines()]

    assert sona("list") == ["0", "waiting        0  page  Tea  https://example.org/tea"]
    assert sona("remove", "https://a.org")[0] == "1"
    assert sona("remove", "https://example.org/tea") == ["0", "removed: Tea"]
    assert sona("list") == ["0"]


async def test_a_source_stored_without_a_path_is_recognised_by_its_content(database: Database, tmp_path: Path) -> None:
    clock = ManualClock()
    library, blobs = PostgresSources(database=database, clock=clock), PostgresBlobs(database=database, clock=clock)
    at = cast(CliContext, LibraryContext(library, blobs, clock))
    files = [tmp_path / "a.md", tmp_path / "b.md"]
    for file in files:
        file.write_text("tea")
    key = await blobs.put(b"tea", mime="text/markdown")
    old = await library.add(KnowledgeSource(id="old", uri=key, title="a.md"))
    known = {origin(status.uri): status for status in await library.statuses("")}
    found = [await add_source(at, file, known) for file in files]
    assert found[0] == old
    assert found[1] != old


def test_a_home_has_one_owner_at_a_time(tmp_path: Path) -> None:
    with lock_home(tmp_path, port=8080):
        with pytest.raises(CannotStart, match="on port 8080 since"), lock_home(tmp_path, port=1):
            pass
        assert find_running(tmp_path) is None
        write_running(tmp_path, RunningHome(pid=1, database_url="d", redis_url="r", port=8080))
        assert find_running(tmp_path) == RunningHome(pid=1, database_url="d", redis_url="r", port=8080)
    assert find_running(tmp_path) is None


def test_the_addresses_of_a_killed_owner_are_ignored(tmp_path: Path) -> None:
    write_running(tmp_path, RunningHome(pid=1, database_url="d", redis_url="r", port=8080))
    assert find_running(tmp_path) is None


async def test_a_command_uses_the_running_servers(tmp_path: Path) -> None:
    settings = load(home=tmp_path)
    with lock_home(tmp_path, port=1):
        write_running(tmp_path, RunningHome(pid=1, database_url="postgresql://a/d", redis_url="redis://b/0", port=1))
        async with attached(settings) as connected:
            assert (connected.database_url, connected.redis_url) == ("postgresql://a/d", "redis://b/0")


async def test_a_command_starts_nothing_when_both_servers_are_configured(tmp_path: Path) -> None:
    settings = load(home=tmp_path, database_url="postgresql://a/d", redis_url="redis://b/0")
    async with attached(settings) as connected:
        assert connected == settings
    assert not (tmp_path / "postgres").exists()
