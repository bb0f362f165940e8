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

_CALL_TIMEOUT = 2.0
_MAX_CONVERSATIONS = 4096
_MAX_RUNS = 5
_MAX_TURNS = 8
_TURN_LIFETIME = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """`id` sorts by time, as the keys of what is made later do; `until` is when it is surely over."""

    id: str
    until: datetime
    thread: str


class SlackStreams:
    """Answers half written, and the calls that are on their way for them, one after another in each conversation."""

    def __init__(self, drafts: SlackDrafts, *, clock: Clock) -> None:
        self._drafts = drafts
        self._clock = clock
        self._calls: dict[Address, asyncio.Task[None]] = {}
        self._turns: OrderedDict[Address, tuple[_Turn, ...]] = OrderedDict()

    def begin_turn(self, address: Address, below: str) -> None:
        """From now on what is made for a conversation that may be shown in any thread is shown in this one.

        Turns are delivered by the process that runs them, but for accidents; then what was not begun is shown in none.
        """
        thread = SlackLocation.of(address).in_thread(below).display_thread
        turn = _Turn(id=self._clock.id(), until=self._clock.now() + _TURN_LIFETIME, thread=thread)
        self._turns[address] = (*self._turns.pop(address, ())[1 - _MAX_TURNS :], turn)
        if len(self._turns) > _MAX_CONVERSATIONS:
            self._turns.popitem(last=False)

    def location(self, address: Address, key: str, draft: SlackDraft) -> SlackLocation:
        """Where something is shown: beside what is half written, or where the turn belongs in which it was made, as its key tells."""
        turn = self._turn_of(address, key)
        return SlackLocation.of(address).in_thread(draft.thread if draft.working else turn.thread if turn else "")

    def is_leftover(self, address: Address, key: str, draft: SlackDraft) -> bool:
        """Whether what is half written belongs to another turn, in another thread."""
        turn = self._turn_of(address, key)
        return draft.working and turn is not None and turn.thread != draft.thread

    def _turn_of(self, address: Address, key: str) -> _Turn | None:
        """The turn in which something was made."""
        now = self._clock.now()
        turns = [turn for turn in self._turns.get(address, ()) if turn.id <= key and now < turn.until]
        return turns[-1] if turns else None

    async def run(self, address: Address, call: Coroutine[Any, Any, None]) -> None:
        """Run a call that raises nothing, and wait a moment for it; cut short, it still runs to its end."""
        running = self._calls[address] = asyncio.create_task(call)
        running.add_done_callback(lambda done: self._call_done(address, done))
        await asyncio.wait({running}, timeout=_CALL_TIMEOUT)

    def _call_done(self, address: Address, done: asyncio.Task[None]) -> None:
        if self._calls.get(address) is done:
            del self._calls[address]

    def busy(self, address: Address) -> bool:
        return address in self._calls

    async def draft(self, address: Address) -> SlackDraft:
        return SlackDraft.parse(await self._drafts.read(address))

    async def finished_draft(self, address: Address) -> SlackDraft:
        """The same, once no call for it is on its way."""
        if (running := self._calls.get(address)) is not None:
            await asyncio.wait({running})
        return await self.draft(address)

    async def store_draft(self, address: Address, draft: SlackDraft) -> None:
        await self._drafts.write(address, str(draft))

    async def record_run(self, location: SlackLocation, user: str) -> None:
        """Note that work for a person has begun in a channel's thread."""
        recorded = (await self._drafts.read(_runs_key(location, user))).split()
        threads = [*(thread for thread in recorded if thread != location.thread), location.thread]
        await self._drafts.write(_runs_key(location, user), " ".join(threads[-_MAX_RUNS:]))

    async def running_threads(self, location: SlackLocation, user: str) -> tuple[Address, ...]:
        """The threads of a channel where work for a person still shows."""
        threads = (await self._drafts.read(_runs_key(location, user))).split()
        found = [
            SlackLocation(team=location.team, channel=location.channel, thread=thread).address for thread in threads
        ]
        return tuple([address for address in found if (await self.draft(address)).working])

    async def close(self) -> None:
        if self._calls:
            await asyncio.wait(self._calls.values())


def _runs_key(location: SlackLocation, user: str) -> Address:
    """Where the threads that work for a person runs in are remembered."""
    return Address("slack", f"{location.team}.{location.channel}", f"runs/{user}")
