"""A whole turn: order, bursts, groups, history, failures and stopping."""

import asyncio
import logging
from dataclasses import replace
from random import Random

import pytest

from core.address import Address
from core.channel import LiveUpdates
from core.conversation import ClaimedTurn
from core.dialogue.confirmation import Confirmation, Confirmations
from core.dialogue.dispatcher import Dispatcher
from core.dialogue.draft import Answerer, Interrupted, TurnDraft
from core.dialogue.feature import all_features, listed_commands
from core.dialogue.intent import Incoming
from core.errors import Failure, Forbidden, Superseded, ToolFault, Unreachable
from core.event import Body, Event, Left, Said, Sender, Spoke, Stopped, Tapped
from core.features.general.commands import GeneralCommands
from core.features.general.notices import Notices
from core.phrases import phrase
from core.reply import Choice, Quiz, Text
from tests.fakes.collaborators import Signs, StillClock, conversation
from tests.fakes.dialogue import dispatcher


class Echo:
    """Says what it hears back; keeps what it heard."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        self.heard.append(incoming.text)
        return draft.with_replies(Text(text=f"echo {incoming.text}"))


class Failing:
    """Raises when a word is said."""

    def __init__(self, word: str, error: Exception) -> None:
        self._word = word
        self._error = error

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        if incoming.text == self._word:
            raise self._error
        return None


class Dealer:
    """Answers `deal` with a question."""

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        if incoming.text != "deal":
            return None
        return draft.with_replies(
            Quiz(id="q", question="moku?", form="choice", choices=(Choice(label="food", value="a"),))
        )


def event(body: Body | str, *, addressed: bool = True, group: bool = False, name: str = "Ana") -> Event:
    body = Said(text=body) if isinstance(body, str) else body
    return Event(
        id="web:1",
        address=Address("web", "c1"),
        sender=Sender(id="s", name=name),
        at=StillClock().now(),
        body=body,
        addressed=addressed,
        group=group,
    )


COMMANDS = GeneralCommands(commands=listed_commands(all_features()))


def claimed(*events: Event) -> ClaimedTurn:
    return ClaimedTurn(conversation=conversation(), events=events, token="t")


def mind(*answerers: Answerer, history: int = 40) -> Dispatcher:
    return dispatcher(*answerers, clock=StillClock(), history=history)


def texts(draft: TurnDraft) -> list[str]:
    return [reply.text for reply in draft.replies if isinstance(reply, Text)]


async def think(talker: Answerer, *events: Event, first: tuple[Answerer, ...] = ()) -> TurnDraft:
    return await mind(*first, talker).think(claimed(*events), Signs())


async def test_a_burst_is_answered_as_one() -> None:
    echo = Echo()
    draft = await think(echo, event("wait"), event(Spoke(heard="one more")), event("thing"))
    assert echo.heard == ["wait\none more\nthing"]
    assert len(draft.replies) == 1


async def test_answers_keep_the_order_of_what_was_asked() -> None:
    echo = Echo()
    draft = await think(echo, event("hi"), event("/voice on"), event("and"), event("so"), first=(COMMANDS,))
    assert texts(draft) == ["echo hi", phrase("voice.always", "en"), "echo and\nso"]


async def test_words_that_someone_claims_are_answered_after_what_waited_before_them() -> None:
    draft = await think(Echo(), event("hi"), event("deal"), event("bye"), first=(Dealer(),))
    assert [getattr(reply, "text", "quiz") for reply in draft.replies] == ["echo hi", "quiz", "echo bye"]


async def test_a_tap_that_nobody_claims_is_said_to_the_talker() -> None:
    assert texts(await think(Echo(), event(Tapped(choice="tell me about tones")))) == ["echo tell me about tones"]


async def test_what_both_said_is_written_down_in_order() -> None:
    draft = await think(Echo(), event("hi"), event("deal"), first=(Dealer(),))
    lines = [(message.role, message.text, message.speaker) for message in draft.conversation.history]
    assert lines == [
        ("person", "hi", ""),
        ("sona", "echo hi", ""),
        ("person", "deal", ""),
        ("sona", "moku? · food", ""),
    ]
    assert draft.messages == draft.conversation.history


async def test_a_long_history_forgets_its_beginning_but_the_record_does_not() -> None:
    draft = await mind(Dealer(), Echo(), history=3).think(
        claimed(event("a"), event("deal"), event("b"), event("deal")), Signs()
    )
    assert len(draft.conversation.history) == 3
    assert len(draft.messages) == 8


async def test_a_new_conversation_keeps_its_record() -> None:
    draft = await think(Echo(), event("hi"), event("/new"), first=(COMMANDS,))
    assert [message.text for message in draft.conversation.history] == [phrase("new.done", "en")]
    assert [message.text for message in draft.messages] == ["hi", "echo hi", "/new", phrase("new.done", "en")]


async def test_words_in_a_group_that_are_for_others_are_context_only() -> None:
    echo = Echo()
    draft = await think(
        echo,
        event("lunch?", addressed=False, group=True, name="Bo"),
        event("Sona, what is moku?", group=True),
        event("thanks all", addressed=False, group=True, name="Bo"),
    )
    assert echo.heard == ["Sona, what is moku?"]
    assert [(message.speaker, message.text) for message in draft.messages] == [
        ("Bo", "lunch?"),
        ("Ana", "Sona, what is moku?"),
        ("Bo", "thanks all"),
        ("", "echo Sona, what is moku?"),
    ]


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (Forbidden("no"), "failure.forbidden"),
        (Unreachable("away"), "failure.unreachable"),
        (ToolFault("no"), "failure.unexpected"),
        (ZeroDivisionError("secret words"), "failure.unexpected"),
    ],
)
async def test_a_failure_is_apologised_for_and_the_rest_goes_on(
    error: Exception, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    draft = await think(Echo(), event("bad"), event("/voice on"), first=(Failing("bad", error), COMMANDS))
    assert texts(draft) == [phrase(key, "en"), phrase("voice.always", "en")]
    assert type(error).__name__ in caplog.text
    assert "secret" not in caplog.text


async def test_a_conversation_that_someone_else_holds_is_left_to_them() -> None:
    with pytest.raises(Superseded):
        await think(Echo(), event("bad"), first=(Failing("bad", Superseded("theirs")),))


class Slow:
    """Has said a word when it is cut off."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise Interrupted(draft.with_replies(Text(text="so far"))) from None


