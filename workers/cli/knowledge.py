"""`learn`: knowledge in, with a progress bar, what there is, and out again."""

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
from workers.settings import Settings
from workers.supervisor.attach import visit

# What the ingest worker reads, by the end of the name; other files of a folder are passed over.
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
"""How sources stand, by their ids."""
ShowStatuses = Callable[[Sequence[SourceStatus]], None]


@click.group()
def learn() -> None:
    """What Sona knows."""


@learn.command()
@home_option
@click.argument("places", nargs=-1, required=True, metavar="PATH|URL...")
def add(home: Path | None, places: tuple[str, ...]) -> None:
    """Read files, folders and web addresses."""
    run(_add(settings(home), places))


@learn.command("list")
@home_option
def list_(home: Path | None) -> None:
    """What was added, each with its id and where it came from."""
    run(_list(settings(home)))


@learn.command()
@home_option
@click.argument("places", nargs=-1, required=True, metavar="PATH|URL|ID...")
def remove(home: Path | None, places: tuple[str, ...]) -> None:
    """Take out what was added: files, all of a folder, web addresses, or ids that `learn list` shows."""
    run(_remove(settings(home), places))


async def _add(chosen: Settings, places: tuple[str, ...]) -> None:
    found = expand_paths(places)
    async with visit(chosen) as housed, cli_context(housed) as at:
        known = {origin(status.uri): status for status in await list_sources(at)}
        sources = tuple(dict.fromkeys([await add_source(at, place, known) for place in found]))
        at.wake.reading(sources)
        statuses = await _watch_with_progress(at.library.standing, sources)
    for status in statuses:
        if status.state == "failed":
            click.echo(f"not read: {status.title}: {status.error}", err=True)
    ready = [status for status in statuses if status.state == "ready"]
    click.echo(f"{len(ready)} of {len(sources)} read, {sum(status.total for status in ready)} passages")
    if len(ready) < len(sources):
        raise click.exceptions.Exit(1)


async def _list(chosen: Settings) -> None:
    async with visit(chosen) as housed, cli_context(housed) as at:
        for status in await list_sources(at):
            click.echo(format_source(status))


async def _remove(chosen: Settings, places: tuple[str, ...]) -> None:
    async with visit(chosen) as housed, cli_context(housed) as at:
        gone = find_sources(await list_sources(at), places)
        for status in gone:
            await at.library.remove(status.id, owner="")
    for status in gone:
        click.echo(f"removed: {status.title}")


async def list_sources(at: CliContext) -> tuple[SourceStatus, ...]:
    """Everything that was put down for everybody, but for the bundled courses."""
    known = await at.library.statuses("", limit=_NO_LIMIT)
    return tuple(status for status in known if not status.uri.startswith("course:"))


def origin(uri: str) -> str:
    """What stays the same when a source changes: the absolute path, percent-encoded, of a file, and otherwise the uri."""
    return uri.partition("#")[2] or uri if uri.startswith("blob:") else uri


def format_source(status: SourceStatus) -> str:
    """A source in one line: state, passages, id, title, and where it came from or why it is not read."""
    detail = status.error or unquote(origin(status.uri))
    return f"{status.state:<9} {status.total:>6}  {status.id}  {status.title}  {detail}"


def find_sources(known: Iterable[SourceStatus], places: Iterable[str]) -> tuple[SourceStatus, ...]:
    """The sources at these places: ids, addresses, files, and folders with all that came from below them. Raises `Malformed` for a place without any."""
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
            raise Malformed(f"nothing was added from {place!r}; `sona learn list` shows what was")
        found |= matches
    return tuple(found.values())


def expand_paths(places: Iterable[str]) -> tuple[str | Path, ...]:
    """Addresses as they are, and every file that can be read, folders opened. Raises `Malformed` for what is not there."""
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


async def add_source(at: CliContext, place: str | Path, known: dict[str, SourceStatus]) -> str:
    """Put one address or file on the shelf and return the source's id.

    A file whose path is among the origins `known` takes the place of what was read from there; the entry is used up.
    """
    if isinstance(place, str):
        return await at.library.add(KnowledgeSource(id=at.clock.id(), uri=place, title=place))
    mime = MIME_TYPES.get(place.suffix.lower()) or mimetypes.guess_type(place.name)[0] or "application/octet-stream"
    key = await at.blobs.put(await asyncio.to_thread(place.read_bytes), mime=mime)
    path = _path(place)
    uri = f"{key}#{path}"
    previous = known.pop(path, None) or known.pop(key, None)
    if previous is not None and previous.uri != uri:
        await at.library.move(previous.id, uri, owner="")
    return await at.library.add(KnowledgeSource(id=at.clock.id(), uri=uri, title=place.name, mime=mime))


def _path(place: Path) -> str:
    return quote(bytes(place.expanduser().resolve()))


async def watch(
    fetch: FetchStatuses, sources: Sequence[str], show: ShowStatuses, *, pause: float = _POLL_SECONDS
) -> tuple[SourceStatus, ...]:
    """Show how far the sources are until each is read, failed or removed, and return how they ended."""
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
