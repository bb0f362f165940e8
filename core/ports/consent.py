"""Who has ended the messages, and how much was sent to whom."""

from datetime import date
from typing import Protocol

from core.address import Address


class Consents(Protocol):
    """Whether people want to be written to. What is not known is consent: they wrote first."""

    async def withdraw(self, address: Address, *, why: str, event: str = "") -> None:
        """Nothing is to be sent there any more. Does nothing when the event that says so is known already."""
        ...

    async def renew(self, address: Address, *, event: str = "") -> None:
        """Take a withdrawal back, if there was one. Does nothing when the event that says so is known already."""
        ...

    async def withdrawn(self, address: Address) -> bool: ...


class Allowance(Protocol):
    """How much may be sent to one person in a day, wherever it goes."""

    async def spend(self, address: Address, amount: int, *, day: date, cap: int, cost: float = 0.0) -> bool:
        """Note that so much is sent, for `cost` US dollars; false, with nothing noted, where it would go above the cap. A negative amount gives back."""
        ...

    async def close(self, address: Address, *, day: date, cap: int, cost: float = 0.0) -> bool:
        """Let nothing more be sent on that day after one last thing to this address, for `cost` US dollars; true for the first who asks."""
        ...
