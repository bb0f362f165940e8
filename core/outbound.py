"""Messages on their way to a platform."""

from dataclasses import dataclass

from core.address import Address
from core.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """A fitted reply to deliver. `id` is the idempotency key: a `/` separates it from what tells its pieces apart.

    `thread` is the platform's thread to show it in, where one conversation is shown in several; it is stored with the
    message, so that any process delivers it to the right place. `attempts` counts the tries so far.
    """

    id: str
    address: Address
    reply: Reply
    thread: str = ""
    attempts: int = 0
