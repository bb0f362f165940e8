"""A whole turn of thinking: every event in order, to the first who has an answer for it."""

import asyncio
import logging
import traceback
from collections.abc import Sequence
from dataclasses import replace

from core.channel import LiveUpdates
from core.clock import Clock
from core.conversation import ClaimedTurn, Message
from core.dialogue.draft import Answerer, Interrupted, TurnDraft
from core.dialogue.text import command, stops, words
from core.dialogue.transcript import heard, spoken
from core.errors import Failure, Superseded
from core.event import Event, Left, Said, Spoke
from core.phrases import phrase
from core.reply import Text

_logger = logging.getLogger(__name__)


class Dispatcher:
    """Asks its answerers in their order; the last one is who talks, and hears what was said in a burst as one.

    `history` is how many messages a conversation remembers.
    """

    def __init__(self, answerers: Sequence[Answerer], *, clock: Clock, history: int = 40) -> None:
        self._answerers = tuple(answerers)
        self._clock = clock
        self._history = history

    async def think(self, claimed: ClaimedTurn, live: LiveUpdates, stop: asyncio.Event | None = None) -> TurnDraft:
        """What the events of a turn come to. Raises `Superseded` only; all else is apologised for to the person.

        When `stop` is set, whoever answers is cancelled and the thought ends with what was said until then.
        """
        draft = TurnDraft(conversation=claimed.conversation, principal=claimed.principal, audience=claimed.audience)
        turn = _Turn(self._answerers, draft, live, clock=self._clock, history=self._history)
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
        self, answerers: tuple[Answerer, ...], draft: TurnDraft, live: LiveUpdates, *, clock: Clock, history: int
    ) -> None:
        self._first, self._talker = answerers[:-1], answerers[-1]
        self._thought = draft
        self._live = live
        self._clock = clock
        self._history = history
        self._waiting: list[Event] = []

    async def run(self, events: tuple[Event, ...]) -> TurnDraft:
        for event in events:
            await self._take(event)
        await self._talk()
        return self._thought

    def result(self, run: asyncio.Task[TurnDraft]) -> TurnDraft:
        """What a finished, or stopped, run has come to."""
        if run.cancelled():
            return self._thought
        match run.exception():
            case None:
                return run.result()
            case Interrupted(draft=draft):
                self._settle(draft)
                return self._thought
            case error:
                raise error

    async def _take(self, event: Event) -> None:
        if self._unchanged(event):
            return
        if not event.addressed:
            self._thought = self._with_heard(event)
            return
        if stops(event) or isinstance(event.body, Left):
            self._waiting.clear()
        if not _is_talk(event):
            await self._talk()
        answered = await self._answered(event)
        if answered is not None and self._waiting:
            await self._talk()
            answered = await self._answered(event)
        if answered is not None:
            self._settle(answered)
        else:
            self._thought = self._with_heard(event)
            self._waiting.append(event)

    def _unchanged(self, event: Event) -> bool:
        """Whether an edit leaves the message's text as it stands: platforms report edits that change nothing visible."""
        if not isinstance(event.body, Said) or not event.body.edited or not event.message_id:
            return False
        history = reversed(self._thought.conversation.history)
        known = (line.text for line in history if line.platform_id == event.message_id)
        return next(known, None) == event.body.text.strip()

    async def _answered(self, event: Event) -> TurnDraft | None:
        """The answer of the first who has one, the talker aside."""
        before = self._with_heard(event)
        for answerer in self._first:
            answered = await self._guarded(answerer, event, before)
            if answered is not None:
                return answered
        return None

    async def _talk(self) -> None:
        """Let the talker answer all that waits, as one."""
        if not self._waiting:
            return
        event = self._waiting[-1]
        if len(self._waiting) > 1:
            event = replace(event, body=Said(text="\n".join(words(each) for each in self._waiting)))
        self._waiting.clear()
        answered = await self._guarded(self._talker, event, self._thought)
        if answered is not None:
            self._settle(answered)

    async def _guarded(self, answerer: Answerer, event: Event, draft: TurnDraft) -> TurnDraft | None:
        """The answer, or an apology for the failure to give one."""
        try:
            return await answerer.answer(event, draft, self._live)
        except (Superseded, Interrupted):
            raise
        except Failure as failure:
            _logger.warning("%s failed: %s", type(answerer).__name__, type(failure).__name__)
            told = failure.told or "failure.unexpected"
        except Exception as error:  # noqa: BLE001 - one broken answer must not take the turn with it
            _logger.error("%s broke: %s at %s", type(answerer).__name__, type(error).__name__, _place(error))
            told = "failure.unexpected"
        await self._live.status("")
        return draft.with_replies(Text(text=phrase(told, draft.conversation.learner.locale)))

    def _with_heard(self, event: Event) -> TurnDraft:
        message = heard(event)
        return self._keep(self._thought, message) if message else self._thought

    def _settle(self, answered: TurnDraft) -> None:
        """Adopt an answer and record its replies. Words no longer answer a question that was open before them."""
        said = len(answered.replies) > len(self._thought.replies)
        pending = answered.conversation.pending
        if said and pending is not None and pending == self._thought.conversation.pending:
            closed = replace(answered.conversation, pending=replace(pending, open_to_words=False))
            answered = answered.with_conversation(closed)
        for reply in answered.replies[len(self._thought.replies) :]:
            message = spoken(reply, self._clock.now())
            answered = self._keep(answered, message) if message else answered
        self._thought = answered

    def _keep(self, draft: TurnDraft, message: Message) -> TurnDraft:
        before = draft.conversation
        history = (*before.history, message)[-self._history :]
        return replace(draft, conversation=replace(before, history=history), messages=(*draft.messages, message))


def _is_talk(event: Event) -> bool:
    """Whether it is words that may be part of a burst."""
    return isinstance(event.body, Said | Spoke) and command(event) is None


def _place(error: Exception) -> str:
    """Where it was raised, as file and line: the message may hold what a person wrote, and is not logged."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
