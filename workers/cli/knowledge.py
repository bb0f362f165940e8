"""`learn add`: knowledge in, with a progress bar."""

import asyncio
import mimetypes
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click

from core.errors import Malformed
from core.ports.knowledge import Library, Source, SourceStatus
from workers.cli.context import desk, home_option, run, settings
from workers.desk import Desk
from workers.settings import Settings
from workers.supervisor.visit import visit

# What the ingest worker reads, by the end of the name; other files of a folder are passed over.
KINDS = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".txt": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".epub": "application/epub+zip",
}
_ENDED = ("ready", "failed")
_POLL = 0.3
_SHOWN_AT_ONCE = 1000

Show = Callable[[Sequence[SourceStatus]], None]


@click.group()
def learn() -> None:
    """What Sona knows."""


@learn.command()
@home_option
@click.argument("places", nargs=-1, required=True, metavar="PATH|URL...")
def add(home: Path | None, places: tuple[str, ...]) -> None:
    """Read files, folders and web addresses."""
    run(_add(settings(home), places))


async def _add(chosen: Settings, places: tuple[str, ...]) -> None:
    found = named(places)
    async with visit(chosen) as housed, desk(housed) as at:
        sources = [await put_down(at, place) for place in found]
        at.wake.reading(sources)
        statuses = await _watched(at.library, sources)
    for status in statuses:
        if status.state == "failed":
            click.echo(f"not read: {status.title}: {status.error}", err=True)
    ready = [status for status in statuses if status.state == "ready"]
    click.echo(f"{len(ready)} of {len(sources)} read, {sum(status.total for status in ready)} passages")
    if len(ready) < len(sources):
        raise click.exceptions.Exit(1)


def named(places: Iterable[str]) -> tuple[str | Path, ...]:
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
        readable = [file for file in files if file.is_file() and (file.suffix.lower() in KINDS or file == path)]
        if not readable:
            raise Malformed(f"nothing in {place!r} can be read: it takes {', '.join(sorted(KINDS))}")
        found += readable
    return tuple(dict.fromkeys(found))


async def put_down(at: Desk, place: str | Path) -> str:
    """Put one address or file on the shelf and return the source's id."""
    if isinstance(place, str):
        return await at.library.add(Source(id=at.clock.id(), uri=place, title=place))
    mime = KINDS.get(place.suffix.lower()) or mimetypes.guess_type(place.name)[0] or "application/octet-stream"
    key = await at.blobs.put(await asyncio.to_thread(place.read_bytes), mime=mime)
    return await at.library.add(Source(id=at.clock.id(), uri=key, title=place.name, mime=mime))


async def watch(
    library: Library, sources: Sequence[str], show: Show, *, pause: float = _POLL
) -> tuple[SourceStatus, ...]:
    """Show how far the sources are until each is read or failed, and return how they ended."""
    wanted = set(sources)
    while True:
        known = await library.statuses("", limit=max(_SHOWN_AT_ONCE, 2 * len(wanted)))
        statuses = tuple(status for status in known if status.id in wanted)
        show(statuses)
        if {status.id for status in statuses if status.state in _ENDED} == wanted:
            return statuses
        await asyncio.sleep(pause)


async def _watched(library: Library, sources: Sequence[str]) -> tuple[SourceStatus, ...]:
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
                bar = bars[status.id]
                progress.update(
                    bar, description=status.title, completed=status.done, total=status.total or None, state=status.state
                )

        return await watch(library, sources, show)
