"""What every channel promises, held to each of them in turn."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from core.channel import LiveTarget, Request
from core.errors import Malformed, Refused
from core.event import Said
from core.fit import fit
from core.outbound import OutboundMessage
from core.reply import Choice, Document, Mark, Quiz, Reply, Source, Text, Voice
from tests.contracts.channels import Calls, Harness, openers

A, B = Choice(label="to eat", value="q1:0"), Choice(label="to go", value="q1:1")


@pytest.fixture(params=openers())
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    async with openers()[request.param]() as opened:
        yield opened


@pytest.fixture
def calls(harness: Harness) -> Calls:
    if harness.calls is None:
        pytest.skip("this channel is not called by webhooks")
    return harness.calls


async def _sent(harness: Harness, reply: Reply, *, key: str = "k", target: str = "") -> str:
    receipt = ""
    for number, piece in enumerate(fit(reply, harness.channel.capabilities)):
        receipt = await harness.channel.send(
            OutboundMessage(id=f"{key}{number}", address=harness.address, reply=piece), target=target
        )
    return receipt


def test_a_channel_is_named_as_its_addresses_are(harness: Harness) -> None:
    assert harness.channel.name == harness.address.channel


def test_a_genuine_call_is_let_in_and_read(harness: Harness, calls: Calls) -> None:
    request = calls.said("toki pona")
    assert harness.channel.verify(request)
    (event,) = harness.channel.parse(request)
    assert (event.address, event.body, event.addressed) == (harness.address, Said(text="toki pona"), True)
    assert event.id.startswith(f"{harness.channel.name}:")
    assert event.at.tzinfo is not None


def test_the_same_call_has_the_same_event_id(harness: Harness, calls: Calls) -> None:
    request = calls.said("toki")
    assert harness.channel.parse(request)[0].id == harness.channel.parse(request)[0].id


def test_a_forged_call_is_kept_out(harness: Harness, calls: Calls) -> None:
    assert not harness.channel.verify(calls.forged)
    assert not harness.channel.verify(replace(calls.forged, headers={}))


def test_an_unknown_call_is_no_event(harness: Harness, calls: Calls) -> None:
    assert harness.channel.parse(calls.unknown) == ()


def test_a_broken_call_is_malformed(harness: Harness, calls: Calls) -> None:
    for request in (*calls.broken, Request(body=b"\x00\x01")):
        with pytest.raises(Malformed):
            harness.channel.parse(request)


async def test_words_are_seen_once_and_in_order(harness: Harness) -> None:
    receipts = [await _sent(harness, Text(text=words), key=words) for words in ("wan", "tu")]
    assert await harness.seen() == ["wan", "tu"]
    assert all(receipts)
    assert len(set(receipts)) == 2


@pytest.mark.parametrize(
    "text", ["**bold** <b>&amp;", "unclosed **bold `code", "```py\nx<1\n", "😀" * 3000, "[a](javascript:x)"]
)
async def test_whatever_a_model_writes_is_seen(harness: Harness, text: str) -> None:
    await _sent(harness, Text(text=text))
    assert "".join(await harness.seen()).strip()


async def test_nothing_of_a_long_answer_is_lost(harness: Harness) -> None:
    words = [f"word{number}" for number in range(3000)]
    await _sent(harness, Text(text=" ".join(words)))
    assert " ".join(await harness.seen()).split() == words


async def test_sources_are_named(harness: Harness) -> None:
    await _sent(harness, Text(text="moku", sources=(Source(title="Lipu", section="Unit 1", link="https://x.y/"),)))
    seen = "\n".join(await harness.seen())
    assert "Lipu" in seen
    assert "Unit 1" in seen


async def test_a_question_shows_its_choices(harness: Harness) -> None:
    await _sent(harness, Quiz(id="q1", question="moku?", form="choice", choices=(A, B)))
    shown = "\n".join(await harness.seen() + await harness.buttons())
    assert all(words in shown for words in ("moku?", "to eat", "to go"))


async def test_a_verdict_is_seen_with_the_question_or_without(harness: Harness) -> None:
    target = await _sent(harness, Quiz(id="q1", question="moku?", form="choice", choices=(A, B)))
    mark = Mark(
        quiz="q1", question="moku?", choices=(A, B), chosen="q1:1", right="q1:0", correct=False, text="It is eating."
    )
    await _sent(harness, mark, key="m", target=target)
    assert "It is eating." in "\n".join(await harness.seen())
    await _sent(harness, replace(mark, text="Not going."), key="n")
    assert "Not going." in "\n".join(await harness.seen())


async def test_the_right_answer_leaves_only_where_the_platform_tells_it_by_itself(harness: Harness) -> None:
    asked = Quiz(id="q1", question="moku?", form="choice", choices=(A, B), right=A.value, why="It is eating.")
    (*_, shown) = fit(asked, harness.channel.capabilities)
    assert isinstance(shown, Quiz)
    assert bool(shown.right) is bool(shown.why) is bool(harness.channel.capabilities.polls)
    await _sent(harness, asked)
    assert "It is eating." not in "\n".join(await harness.seen())


async def test_a_voice_note_is_delivered_or_its_words_are(harness: Harness) -> None:
    assert await _sent(harness, Voice(text="moku", language="en", audio=await harness.sound()))


async def test_a_file_is_delivered_or_it_is_told_what_to_do_instead(harness: Harness) -> None:
    file = Document(media=await harness.sound(), text="All of it.", instead="Ask elsewhere.")
    assert await _sent(harness, file)
    if not harness.channel.capabilities.files:
        assert await harness.seen() == ["Ask elsewhere."]


async def test_an_answer_takes_the_place_of_its_draft(harness: Harness) -> None:
    live = harness.channel.live(LiveTarget(address=harness.address))
    await live.typing()
    await live.status("looking…")
    await live.draft("toki")
    await live.status("")
    await _sent(harness, Text(text="toki pona"))
    assert await harness.seen() == ["toki pona"]


async def test_who_has_gone_for_good_is_refused_and_signs_of_life_are_lost(harness: Harness) -> None:
    if not harness.can_leave:
        pytest.skip("nobody can leave this channel for good")
    harness.leave()
    with pytest.raises(Refused) as refused:
        await _sent(harness, Text(text="toki"))
    assert refused.value.gone
    live = harness.channel.live(LiveTarget(address=harness.address))
    await live.typing()
    await live.draft("toki")
