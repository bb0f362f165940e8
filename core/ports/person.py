"""One person on many platforms: joined, parted, handed what is kept of them, and forgotten."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from core.address import Address
from core.conversation import Conversation, Learner
from core.event import Sender
from core.media import Media
from core.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSummary:
    """What is kept of a person, in numbers. `channels` are where they write from, each once."""

    name: str
    channels: tuple[str, ...]
    cards: int = 0
    courses: int = 0
    documents: int = 0
    messages: int = 0


LinkDenial = Literal["unknown", "own", "tired"]
"""Why a code joins nobody: no such code stands, it is the person's own, or too many wrong ones were tried."""


class LinkCodes(Protocol):
    """Codes that are said once. They are kept as keyed hashes only."""

    async def offer(self, learner: str, code: str) -> None:
        """Let the code join somebody to this learner for ten minutes, in place of any code of theirs before."""
        ...

    async def claim(self, learner: str, code: str) -> PersonSummary | LinkDenial:
        """Keep the code for this learner, who now has ten minutes to decide, and say whose it is. Every try is counted."""
        ...

    async def decline(self, learner: str) -> None:
        """Let go of what was claimed; the code is spent."""
        ...

    async def spend(self, code: str) -> None:
        """Let the code join nobody any more, if it stands."""
        ...

    async def join(
        self, learner: str, *, here: Address, event: str, told: Callable[[Learner], Reply]
    ) -> Learner | None:
        """Put all that is kept of this learner to the one whose code they claimed, in one transaction, and return that one; `None` when nothing is claimed any more.

        That one is `told` of it where they wrote last. Turns of theirs that run elsewhere than `here` are superseded. The same event again changes nothing and gives
        the same: a turn that is not closed is taken again.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinkedPerson:
    """Who a channel's sender is now, and the channels of who they were."""

    learner: Learner
    channels: tuple[str, ...]


class People(Protocol):
    async def standing(self, learner: str) -> PersonSummary: ...

    async def part(self, learner: Learner, sender: Sender, here: Address, *, event: str) -> UnlinkedPerson | None:
        """Make the sender of this channel, with all of their conversations on it, somebody new; `None` when they stand alone already.

        The same event again changes nothing and gives the same: a turn that is not closed is taken again.
        """
        ...

    async def besides(self, learner: str, sender: Sender, here: Address) -> tuple[str, ...]:
        """The channels of the learner that are not this sender's on this one, each once."""
        ...


class OtherConversations(Protocol):
    async def elsewhere(self, learner: Learner, here: Address) -> Conversation | None:
        """The learner's conversation that moved last of all those at other addresses, with its last few messages.

        One where a course or a quiz is under way goes before one where people only talked.
        """
        ...

    async def at_rest(self, there: Conversation) -> bool:
        """Whether nobody is at a conversation just now, and it stands as it was found."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was deleted. `records` counts rows of every kind, `files` sounds and files; `addresses` are the conversations there were."""

    records: int
    messages: int
    cards: int
    documents: int
    files: int
    at: datetime
    addresses: tuple[Address, ...]


class PersonalRecords(Protocol):
    async def pack(self, learner: str) -> Media:
        """Everything that is kept of a learner as a file, which is kept for a day, or until two more were asked for."""
        ...

    async def link(self, media: Media) -> str:
        """An address at which the packed file can be loaded once; empty where nobody can reach us."""
        ...

    async def forget(self, learner: str, here: Address, told: Callable[[Forgotten], Reply]) -> Forgotten | None:
        """Delete everything that is kept of a learner, leaving only the receipt that is told on its way to `here`; `None` when there is no such learner.

        All in one transaction. A turn of theirs that runs meanwhile is superseded. The receipt is deleted once it is delivered.
        """
        ...


class Downloads(Protocol):
    """Files that whoever has the address may load once."""

    async def waits(self, token: str) -> bool: ...

    async def take(self, token: str) -> tuple[bytes, str] | None:
        """The file and its name, the first time; `None` ever after, and for what was never handed out."""
        ...
