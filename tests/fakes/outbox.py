"""An outbox in memory, where nobody else delivers."""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.address import Address
from core.outbound import OutboundMessage
from core.reply import Choice


@dataclass
class Due:
    outbound: OutboundMessage
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

    def put(self, outbound: OutboundMessage, *, target: str = "") -> None:
        self.waiting[outbound.address].append(outbound)
        self.targets[outbound.id] = target

    async def next(self, address: Address, lease: timedelta) -> Due | None:
        now = self.now()
        if not self.waiting[address] or self.held.get(address, now) > now:
            return None
        outbound = self.waiting[address][0]
        return Due(outbound, self.written, self.held.get(address, self.written), self.targets[outbound.id])

    async def renew(self, outbound: OutboundMessage, lease: timedelta) -> bool:
        return True

    async def sent(self, outbound: OutboundMessage, receipt: str, *, offered: tuple[Choice, ...] = ()) -> bool:
        self.waiting[outbound.address].popleft()
        return bool(self.waiting[outbound.address])

    async def later(self, outbound: OutboundMessage, at: datetime, why: str, *, tried: bool = True) -> None:
        self.held[outbound.address] = at

    async def dead(self, outbound: OutboundMessage, why: str) -> None:
        self.waiting[outbound.address].popleft()
        self.gone.append(why)
