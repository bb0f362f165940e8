"""`chat`, `check` and `voices`."""

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
from workers.settings import Settings
from workers.supervisor.attach import visit


@click.command()
@home_option
@click.option("--as", "name", help="Who is talking; each name has a conversation of its own.")
@click.option("--course", default="", help="Begin with this course.")
def chat(home: Path | None, name: str | None, course: str) -> None:
    """Talk in the terminal; piped input is one message a line."""
    run(_chat(settings(home), name or _user_name(), course))


async def _chat(chosen: Settings, name: str, course: str) -> None:
    async with visit(chosen) as housed, cli_context(housed) as at:
        await import_module("bots.terminal").talk(
            feed=at.feed,
            blobs=at.blobs,
            receive=at.receive,
            idle=at.idle,
            clock=at.clock,
            name=name,
            course=course,
            locale=(locale.getlocale()[0] or "").replace("_", "-"),
        )


@click.command()
@home_option
@click.argument("names", nargs=-1, metavar="[NAME...]")
def check(home: Path | None, names: tuple[str, ...]) -> None:
    """Ask everything that is switched on whether it answers, or only what is named."""
    run(_check(settings(home), names))


async def _check(chosen: Settings, names: tuple[str, ...]) -> None:
    async with visit(chosen) as housed:
        servers = server_probes(housed)
        if names and {*names} <= {probe.name for probe in servers}:
            results = await run_checks(select(servers, names))
        else:
            async with cli_context(housed) as at:
                results = await run_checks(select((*servers, *at.probes), names))
    for finding in results:
        click.echo(format_result(finding))
    if any(finding.state == "broken" for finding in results):
        raise click.exceptions.Exit(1)


def select(probes: Sequence[HealthCheck], names: Sequence[str]) -> tuple[HealthCheck, ...]:
    """The probes of these names in their own order, all where none is named. Raises `Malformed` for a name that is not there."""
    known = [probe.name for probe in probes]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Malformed(f"there is nothing to ask by the name of {unknown[0]!r}; there are {', '.join(known)}")
    return tuple(probe for probe in probes if not names or probe.name in names)


async def run_checks(probes: Iterable[HealthCheck], *, seconds: float = 20.0) -> tuple[HealthResult, ...]:
    """Ask all at once, each for at most so long."""

    async def run_one(probe: HealthCheck) -> HealthResult:
        try:
            async with asyncio.timeout(seconds):
                return await run_check(probe)
        except TimeoutError:
            return HealthResult(name=probe.name, state="broken", line=f"no answer within {seconds:g} s")

    return tuple(await asyncio.gather(*(run_one(probe) for probe in probes)))


def format_result(result: HealthResult) -> str:
    """One line, for people and for `grep` alike."""
    return f"{result.state:<7} {result.name:<12} {' '.join(result.line.split())}"


def server_probes(chosen: Settings) -> tuple[HealthCheck, ...]:
    """Those that need nothing but the settings."""
    return import_module("workers.admin.probes").probes(chosen)


@click.command()
@home_option
@click.option("--language", default="", help="Only voices of this language, such as `es`.")
def voices(home: Path | None, language: str) -> None:
    """List the voices Sona can speak with."""
    run(_voices(settings(home), language))


async def _voices(chosen: Settings, language: str) -> None:
    async with visit(chosen) as housed, cli_context(housed) as at:
        for voice in sorted(await at.speech.voices(), key=lambda voice: (voice.language, voice.name)):
            if voice.language.lower().startswith(language.lower()):
                click.echo(f"{voice.language:<12} {voice.name:<40} {voice.gender}".rstrip())


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "you"
