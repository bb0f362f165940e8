"""`chat`, `check` and `voices`: commands that use the assembled program."""

import asyncio
import getpass
import locale
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

import click

from core.errors import Malformed
from workers.admin.cli_context import HealthCheck, HealthResult, run_check
from workers.cli.context import cli_context, home_option, run, settings
from workers.processes.attach import attached
from workers.settings import Settings


@click.command()
@home_option
@click.option("--as", "name", help="Your name; each name has its own conversation.")
@click.option("--course", default="", help="Start with this course.")
def chat(home: Path | None, name: str | None, course: str) -> None:
    """Talk in the terminal; each line of piped input is one message."""
    run(_chat(settings(home), name or _user_name(), course))


async def _chat(configured: Settings, name: str, course: str) -> None:
    async with attached(configured) as connected, cli_context(connected) as context:
        await import_module("bots.terminal").talk(
            feed=context.feed,
            blobs=context.blobs,
            receive=context.receive,
            idle=context.idle,
            clock=context.clock,
            name=name,
            course=course,
            locale=(locale.getlocale()[0] or "").replace("_", "-"),
        )


@click.command()
@home_option
@click.argument("names", nargs=-1, metavar="[NAME...]")
def check(home: Path | None, names: tuple[str, ...]) -> None:
    """Check everything that is switched on, or only the named checks."""
    run(_check(settings(home), names))


async def _check(configured: Settings, names: tuple[str, ...]) -> None:
    async with attached(configured) as connected:
        servers = server_probes(connected)
        if names and {*names} <= {probe.name for probe in servers}:
            results = await run_checks(select(servers, names))
        else:
            async with cli_context(connected) as context:
                results = await run_checks(select((*servers, *context.probes), names))
    for result in results:
        click.echo(format_result(result))
    if any(result.state == "broken" for result in results):
        raise click.exceptions.Exit(1)


def select(probes: Sequence[HealthCheck], names: Sequence[str]) -> tuple[HealthCheck, ...]:
    """Return the probes with these names in their original order, all for no names. Raises `Malformed` for an unknown name."""
    known = [probe.name for probe in probes]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Malformed(f"there is no check {unknown[0]!r}; there are {', '.join(known)}")
    return tuple(probe for probe in probes if not names or probe.name in names)


async def run_checks(probes: Iterable[HealthCheck], *, seconds: float = 20.0) -> tuple[HealthResult, ...]:
    """Run all checks concurrently with a timeout of `seconds` each."""

    async def run_one(probe: HealthCheck) -> HealthResult:
        try:
            async with asyncio.timeout(seconds):
                return await run_check(probe)
        except TimeoutError:
            return HealthResult(name=probe.name, state="broken", line=f"no answer within {seconds:g} s")

    return tuple(await asyncio.gather(*(run_one(probe) for probe in probes)))


def format_result(result: HealthResult) -> str:
    """Return one line: state, name and detail."""
    return f"{result.state:<7} {result.name:<12} {' '.join(result.line.split())}"


def server_probes(configured: Settings) -> tuple[HealthCheck, ...]:
    """Return the checks that need only the settings."""
    return import_module("workers.admin.probes").probes(configured)


@click.command()
@home_option
@click.option("--language", default="", help="Only voices for this language, such as `es`.")
def voices(home: Path | None, language: str) -> None:
    """List the voices Sona can speak with."""
    run(_voices(settings(home), language))


async def _voices(configured: Settings, language: str) -> None:
    async with attached(configured) as connected, cli_context(connected) as context:
        for voice in sorted(await context.speech.voices(), key=lambda voice: (voice.language, voice.name)):
            if voice.language.lower().startswith(language.lower()):
                click.echo(f"{voice.language:<12} {voice.name:<40} {voice.gender}".rstrip())


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "you"
