"""The command `sona`; each module of commands is loaded when one of them is called."""

from importlib import import_module
from pathlib import Path
from typing import Any

import click

from core.errors import Failure

_MODULES = {
    "up": "processes",
    "web": "processes",
    "worker": "processes",
    "beat": "processes",
    "gateway": "processes",
    "migrate": "processes",
    "chat": "chat",
    "check": "chat",
    "channels": "channels",
    "voices": "chat",
    "learn": "knowledge",
    "export": "people",
    "forget": "people",
    "backup": "backup",
    "restore": "backup",
}


class LazyCommands(click.Group):
    """Finds commands by name; an expected failure ends a command with its words and status 1, without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own signature
        if cmd_name not in _MODULES:
            return None
        return getattr(import_module(f"workers.cli.{_MODULES[cmd_name]}"), cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Failure as failure:
            raise click.ClickException(str(failure)) from failure


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", type=click.Path(path_type=Path, file_okay=False), help="Where data is kept; SONA_HOME.")
@click.pass_context
def main(context: click.Context, home: Path | None) -> None:
    """One tutor and assistant that lives where people already talk."""
    context.obj = {"home": home}
