"""Answers that are half written, where they stand, and the calls that are on their way for them."""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bots.slack.drafts import SlackDraft, SlackDrafts
from bots.slack.location import SlackLocation
from core.address import Address
from core.clock import Clock

_PATIENCE = 2.0
_MOST = 4096
_MOST_RUNS = 5
_MOST_TURNS = 8
_TURN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """`id` sorts by time, as the keys of what is made later do; `until` is when it is surely over."""

    id: str
    until: datetime
    below: str


class SlackStreams:
    """Answers half written, and the calls that are on their way for them, one after another in each conversation."""

    def __init__(self, drafts: SlackDrafts, *, clock: Clock) -> None:
        self._drafts = drafts
        self._clock = clock
        self._calls: dict[Address, asyncio.Task[None]] = {}
        self._turns: OrderedDict[Address, tuple[_Turn, ...]] = OrderedDict()

    def turn(self, address: Address, below: str) -> None:
        """From now on what is made for a conversation that may be shown in any thread is shown in this one.

        Turns are delivered by the process that runs them, but for accidents; then what was not begun is shown in none.
        """
        thread = SlackLocation.of(address).under(below).below
        turn = _Turn(id=self._clock.id(), until=self._clock.now() + _TURN, below=thread)
        self._turns[address] = (*self._turns.pop(address, ())[1 - _MOST_TURNS :], turn)
        if len(self._turns) > _MOST:
            self._turns.popitem(last=False)

    def place(self, address: Address, key: str, draft: SlackDraft) -> SlackLocation:
        """Where something is shown: beside what is half written, or where the turn belongs in which it was made, as its key tells."""
        turn = self._turn(address, key)
        return SlackLocation.of(address).under(draft.thread if draft.working else turn.below if turn else "")

    def stray(self, address: Address, key: str, draft: SlackDraft) -> bool:
        """Whether what is half written belongs to another turn, in another thread."""
        turn = self._turn(address, key)
        return draft.working and turn is not None and turn.below != draft.thread

    def _turn(self, address: Address, key: str) -> _Turn | None:
        """The turn in which something was made."""
        now = self._clock.now()
        turns = [turn for turn in self._turns.get(address, ()) if turn.id <= key and now < turn.until]
        return turns[-1] if turns else None

    async def run(self, address: Address, call: Coroutine[Any, Any, None]) -> None:
        """Run a call that raises nothing, and wait a moment for it; cut short, it still runs to its end."""
        running = self._calls[address] = asyncio.create_task(call)
        running.add_done_callback(lambda done: self._ended(address, done))
        await asyncio.wait({running}, timeout=_PATIENCE)

    def _ended(self, address: Address, done: asyncio.Task[None]) -> None:
        if self._calls.get(address) is done:
            del self._calls[address]

    def busy(self, address: Address) -> bool:
        return address in self._calls

    async def read(self, address: Address) -> SlackDraft:
        return SlackDraft.parse(await self._drafts.read(address))

    async def finish(self, address: Address) -> SlackDraft:
        """The same, once no call for it is on its way."""
        if (running := self._calls.get(address)) is not None:
            await asyncio.wait({running})
        return await self.read(address)

    async def keep(self, address: Address, draft: SlackDraft) -> None:
        await self._drafts.write(address, str(draft))

    async def began(self, place: SlackLocation, user: str) -> None:
        """Note that work for a person has begun in a channel's thread."""
        kept = (await self._drafts.read(_runs(place, user))).split()
        threads = [*(thread for thread in kept if thread != place.thread), place.thread]
        await self._drafts.write(_runs(place, user), " ".join(threads[-_MOST_RUNS:]))

    async def running(self, place: SlackLocation, user: str) -> tuple[Address, ...]:
        """The threads of a channel where work for a person still shows."""
        threads = (await self._drafts.read(_runs(place, user))).split()
        found = [SlackLocation(team=place.team, channel=place.channel, thread=thread).address for thread in threads]
        return tuple([address for address in found if (await self.read(address)).working])

    async def close(self) -> None:
        if self._calls:
            await asyncio.wait(self._calls.values())


def _runs(place: SlackLocation, user: str) -> Address:
    """Where the threads that work for a person runs in are remembered."""
    return Address("slack", f"{place.team}.{place.channel}", f"runs/{user}")
