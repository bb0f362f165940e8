"""Questions as quiz polls: what fits one, what is sent, and what comes back."""

from dataclasses import replace

import pytest

from bots.telegram.quiz import poll, sent
from core.address import Address
from core.outbound import OutboundMessage
from core.reply import Choice, Mark, Quiz
from tests.bots.telegram.conftest import GROUP, PRIVATE, Desk

A, B = Choice(label="to eat", value="q1:a"), Choice(label="to go", value="q1:b")
QUIZ = Quiz(
    id="q1",
    question="What is **moku**?",
    form="choice",
    choices=(A, B),
    progress="2/8",
    right="q1:a",
    why="As in *mi moku*.\n\n\nIt is food as well.",
)
MARK = Mark(quiz="q1", question="moku?", choices=(A, B), chosen="q1:b", right="q1:a", correct=False, text="Not so.")


async def test_a_choice_is_asked_as_a_quiz_poll_that_tells_who_answered(desk: Desk) -> None:
    for address in (PRIVATE, GROUP, Address("telegram", "-100200", "9")):
        receipt = await desk.bot.channel.send(OutboundMessage(id="k", address=address, reply=QUIZ))
        asked = sent(receipt)
        assert asked is not None
        shown = desk.api.chats[int(address.chat)].messages[int(asked.message)]["poll"]
        assert (shown["id"], shown["question"]) == (asked.poll, "2/8 · What is moku?")
        assert [option["text"] for option in shown["options"]] == ["to eat", "to go"]
        assert (shown["correct_option_ids"], shown["is_anonymous"], shown["type"]) == ([0], False, "quiz")
        assert shown["explanation"] == "As in mi moku.\nIt is food as well."
        assert desk.api.made("sendPoll")[-1].text("message_thread_id") == address.thread
    assert desk.counted == []


@pytest.mark.parametrize(
    "changed",
    [
        replace(QUIZ, question="x" * 300),
        replace(QUIZ, why="x" * 201),
        replace(QUIZ, why="a\n\nb\n\nc\n\nd"),
        replace(QUIZ, choices=(A, Choice(label="y" * 101, value="b"))),
        replace(QUIZ, choices=(A, Choice(label="😀" * 51, value="b"))),
        replace(QUIZ, choices=(A, Choice(label="to  eat", value="b"))),
        replace(QUIZ, choices=(A,)),
        replace(QUIZ, choices=(A, *(Choice(label=str(n), value=str(n)) for n in range(12)))),
        replace(QUIZ, right="q1:z"),
    ],
    ids=["question", "why", "lines", "option", "emoji", "twice", "one", "thirteen", "no right one"],
)
async def test_what_does_not_fit_a_poll_has_buttons_and_is_counted(desk: Desk, changed: Quiz) -> None:
    receipt = await desk.bot.channel.send(OutboundMessage(id="k", address=PRIVATE, reply=changed))
    assert desk.api.chats[7].buttons(int(receipt))[0]["text"] == "to eat"
    assert desk.counted == ["buttons"]


def test_a_poll_takes_as_much_as_telegram_does() -> None:
    question = replace(QUIZ, question="x" * 294, why=f"{'a' * 66}\n{'b' * 66}\n{'c' * 66}")
    widest = tuple(Choice(label=str(n).zfill(100), value=str(n)) for n in range(12))
    asked = poll(replace(question, choices=widest, right="11"))
    assert asked is not None
    assert (len(asked.question), len(asked.why), asked.right) == (300, 200, 11)


async def test_the_longest_poll_is_taken(desk: Desk) -> None:
    widest = tuple(Choice(label=str(n).zfill(100), value=str(n)) for n in range(12))
    await desk.bot.channel.send(
        OutboundMessage(
            id="k", address=PRIVATE, reply=replace(QUIZ, question="x" * 294, why="y" * 200, choices=widest, right="11")
        )
    )
    assert len(desk.api.made("sendPoll")) == 1


@pytest.mark.parametrize("changed", [replace(QUIZ, right=""), replace(QUIZ, form="ordering")])
async def test_what_is_no_question_for_a_poll_goes_as_before_and_is_not_counted(desk: Desk, changed: Quiz) -> None:
    await desk.bot.channel.send(OutboundMessage(id="k", address=PRIVATE, reply=changed))
    assert desk.api.made("sendPoll") == []
    assert desk.counted == []


async def test_a_question_with_sound_is_a_voice_note_with_buttons(desk: Desk) -> None:
    receipt = await desk.bot.channel.send(
        OutboundMessage(id="k", address=PRIVATE, reply=replace(QUIZ, audio=await desk.sound()))
    )
    assert [button["text"] for button in desk.api.chats[7].buttons(int(receipt))] == ["to eat", "to go"]


async def test_where_polls_are_not_allowed_the_question_has_buttons(desk: Desk) -> None:
    desk.api.chats[-100200].takes_polls = False
    receipt = await desk.bot.channel.send(OutboundMessage(id="k", address=GROUP, reply=QUIZ))
    assert [button["text"] for button in desk.api.chats[-100200].buttons(int(receipt))] == ["to eat", "to go"]
    assert desk.counted == ["buttons"]


async def test_a_verdict_that_the_poll_has_shown_is_not_said_again(desk: Desk) -> None:
    shown = await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=QUIZ))
    before = len(desk.api.calls)
    assert (
        await desk.bot.channel.send(
            OutboundMessage(id="k2", address=PRIVATE, reply=replace(MARK, judged=True)), target=shown
        )
        == shown
    )
    assert len(desk.api.calls) == before


async def test_answered_by_words_the_poll_is_closed_and_the_verdict_said(desk: Desk) -> None:
    shown = await desk.bot.channel.send(OutboundMessage(id="k1", address=PRIVATE, reply=QUIZ))
    for key in ("k2", "k3"):
        await desk.bot.channel.send(OutboundMessage(id=key, address=PRIVATE, reply=MARK), target=shown)
    asked = sent(shown)
    assert asked is not None
    assert desk.api.chats[7].messages[int(asked.message)]["poll"]["is_closed"]
    assert desk.api.chats[7].texts[1:] == ["Not so.", "Not so."]


async def test_a_poll_follows_a_group_that_became_a_supergroup(desk: Desk) -> None:
    desk.api.chats[-100200].moved_to = -100300
    new = desk.api.chat(-100300, "supergroup")
    assert sent(await desk.bot.channel.send(OutboundMessage(id="k1", address=GROUP, reply=QUIZ))) is not None
    assert len(new.messages) == 1