async def test_stop_keeps_what_was_said_until_then() -> None:
    slow, stop = Slow(), asyncio.Event()
    task = asyncio.create_task(mind(COMMANDS, slow).think(claimed(event("/voice on"), event("hi")), Signs(), stop))
    await asyncio.wait_for(slow.begun.wait(), 5)
    stop.set()
    draft = await asyncio.wait_for(task, 5)
    assert texts(draft) == [phrase("voice.always", "en"), "so far"]
    assert draft.messages[-1].text == "so far"


async def test_a_turn_that_nobody_stops_ends_by_itself() -> None:
    draft = await mind(Echo()).think(claimed(event("hi")), Signs(), asyncio.Event())
    assert texts(draft) == ["echo hi"]


async def test_a_cancelled_turn_is_cancelled() -> None:
    slow = Slow()
    task = asyncio.create_task(mind(slow).think(claimed(event("hi")), Signs(), asyncio.Event()))
    await asyncio.wait_for(slow.begun.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_stop_drops_what_was_asked_before_it_in_the_same_burst() -> None:
    echo = Echo()
    draft = await think(echo, event("long story please"), event("/stop"), first=(COMMANDS,))
    assert echo.heard == []
    assert texts(draft) == [phrase("stop.idle", "en")]
    assert texts(await think(Echo(), event("hi"), event(Stopped()))) == ["echo "]


async def test_who_leaves_is_not_answered_what_they_asked_before() -> None:
    talker = Echo()
    draft = await think(talker, event("question"), event(Left()), first=(Notices(),))
    assert draft.replies == ()
    assert talker.heard == []


async def test_a_person_is_apologised_to_in_their_language() -> None:
    held = claimed(event("bad"))
    held = replace(held, conversation=conversation(locale="es"))
    failing = Failing("bad", Unreachable("away"))
    assert texts(await mind(failing, Echo()).think(held, Signs())) == [phrase("failure.unreachable", "es")]


def test_every_failure_has_words_or_is_nobodys_business() -> None:
    assert all(kind.told == "" or phrase(kind.told, "en") for kind in Failure.__subclasses__())


class Asker:
    """Asks a yes-or-no question when it hears `ask`; keeps whether words could answer it when it hears anything else."""

    def __init__(self) -> None:
        self.open: list[bool] = []

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:
        if incoming.text == "ask":
            question = Confirmation(kind="link", ask="person.link.ask")
            return Confirmations(clock=StillClock(), rng=Random(7)).ask(question, "", incoming.event, draft)
        pending = draft.conversation.pending
        self.open.append(pending is not None and pending.open_to_words)
        return None


async def test_words_answer_a_question_until_sona_says_something_else() -> None:
    asker = Asker()
    draft = await think(Echo(), event("ask"), event("/voice on"), event("yes"), first=(asker, COMMANDS))
    assert asker.open == [True, False]
    pending = draft.conversation.pending
    assert pending is not None
    assert not pending.open_to_words


def edit(text: str, message_id: str) -> Event:
    return replace(event(Said(text=text, edited=True)), message_id=message_id)


async def test_an_edit_to_words_said_in_another_message_is_answered() -> None:
    echo = Echo()
    await think(
        echo,
        replace(event("what is moku?"), message_id="1"),
        event("/voice on"),
        replace(event("what is telo?"), message_id="2"),
        event("/voice off"),
        edit("what is moku?", "2"),
        first=(COMMANDS,),
    )
    assert echo.heard == ["what is moku?", "what is telo?", "what is moku?"]


async def test_an_edit_that_changes_no_words_is_not_answered_again() -> None:
    echo = Echo()
    before = (replace(event("moku?"), message_id="1"), event("/voice on"))
    draft = await think(echo, *before, edit("moku? ", "1"), edit("telo?", "1"), edit("telo?", "1"), first=(COMMANDS,))
    assert echo.heard == ["moku?", "telo?"]
    said = [(line.text, line.platform_id) for line in draft.conversation.history if line.platform_id]
    assert said == [("moku?", "1"), ("telo?", "1")]
