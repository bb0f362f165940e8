"""`learn`: add sources with a progress bar, list them and remove them."""

import asyncio
import mimetypes
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from urllib.parse import quote, unquote

import click

from core.errors import Malformed
from core.ports.knowledge import KnowledgeSource, SourceStatus
from workers.admin.cli_context import CliContext
from workers.cli.context import cli_context, home_option, run, settings
from workers.processes.attach import attached
from workers.settings import Settings

# Formats that the ingest worker reads, by file suffix; other files in a folder are skipped.
MIME_TYPES = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".epub": "application/epub+zip",
}
_FINAL_STATES = ("ready", "failed")
_POLL_SECONDS = 0.3
_NO_LIMIT = 1_000_000

FetchStatuses = Callable[[Sequence[str]], Awaitable[tuple[SourceStatus, ...]]]
"""Return the statuses of sources by id; removed sources are missing from the result."""
ShowStatuses = Callable[[Sequence[SourceStatus]], None]


@click.group()
def learn() -> None:
    """Manage Sona's knowledge."""


@learn.command()
@home_option
@click.argument("places", nargs=-1, required=True, metavar="PATH|URL...")
def add(home: Path | None, places: tuple[str, ...]) -> None:
    """Add files, folders and web addresses."""
    run(_add(settings(home), places))


@learn.command("list")
@home_option
def list_(home: Path | None) -> None:
    """List added sources with id and origin."""
    run(_list(settings(home)))


@learn.command()
@home_option
@click.argument("places", nargs=-1, required=True, metavar="PATH|URL|ID...")
def remove(home: Path | None, places: tuple[str, ...]) -> None:
    """Remove sources: files, everything in a folder, web addresses, or ids shown by `learn list`."""
    run(_remove(settings(home), places))


async def _add(configured: Settings, places: tuple[str, ...]) -> None:
    found = expand_paths(places)
    async with attached(configured) as connected, cli_context(connected) as context:
        known = {origin(status.uri): status for status in await list_sources(context)}
        sources = tuple(dict.fromkeys([await add_source(context, place, known) for place in found]))
        context.wake.reading(sources)
        statuses = await _watch_with_progress(context.library.standing, sources)
    for status in statuses:
        if status.state == "failed":
            click.echo(f"not read: {status.title}: {status.error}", err=True)
    ready = [status for status in statuses if status.state == "ready"]
    click.echo(f"{len(ready)} of {len(sources)} read, {sum(status.total for status in ready)} passages")
    if len(ready) < len(sources):
        raise click.exceptions.Exit(1)


async def _list(configured: Settings) -> None:
    async with attached(configured) as connected, cli_context(connected) as context:
        for status in await list_sources(context):
            click.echo(format_source(status))


async def _remove(configured: Settings, places: tuple[str, ...]) -> None:
    async with attached(configured) as connected, cli_context(connected) as context:
        gone = find_sources(await list_sources(context), places)
        for status in gone:
            await context.library.remove(status.id, owner="")
    for status in gone:
        click.echo(f"removed: {status.title}")


async def list_sources(context: CliContext) -> tuple[SourceStatus, ...]:
    """Return all public sources except the bundled courses."""
    known = await context.library.statuses("", limit=_NO_LIMIT)
    return tuple(status for status in known if not status.uri.startswith("course:"))


def origin(uri: str) -> str:
    """Return what identifies a source across changes: a file's percent-encoded absolute path, otherwise the URI."""
    return uri.partition("#")[2] or uri if uri.startswith("blob:") else uri


def format_source(status: SourceStatus) -> str:
    """Return one line: state, number of passages, id, title, and the error or the origin."""
    detail = status.error or unquote(origin(status.uri))
    return f"{status.state:<9} {status.total:>6}  {status.id}  {status.title}  {detail}"


def find_sources(known: Iterable[SourceStatus], places: Iterable[str]) -> tuple[SourceStatus, ...]:
    """Return the sources with these ids, addresses or paths, including everything below a folder.

    Raises `Malformed` for a place without sources.
    """
    known = tuple(known)
    found: dict[str, SourceStatus] = {}
    for place in places:
        path = _path(Path(place))
        matches = {
            status.id: status
            for status in known
            if place in (status.id, status.uri) or f"{origin(status.uri)}/".startswith(f"{path.rstrip('/')}/")
        }
        if not matches:
            raise Malformed(f"nothing was added from {place!r}; `sona learn list` shows all sources")
        found |= matches
    return tuple(found.values())


def expand_paths(places: Iterable[str]) -> tuple[str | Path, ...]:
    """Return web addresses and readable files, with folders searched recursively, in order and without duplicates.

    Raises `Malformed` for a missing path or a folder without readable files.
    """
    found: list[str | Path] = []
    for place in places:
        if place.startswith(("http://", "https://")):
            found.append(place)
            continue
        path = Path(place).expanduser()
        if not path.exists():
            raise Malformed(f"there is no file or folder {place!r}")
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        readable = [file for file in files if file.is_file() and (file.suffix.lower() in MIME_TYPES or file == path)]
        if not readable:
            raise Malformed(f"nothing in {place!r} can be read: it takes {', '.join(sorted(MIME_TYPES))}")
        found += readable
    return tuple(dict.fromkeys(found))


async def add_source(context: CliContext, place: str | Path, known: dict[str, SourceStatus]) -> str:
    """Add one address or file to the library and return the source's id.

    A file whose origin is in `known` replaces that source and is removed from `known`.
    """
    if isinstance(place, str):
        return await context.library.add(KnowledgeSource(id=context.clock.id(), uri=place, title=place))
    mime = MIME_TYPES.get(place.suffix.lower()) or mimetypes.guess_type(place.name)[0] or "application/octet-stream"
    key = await context.blobs.put(await asyncio.to_thread(place.read_bytes), mime=mime)
    path = _path(place)
    uri = f"{key}#{path}"
    previous = known.pop(path, None) or known.pop(key, None)
    if previous is not None and previous.uri != uri:
        await context.library.move(previous.id, uri, owner="")
    return await context.library.add(KnowledgeSource(id=context.clock.id(), uri=uri, title=place.name, mime=mime))


def _path(place: Path) -> str:
    return quote(bytes(place.expanduser().resolve()))


async def watch(
    fetch: FetchStatuses, sources: Sequence[str], show: ShowStatuses, *, pause: float = _POLL_SECONDS
) -> tuple[SourceStatus, ...]:
    """Show progress until every source is ready, failed or removed; return the final statuses."""
    final: dict[str, SourceStatus] = {}
    pending = tuple(sources)
    while True:
        statuses = {status.id: status for status in await fetch(pending)}
        show(tuple(statuses.values()))
        final |= {name: status for name, status in statuses.items() if status.state in _FINAL_STATES}
        pending = tuple(name for name in statuses if name not in final)
        if not pending:
            return tuple(final[name] for name in sources if name in final)
        await asyncio.sleep(pause)


async def _watch_with_progress(fetch: FetchStatuses, sources: Sequence[str]) -> tuple[SourceStatus, ...]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description:<40.40}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[state]}"),
    )
    with Progress(*columns) as progress:
        bars = {source: progress.add_task(source, total=None, state="waiting") for source in sources}

        def show(statuses: Sequence[SourceStatus]) -> None:
            for status in statuses:
                progress.update(
                    bars[status.id],
                    description=status.title,
                    completed=status.done,
                    total=status.total or None,
                    state=f"{status.state}: {status.error}" if status.error else status.state,
                )

        return await watch(fetch, sources, show)
