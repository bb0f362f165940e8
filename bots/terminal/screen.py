"""What a person sees in the terminal: plain lines in a pipe, colours and a spinner on a screen."""

from typing import Protocol, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.markdown import Markdown
from rich.padding import Padding
from rich.spinner import Spinner
from rich.text import Text as Words

from bots.terminal import render
from core.reply import Mark, Reply, Text


class Screen(Protocol):
    def reply(self, reply: Reply) -> None: ...

    def busy(self, status: str, draft: str) -> None:
        """Something is being done, or an answer written as far as `draft`."""
        ...

    def calm(self) -> None:
        """Nothing is being done any more."""
        ...


class PlainScreen:
    """Replies as plain text, in order; nothing passing is shown."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def reply(self, reply: Reply) -> None:
        self._out.write(render.text(reply) + "\n")
        self._out.flush()

    def busy(self, status: str, draft: str) -> None: ...

    def calm(self) -> None: ...


class RichScreen:
    """Formatted text, coloured verdicts, a spinner beside what is being done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None

    def reply(self, reply: Reply) -> None:
        self.calm()
        if isinstance(reply, Mark):
            sign = Words("✓ " if reply.correct else "✗ ", style="bold green" if reply.correct else "bold red")
            self._console.print(sign, end="")
        self._console.print(Markdown(render.harmless(render.words(reply))))
        for number, found in enumerate(reply.sources if isinstance(reply, Text) else (), 1):
            self._console.print(Words(render.harmless(render.source(number, found)), style="dim"))
        if options := render.choices(reply):
            self._console.print(Words(render.harmless(render.numbered(options)), style="cyan"))
        self._console.print()

    def busy(self, status: str, draft: str) -> None:
        if self._live is None:
            self._live = Live(console=self._console, transient=True, refresh_per_second=12)
            self._live.start()
        spinner = Spinner("dots", Words(render.harmless(status) or "…", style="dim"))
        shown = "\n".join(render.harmless(draft).splitlines()[-(self._console.height - 4) :])
        self._live.update(Group(Padding(Markdown(shown), (0, 0, 1, 0)), spinner) if draft else spinner)

    def calm(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
