"""The letterbox, the turn, the way out and the doorbell."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from core.address import Address
from core.conversation import ClaimedTurn, Turn
from core.event import Event
from core.outbound import OutboundMessage
from core.reply import Choice, Quiz


class Inbox(Protocol):
    async def accept(self, event: Event) -> bool:
        """Keep an event for good; false when its id is already there, or when it heeds that the messages are ended and they are."""
        ...


class Turns(Protocol):
    async def open(self, address: Address, lease: timedelta) -> ClaimedTurn | None:
        """Lease the conversation and take all waiting events; `None` when there are none or someone else has it."""
        ...

    async def renew(self, claimed: ClaimedTurn, lease: timedelta) -> bool:
        """Keep the lease for as long again; false when it was lost."""
        ...

    async def since(self, claimed: ClaimedTurn) -> tuple[Event, ...]:
        """What was said to Sona in the conversation after the turn was opened, and waits to be answered."""
        ...

    async def close(self, claimed: ClaimedTurn, turn: Turn) -> None:
        """Write all of a turn in one transaction and end the lease; insists for some seconds while the database is away.

        Raises `Superseded` when the lease was lost and someone else took the conversation.
        """
        ...

    async def waiting(self, address: Address) -> bool:
        """Whether events wait; asked after a turn, for those that came while it had the lease."""
        ...

    async def replies_pending(self, address: Address) -> bool:
        """Whether replies of turns before are still on their way."""
        ...

    async def release(self, claimed: ClaimedTurn) -> None:
        """Give the lease back with nothing done."""
        ...


class Outbox(Protocol):
    async def next(self, address: Address, lease: timedelta) -> "DueOutbound | None":
        """Take the oldest parcel of a conversation if it is due and nobody holds it."""
        ...

    async def renew(self, outbound: OutboundMessage, lease: timedelta) -> bool:
        """Hold it for as long again; false when someone else has it now."""
        ...

    async def sent(self, outbound: OutboundMessage, receipt: str, *, offered: tuple[Choice, ...] = ()) -> bool:
        """It was delivered; `receipt` is the platform's id of it. True when more parcels wait behind it.

        `offered` are choices that went out as a numbered list after all: the conversation remembers them, unless
        something else that can be chosen from or answered waits behind.

        Insists for some seconds while the database is away, as what is not written down here is sent again.
        """
        ...

    async def later(self, outbound: OutboundMessage, at: datetime, why: str, *, tried: bool = True) -> None:
        """Try again at `at`; everything behind it waits too. Does nothing for who has lost the parcel.

        What was not `tried`, as the platform asked to wait, does not count among its attempts.
        """
        ...

    async def dead(self, outbound: OutboundMessage, why: str) -> None:
        """It can never be delivered; the next one may go. Does nothing for who has lost the parcel."""
        ...


class DeliveryReports(Protocol):
    async def note(self, outbound: str, outcome: str) -> None:
        """What a platform says later became of a parcel that was sent: `delivered`, or `undelivered` with its reason.

        A part that was not delivered outweighs those that were. Does nothing for a parcel that is not known.
        """
        ...


class Polls(Protocol):
    """Questions that were sent as polls: a parcel's receipt `poll:<the platform's id of the poll>:<that of the message>`."""

    async def find(self, channel: str, poll: str) -> "SentPoll | None":
        """The question of a poll; `None` for one that was not sent from here. Raises `Unreachable`."""
        ...

    async def asked_since(self, address: Address, since: datetime) -> bool:
        """Whether a question was put down to go there since then, whatever is known of its receipt. Raises `Unreachable`."""
        ...


class SentPoll(Protocol):
    """A question where it was asked, and the receipt of its parcel."""

    @property
    def address(self) -> Address: ...

    @property
    def quiz(self) -> Quiz: ...

    @property
    def receipt(self) -> str: ...


class DueOutbound(Protocol):
    """A parcel to deliver now, with the platform's id of the message that a `Mark` is about (or empty).

    It was `written` when its turn ended, and is `due` since then or since the moment it was put off to.
    """

    @property
    def outbound(self) -> OutboundMessage: ...

    @property
    def target(self) -> str: ...

    @property
    def written(self) -> datetime: ...

    @property
    def due(self) -> datetime: ...


class Wake(Protocol):
    """The doorbell. A lost ring is found by the sweep."""

    def turn(self, addresses: Iterable[Address]) -> None: ...

    def delivery(self, addresses: Iterable[Address]) -> None: ...

    def reading(self, sources: Iterable[str]) -> None:
        """Sources wait to be read by the ingest worker."""
        ...

    async def stop(self, address: Address) -> None:
        """Cancel the turn that runs for this conversation, in whichever process it runs."""
        ...
