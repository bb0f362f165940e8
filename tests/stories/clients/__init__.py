"""What a person holds: their end of a channel, on the platform's own wire."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from core.address import Address
from core.markup import plain
from core.reply import Choice


class Phone(Protocol):
    """One person's end of one conversation. Doing something returns once Sona has received it."""

    @property
    def address(self) -> Address: ...

    async def greets(self) -> None:
        """Open the conversation, as people do there; does nothing where looking at it was enough."""
        ...

    async def says(self, text: str) -> None: ...

    async def stops(self) -> None:
        """Stop the answer that is being written, with what the device has for it."""
        ...

    async def writes_answer(self, words: str, receipt: str) -> None:
        """Write the answer to the question that has this receipt, where it asks for one."""
        ...

    async def taps(self, choice: Choice, receipt: str) -> None:
        """Tap a button of the message that has this receipt."""
        ...

    async def speaks(self, sound: bytes) -> None: ...

    async def shares(self, name: str, mime: str, data: bytes) -> None: ...

    def asked(self, receipt: str) -> str:
        """How the question with this receipt is answered: `poll`, `buttons`, `menu`, `form`, `list` or `words`."""
        ...

    async def file(self, receipt: str) -> bytes:
        """The file that can be kept at a message, as the person gets at it."""
        ...

    async def shown(self, receipt: str) -> list[str]:
        """The words of every message on the screen, once the one with this receipt is there."""
        ...

    async def sound(self, receipt: str) -> bytes:
        """The sound that can be played at a message."""
        ...

    async def interrupts(self, words: str) -> None:
        """Say something while an answer is written, in the way the device has for it."""
        ...

    async def glances(self) -> None:
        """Wait until something on the screen changes."""
        ...

    def drafts(self) -> list[str]:
        """What was seen while answers were written, in order."""
        ...


class GroupPhone(Phone, Protocol):
    """The same among others, where Sona is addressed by its name."""

    @property
    def mention(self) -> str: ...

    async def murmurs(self, words: str) -> None:
        """Somebody else says something, not to Sona."""
        ...


class AlonePhone(Phone, Protocol):
    """The same among others, where only they are shown what they ask for."""

    async def commands(self, name: str) -> None:
        """Use a slash command."""
        ...

    def overheard(self) -> list[str]:
        """What everybody sees."""
        ...


@dataclass(frozen=True, kw_only=True)
class Line:
    """What a phone is connected to: the site's address, and a wait for the next event to be received."""

    url: str
    taken: Callable[[], Awaitable[None]]


def bare(text: str) -> str:
    """The words of a text alone, as every platform shows them; each draws the numbers of a list in its own way."""
    return " ".join(re.findall(r"\w+", re.sub(r"^\d+\. ", "", plain(text), flags=re.MULTILINE)))
