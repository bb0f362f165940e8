"""What a channel claims to be able to do it does, and what it does not claim is never asked of it."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from core.channel import LiveTarget, LiveUpdates
from core.fit import fit
from core.markup import plain
from core.outbound import OutboundMessage
from core.reply import Choice, Document, Mark, Picture, Quiz, Reply, Source, Text, Voice
from tests.contracts.channels import Harness, openers

A, B = Choice(label="to eat", value="q1:0"), Choice(label="to go", value="q1:1")
QUIZ = Quiz(id="q1", question="moku?", form="choice", choices=(A, B))


@pytest.fixture(params=openers())
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    async with openers()[request.param]() as opened:
        yield opened


async def _sent(harness: Harness, reply: Reply, *, key: str = "k", target: str = "") -> str:
    for number, piece in enumerate(fit(reply, harness.channel.capabilities)):
        target = await harness.channel.send(
            OutboundMessage(id=f"{key}{number}", address=harness.address, reply=piece), target=target
        )
    return target


def _live(harness: Harness) -> LiveUpdates:
    """The live updates of a turn that answers what the person wrote."""
    target = LiveTarget(address=harness.address, locale="en")
    if harness.calls is not None:
        (event,) = harness.channel.parse(harness.calls.said("toki"))
        target = replace(target, sender=event.sender, thread=event.reply_thread)
    return harness.channel.live(target)


async def test_a_message_as_long_as_claimed_is_one_and_a_longer_one_is_split(harness: Harness) -> None:
    limit = harness.channel.capabilities.text_limit
    await _sent(harness, Text(text="x" * limit), key="whole")
    assert [text.count("x") for text in await harness.seen()] == [limit]
    await _sent(harness, Text(text="y" * (limit + 1)), key="longer")
    rest = (await harness.seen())[1:]
    assert len(rest) > 1
    assert "".join(rest).count("y") == limit + 1


async def test_formatting_is_drawn_or_left_out_but_never_its_marks(harness: Harness) -> None:
    await _sent(harness, Text(text="**toki** *pona*"))
    (seen,) = await harness.seen()
    assert plain(seen).split() == ["toki", "pona"]
    assert harness.channel.capabilities.formatted or "*" not in seen


async def test_as_many_buttons_as_claimed_are_buttons_and_more_are_numbers(harness: Harness) -> None:
    most = harness.channel.capabilities.buttons
    choices = tuple(Choice(label=f"word{number}", value=f"q1:{number}") for number in range(most + 1))
    if most:
        await _sent(harness, Text(text="Which?", choices=choices[:-1]), key="few")
        assert await harness.buttons() == [choice.label for choice in choices[:-1]]
    await _sent(harness, Text(text="Which?", choices=choices), key="many")
    words = (await harness.seen())[-1].split()
    assert [word for word in words if word.startswith("word")] == [choice.label for choice in choices]
    assert harness.channel.name == "terminal" or await harness.buttons() == []


async def test_a_button_carries_as_much_as_claimed(harness: Harness) -> None:
    can = harness.channel.capabilities
    if not can.buttons:
        pytest.skip("there are no buttons")
    value = "q1:" + "v" * (can.choice_bytes - 3)
    long = Choice(label="l" * can.label_limit, value=value)
    await _sent(harness, Text(text="Which?", choices=(long, B)), key="full")
    assert await harness.buttons() == [long.label, B.label]
    await _sent(harness, Text(text="And now?", choices=(replace(long, value=f"{value}v"), B)), key="over")
    assert "to go" in (await harness.seen())[-1]


async def test_a_choice_question_is_a_poll_where_polls_are_claimed_and_nowhere_else(harness: Harness) -> None:
    await _sent(harness, replace(QUIZ, right=A.value))
    assert (await harness.shown()).polls == bool(harness.channel.capabilities.polls)


async def test_sound_goes_where_it_is_claimed_and_its_words_go_elsewhere(harness: Harness) -> None:
    await _sent(harness, Voice(text="moku", audio=await harness.sound()))
    can = harness.channel.capabilities.voice
    assert (await harness.shown()).sounds == can
    assert can or await harness.seen() == ["moku"]


async def test_pictures_go_where_they_are_claimed_and_their_words_everywhere(harness: Harness) -> None:
    await _sent(harness, Picture(media=await harness.picture(), text="kili"))
    assert (await harness.shown()).files == harness.channel.capabilities.pictures
    assert "kili" in "\n".join(await harness.seen())


async def test_files_go_where_they_are_claimed_and_what_to_do_instead_elsewhere(harness: Harness) -> None:
    file = replace(await harness.picture(), mime="application/zip", name="sona.zip")
    await _sent(harness, Document(media=file, text="All of it.", instead="Ask elsewhere."))
    can = harness.channel.capabilities.files
    assert (await harness.shown()).files == can
    assert "\n".join(await harness.seen()).count("Ask elsewhere.") == (not can)


async def test_a_verdict_stands_at_its_question_where_changes_are_claimed_and_below_it_elsewhere(
    harness: Harness,
) -> None:
    """A page and a terminal draw the mark themselves, from a line of its own."""
    target = await _sent(harness, QUIZ)
    mark = Mark(quiz="q1", question="moku?", choices=(A, B), chosen=B.value, right=A.value, correct=False, text="No.")
    await _sent(harness, mark, key="m", target=target)
    changes = harness.channel.capabilities.edits and harness.channel.name not in ("web", "terminal")
    assert len(await harness.seen()) == (1 if changes else 2)
    assert "No." in (await harness.seen())[-1]


async def test_an_answer_is_seen_half_written_where_that_is_claimed_and_nowhere_else(harness: Harness) -> None:
    live = _live(harness)
    await live.typing()
    await live.draft("toki")
    await _sent(harness, Text(text="toki pona"))
    assert any("toki" in draft for draft in (await harness.shown()).drafts) == harness.channel.capabilities.streaming
    assert await harness.seen() == ["toki pona"]


async def test_somebody_is_seen_at_it_where_that_is_claimed_and_nowhere_else(harness: Harness) -> None:
    await _live(harness).typing()
    await _sent(harness, Text(text="toki"))
    assert (await harness.seen())[-1] == "toki"
    assert (await harness.shown()).typed == harness.channel.capabilities.typing


async def test_sources_are_beside_the_words_where_that_is_claimed_and_with_their_address_in_them_elsewhere(
    harness: Harness,
) -> None:
    await _sent(harness, Text(text="moku", sources=(Source(title="Lipu", section="Unit 1", link="https://x.y/"),)))
    seen = "\n".join(await harness.seen())
    assert "Lipu" in seen
    within = "\n\n[1] Lipu" in seen and "https://x.y/" in seen
    assert within == (not harness.channel.capabilities.sources)
