"""An outbox in memory, where nobody else delivers."""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.address import Address
from core.conversation import OutboundMessage
from core.reply import Choice


@dataclass
class Due:
    parcel: OutboundMessage
    written: datetime
    due: datetime
    target: str = ""


@dataclass
class Shelf:
    """`core.ports.messaging.Outbox`; `later` is kept as the platform asked, `gone` is what was given up."""

    now: Callable[[], datetime]
    waiting: dict[Address, deque[OutboundMessage]] = field(
        default_factory=lambda: defaultdict[Address, deque[OutboundMessage]](deque)
    )
    held: dict[Address, datetime] = field(default_factory=dict[Address, datetime])
    targets: dict[str, str] = field(default_factory=dict[str, str])
    gone: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.written = self.now()

    def put(self, parcel: OutboundMessage, *, target: str = "") -> None:
        self.waiting[parcel.address].append(parcel)
        self.targets[parcel.id] = target

    async def next(self, address: Address, lease: timedelta) -> Due | None:
        now = self.now()
        if not self.waiting[address] or self.held.get(address, now) > now:
            return None
        parcel = self.waiting[address][0]
        return Due(parcel, self.written, self.held.get(address, self.written), self.targets[parcel.id])

    async def renew(self, parcel: OutboundMessage, lease: timedelta) -> bool:
        return True

    async def sent(self, parcel: OutboundMessage, receipt: str, *, offered: tuple[Choice, ...] = ()) -> bool:
        self.waiting[parcel.address].popleft()
        return bool(self.waiting[parcel.address])

    async def later(self, parcel: OutboundMessage, at: datetime, why: str, *, tried: bool = True) -> None:
        self.held[parcel.address] = at

    async def dead(self, parcel: OutboundMessage, why: str) -> None:
        self.waiting[parcel.address].popleft()
        self.gone.append(why)
