"""Every model keeps the promises of `core.ports.model`: Anthropic's API, OpenAI's, and the scripted one."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

import pytest

from core.conversation import Usage
from core.errors import Failure, Malformed, Refused, Throttled, Unreachable
from core.ports.model import (
    Chunk,
    Delta,
    End,
    Meter,
    Model,
    ModelText,
    ModelToolCall,
    OpaqueBlock,
    Prompt,
    ToolResult,
    ToolSpec,
    Utterance,
)
from core.providers.models.anthropic import AnthropicModel
from core.providers.models.openai import OpenAIModel
from tests.fakes import anthropic, openai_chat
from tests.fakes.scripted_model import ScriptedModel
from tests.fakes.scripted_stream import Drop, Fail, Finish, Gate, Hiccup, Say, Script, Think, Use

LOOK = ToolSpec(
    name="look_up",
    description="Looks a word up.",
    parameters={"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
)


@dataclass
class Desk:
    """A model and the script of what is behind it."""

    model: Model
    script: Script


@pytest.fixture(params=["anthropic", "openai", "scripted"])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    match request.param:
        case "anthropic":
            async with anthropic.FakeAnthropic() as fake:
                model = AnthropicModel(name=anthropic.MODEL, api_key=anthropic.KEY, base_url=fake.url, retries=0)
                yield Desk(model, fake)
                await model.close()
        case "openai":
            async with openai_chat.FakeOpenAI() as fake:
                model = OpenAIModel(name=openai_chat.MODEL, api_key=openai_chat.KEY, base_url=fake.url, retries=0)
                yield Desk(model, fake)
                await model.close()
        case _:
            scripted = ScriptedModel()
            yield Desk(scripted, scripted)


def ask(text: str = "What is moku?", *more: Utterance) -> Prompt:
    said = Utterance(role="user", parts=(ModelText(text=text),))
    return Prompt(system=("You are Sona.", "Today is Friday."), utterances=(said, *more), tools=(LOOK,))


async def all_of(model: Model, prompt: Prompt) -> list[Chunk]:
    return [chunk async for chunk in model.complete(prompt) if not isinstance(chunk, Meter)]


async def until_it_breaks(model: Model, prompt: Prompt) -> tuple[list[Chunk], Failure]:
    chunks: list[Chunk] = []
    try:
        async for chunk in model.complete(prompt):
            chunks.append(chunk)
    except Failure as failure:
        return chunks, failure
    raise AssertionError("the answer should have broken off")


def text_of(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, Delta))


async def test_an_answer_comes_in_pieces_and_then_ends(desk: Desk) -> None:
    desk.script.add(Say("Moku ", "is ", "food."))
    chunks = await all_of(desk.model, ask())
    assert [chunk.text for chunk in chunks if isinstance(chunk, Delta)] == ["Moku ", "is ", "food."]
    end = chunks[-1]
    assert isinstance(end, End)
    assert end.reason == "done"
    assert end.usage.input > 0
    assert end.usage.output > 0


async def test_text_in_any_script_arrives_unbroken(desk: Desk) -> None:
    desk.script.add(Say("学习 ", "tiếng Việt ", "🥑 ñ"))
    assert text_of(await all_of(desk.model, ask())) == "学习 tiếng Việt 🥑 ñ"


async def test_a_tool_is_asked_for_with_parsed_arguments(desk: Desk) -> None:
    desk.script.add(Say("Let me look."), Use("look_up", {"word": "moku", "deep": [1, {"é": None}]}))
    chunks = await all_of(desk.model, ask())
    calls = [chunk for chunk in chunks if isinstance(chunk, ModelToolCall)]
    assert [(call.name, call.input) for call in calls] == [("look_up", {"word": "moku", "deep": [1, {"é": None}]})]
    assert isinstance(chunks[-1], End)
    assert chunks[-1].reason == "tools"


async def test_several_tools_are_asked_for_at_once_each_with_its_own_id(desk: Desk) -> None:
    desk.script.add(Use("look_up", {"word": "moku"}), Use("look_up", {"word": "telo"}), Use("look_up"))
    calls = [chunk for chunk in await all_of(desk.model, ask()) if isinstance(chunk, ModelToolCall)]
    assert [call.input for call in calls] == [{"word": "moku"}, {"word": "telo"}, {}]
    assert len({call.id for call in calls}) == 3


async def test_the_results_of_tools_are_taken_back(desk: Desk) -> None:
    desk.script.add(Think("Which word?"), Say("Looking."), Use("look_up", {"word": "moku"}), Use("look_up", {}))
    desk.script.add(Say("It means food."))
    prompt = ask()
    chunks = await all_of(desk.model, prompt)
    parts = tuple(
        ModelText(text=chunk.text) if isinstance(chunk, Delta) else chunk
        for chunk in chunks
        if isinstance(chunk, Delta | ModelToolCall | OpaqueBlock)
    )
    calls = [part for part in parts if isinstance(part, ModelToolCall)]
    results = (
        ToolResult(id=calls[0].id, output="food"),
        ToolResult(id=calls[1].id, output="word: missing", failed=True),
    )
    again = ask("What is moku?", Utterance(role="assistant", parts=parts), Utterance(role="user", parts=results))
    assert text_of(await all_of(desk.model, again)) == "It means food."


async def test_an_answer_cut_by_its_length_says_so(desk: Desk) -> None:
    desk.script.add(Say("Once upon"), Finish("length"))
    end = (await all_of(desk.model, ask()))[-1]
    assert isinstance(end, End)
    assert end.reason == "length"


async def test_a_refusal_says_so(desk: Desk) -> None:
    desk.script.add(Say("No."), Finish("refusal"))
    end = (await all_of(desk.model, ask()))[-1]
    assert isinstance(end, End)
    assert end.reason == "refusal"


@pytest.mark.parametrize(
    ("fail", "kind"),
    [
        (Fail(429, "rate_limit_error", "7"), Throttled),
        (Fail(529, "overloaded_error"), Throttled),
        (Fail(500, "api_error"), Unreachable),
        (Fail(503, "api_error"), Unreachable),
        (Fail(403, "permission_error"), Refused),
    ],
)
async def test_an_error_before_the_answer_is_one_of_ours(desk: Desk, fail: Fail, kind: type[Failure]) -> None:
    desk.script.add(fail)
    chunks, failure = await until_it_breaks(desk.model, ask())
    assert type(failure) is kind
    assert chunks == []
    if isinstance(failure, Throttled):
        assert failure.retry_after == float(fail.retry_after or 10)


async def test_a_dropped_connection_leaves_what_was_said_and_what_it_cost(desk: Desk) -> None:
    desk.script.add(Say("Moku is a word that means food."), Drop())
    chunks, failure = await until_it_breaks(desk.model, ask())
    assert isinstance(failure, Unreachable)
    assert failure.retryable
    assert text_of(chunks) == "Moku is a word that means food."
    assert isinstance(chunks[-1], Meter)
    assert chunks[-1].usage.output > 0


async def test_who_hangs_up_in_the_middle_knows_what_was_used_by_then(desk: Desk) -> None:
    desk.script.add(Say("Moku is a word that ", "means food. "), Gate(asyncio.Event()), Say("never said " * 500))
    used, text = Usage(), ""
    stream = cast("AsyncGenerator[Chunk]", desk.model.complete(ask()))
    async with aclosing(stream) as chunks:
        async for chunk in chunks:
            match chunk:
                case Meter(usage=usage):
                    used = usage
                case Delta(text=piece):
                    text += piece
                case _:
                    pass
            if text.endswith("food. "):
                break
    assert used.input > 0
    assert 0 < used.output <= len(text) // 4


@pytest.mark.parametrize("kind", ["overloaded_error", "api_error"])
async def test_an_error_in_the_middle_of_a_stream_leaves_what_was_said(desk: Desk, kind: str) -> None:
    desk.script.add(Say("Moku is"), Hiccup(kind))
    chunks, failure = await until_it_breaks(desk.model, ask())
    assert isinstance(failure, Unreachable)
    assert text_of(chunks) == "Moku is"


async def test_a_stream_that_ends_without_an_end_is_no_answer(desk: Desk) -> None:
    desk.script.add(Say("Moku is"), Finish("silence"))
    _, failure = await until_it_breaks(desk.model, ask())
    assert isinstance(failure, Unreachable)


async def test_closing_early_is_possible_at_any_piece(desk: Desk) -> None:
    desk.script.add(Say("One ", "two ", "three"), Gate(asyncio.Event()))
    async with aclosing(cast("AsyncGenerator[Chunk]", desk.model.complete(ask()))) as chunks:
        async for chunk in chunks:
            if isinstance(chunk, Delta):
                break
    desk.script.add(Say("Still here."))
    assert text_of(await all_of(desk.model, ask())) == "Still here."


async def test_many_answers_at_once_do_not_mix(desk: Desk) -> None:
    for number in range(20):
        desk.script.add(Say(str(number), "-", str(number)))
    answers = await asyncio.gather(*(all_of(desk.model, ask()) for _ in range(20)))
    assert sorted(text_of(answer) for answer in answers) == sorted(f"{n}-{n}" for n in range(20))


async def test_the_model_is_named(desk: Desk) -> None:
    desk.script.add(Say("Hi"))
    end = (await all_of(desk.model, ask()))[-1]
    assert isinstance(end, End)
    assert end.usage.model == desk.model.name


async def test_usage_adds_up_over_answers(desk: Desk) -> None:
    desk.script.add(Say("a"))
    desk.script.add(Say("b"))
    total = Usage()
    for _ in range(2):
        end = (await all_of(desk.model, ask()))[-1]
        assert isinstance(end, End)
        total += end.usage
    assert total.output == 2


@pytest.mark.parametrize("server", ["anthropic", "openai"])
async def test_arguments_that_are_no_json_are_malformed(server: str) -> None:
    fake = anthropic.FakeAnthropic() if server == "anthropic" else openai_chat.FakeOpenAI()
    async with fake:
        fake.add(Use("look_up", raw='{"word": "mo'))
        fake.add(Use("look_up", raw='{"word": "mo'), Finish("length"))
        model = (
            AnthropicModel(name=anthropic.MODEL, api_key=anthropic.KEY, base_url=fake.url)
            if server == "anthropic"
            else OpenAIModel(name=openai_chat.MODEL, api_key=openai_chat.KEY, base_url=fake.url)
        )
        with pytest.raises(Malformed):
            await all_of(model, ask())
        end = (await all_of(model, ask()))[-1]
        assert isinstance(end, End)
        assert end.reason == "length"
        await model.close()
