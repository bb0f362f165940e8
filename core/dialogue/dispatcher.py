"""A turn: every event in order, each offered to the answerers by priority until one answers."""

import asyncio
import logging
import traceback
from collections.abc import Sequence
from dataclasses import replace

from core.channel import LiveUpdates
from core.clock import Clock
from core.conversation import ClaimedTurn, Message
from core.dialogue.draft import Interrupted, TurnDraft
from core.dialogue.feature import Registered
from core.dialogue.intent import Incoming, IntentParser
from core.dialogue.text import words
from core.dialogue.transcript import heard, spoken
from core.errors import Failure, Superseded
from core.event import Event, Left, Said, Spoke
from core.phrases import phrase
from core.reply import Text

_logger = logging.getLogger(__name__)


class Dispatcher:
    """Offers each event to the answerers in the order of their priority.

    The last one talks: it answers what nobody else does, a burst of messages at a time. `history` is the number of
    messages that a conversation keeps in view.
    """

    def __init__(
        self, registered: Sequence[Registered], *, parser: IntentParser, clock: Clock, history: int = 40
    ) -> None:
        self._registered = tuple(sorted(registered, key=lambda one: one.priority))
        self._parser = parser
        self._clock = clock
        self._history = history

    async def think(self, claimed: ClaimedTurn, live: LiveUpdates, stop: asyncio.Event | None = None) -> TurnDraft:
        """What the events of a turn come to. Raises `Superseded` only; all else is apologised for to the person.

        When `stop` is set, whoever answers is cancelled and the thought ends with what was said until then.
        """
        draft = TurnDraft(conversation=claimed.conversation, principal=claimed.principal, audience=claimed.audience)
        turn = _Turn(self._registered, draft, live, parser=self._parser, clock=self._clock, history=self._history)
        if stop is None:
            return await turn.run(claimed.events)
        run = asyncio.create_task(turn.run(claimed.events))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({run, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not run.done():
                run.cancel()
                await asyncio.wait({run})
            return turn.result(run)
        finally:
            stopped.cancel()
            run.cancel()
            await asyncio.gather(run, stopped, return_exceptions=True)


class _Turn:
    """One turn under way: the thought so far, and what was said but waits to be answered together."""

    def __init__(
        self,
        registered: tuple[Registered, ...],
        draft: TurnDraft,
        live: LiveUpdates,
        *,
        parser: IntentParser,
        clock: Clock,
        history: int,
    ) -> None:
        self._first, self._talker = registered[:-1], registered[-1]
        self._draft = draft
        self._live = live
        self._parser = parser
        self._clock = clock
        self._history = history
        self._waiting: list[Incoming] = []

    async def run(self, events: tuple[Event, ...]) -> TurnDraft:
        for event in events:
            await self._take(event)
        await self._talk()
        return self._draft

    def result(self, run: asyncio.Task[TurnDraft]) -> TurnDraft:
        """What a finished, or stopped, run has come to."""
        if run.cancelled():
            return self._draft
        match run.exception():
            case None:
                return run.result()
            case Interrupted(draft=draft):
                self._settle(draft)
                return self._draft
            case error:
                raise error

    async def _take(self, event: Event) -> None:
        if self._unchanged(event):
            return
        if not event.addressed:
            self._draft = self._with_heard(event)
            return
        incoming = self._parser.parse(event, self._draft.conversation.learner.locale)
        if isinstance(event.body, Left) or (incoming.intent is not None and incoming.intent.name == "stop"):
            self._waiting.clear()
        if not _is_talk(incoming):
            await self._talk()
        answered = await self._answered(incoming)
        if answered is not None and self._waiting:
            await self._talk()
            answered = await self._answered(incoming)
        if answered is not None:
            self._settle(answered)
        else:
            self._draft = self._with_heard(event)
            self._waiting.append(incoming)

    def _unchanged(self, event: Event) -> bool:
        """Whether an edit leaves the message's text as it stands: platforms report edits that change nothing visible."""
        if not isinstance(event.body, Said) or not event.body.edited or not event.message_id:
            return False
        history = reversed(self._draft.conversation.history)
        known = (line.text for line in history if line.platform_id == event.message_id)
        return next(known, None) == event.body.text.strip()

    async def _answered(self, incoming: Incoming) -> TurnDraft | None:
        """The answer of the first answerer that has one; the last, which talks, is not asked."""
        before = self._with_heard(incoming.event)
        name = incoming.intent.name if incoming.intent is not None else ""
        for one in self._first:
            if one.intents is not None and name not in one.intents:
                continue
            answered = await self._guarded(one, incoming, before)
            if answered is not None:
                return answered
        return None

    async def _talk(self) -> None:
        """Have everything that waits answered as one message."""
        if not self._waiting:
            return
        incoming = self._waiting[-1]
        if len(self._waiting) > 1:
            text = "\n".join(words(each.event) for each in self._waiting)
            incoming = Incoming(event=replace(incoming.event, body=Said(text=text)))
        self._waiting.clear()
        answered = await self._guarded(self._talker, incoming, self._draft)
        if answered is not None:
            self._settle(answered)

    async def _guarded(self, one: Registered, incoming: Incoming, draft: TurnDraft) -> TurnDraft | None:
        """The answer, or an apology for the failure to give one."""
        name = type(one.answerer).__name__
        try:
            return await one.answerer.answer(incoming, draft, self._live)
        except (Superseded, Interrupted):
            raise
        except Failure as failure:
            _logger.warning("%s failed: %s", name, type(failure).__name__)
            told = failure.told or "failure.unexpected"
        except Exception as error:  # noqa: BLE001 - one broken answer must not take the turn with it
            _logger.error("%s raised %s at %s", name, type(error).__name__, _place(error))
            told = "failure.unexpected"
        await self._live.status("")
        return draft.with_replies(Text(text=phrase(told, draft.conversation.learner.locale)))

    def _with_heard(self, event: Event) -> TurnDraft:
        message = heard(event)
        return self._keep(self._draft, message) if message else self._draft

    def _settle(self, answered: TurnDraft) -> None:
        """Adopt an answer and record its replies. Words no longer answer a question that was open before them."""
        said = len(answered.replies) > len(self._draft.replies)
        pending = answered.conversation.pending
        if said and pending is not None and pending == self._draft.conversation.pending:
            closed = replace(answered.conversation, pending=replace(pending, open_to_words=False))
            answered = answered.with_conversation(closed)
        for reply in answered.replies[len(self._draft.replies) :]:
            message = spoken(reply, self._clock.now())
            answered = self._keep(answered, message) if message else answered
        self._draft = answered

    def _keep(self, draft: TurnDraft, message: Message) -> TurnDraft:
        before = draft.conversation
        history = (*before.history, message)[-self._history :]
        return replace(draft, conversation=replace(before, history=history), messages=(*draft.messages, message))


def _is_talk(incoming: Incoming) -> bool:
    """Whether the event is words that may be part of a burst."""
    commanded = incoming.intent is not None and incoming.intent.source == "command"
    return isinstance(incoming.event.body, Said | Spoke) and not commanded


def _place(error: Exception) -> str:
    """Where it was raised, as file and line: the message may hold what a person wrote, and is not logged."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
