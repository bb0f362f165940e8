"""What differs between servers that speak chat completions."""

from collections.abc import AsyncIterator

import pytest

from core.errors import Malformed, Refused
from core.ports.model import End, ModelText, ModelToolCall, Prompt, ToolResult, ToolSpec, Utterance
from core.providers.models.openai import OpenAIModel
from tests.fakes.openai_chat import KEY, MODEL, FakeOpenAI
from tests.fakes.scripted_stream import Say, Use

TOOL = ToolSpec(name="a", description="a", parameters={"type": "object", "properties": {}})
HI = Utterance(role="user", parts=(ModelText(text="Hi"),))


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as fake:
        yield fake


@pytest.fixture
async def model(fake: FakeOpenAI) -> AsyncIterator[OpenAIModel]:
    model = OpenAIModel(name=MODEL, api_key=KEY, base_url=fake.url)
    yield model
    await model.close()


async def test_cached_tokens_are_not_counted_twice(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.add(Say("Hi"))
    chunks = [chunk async for chunk in model.complete(Prompt(system=("Be kind.",), utterances=(HI,)))]
    end = chunks[-1]
    assert isinstance(end, End)
    assert end.usage.cache_read == 64
    assert end.usage.input == len('[{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]') // 4
    assert end.usage.cost == 0


async def test_the_system_parts_are_one_message_and_a_failed_tool_says_so(fake: FakeOpenAI, model: OpenAIModel) -> None:
    fake.add(Use("a"))
    fake.add(Say("done"))
    prompt = Prompt(system=("One.", "Two."), utterances=(HI,), tools=(TOOL,))
    (call,) = [chunk async for chunk in model.complete(prompt) if isinstance(chunk, ModelToolCall)]
    answered = (ToolResult(id=call.id, output="no such word", failed=True), ModelText(text="Hurry up"))
    again = (HI, Utterance(role="assistant", parts=(call,)), Utterance(role="user", parts=answered))
    _ = [chunk async for chunk in model.complete(Prompt(system=("One.", "Two."), utterances=again, tools=(TOOL,)))]
    roles = [(message["role"], message["content"]) for message in fake.requests[-1]["messages"]]
    assert roles == [
        ("system", "One.\n\nTwo."),
        ("user", "Hi"),
        ("assistant", None),
        ("tool", "ERROR: no such word"),
        ("user", "Hurry up"),
    ]


async def test_a_wrong_key_is_refused(fake: FakeOpenAI) -> None:
    model = OpenAIModel(name=MODEL, base_url=fake.url)
    with pytest.raises(Refused):
        _ = [chunk async for chunk in model.complete(Prompt(system=(), utterances=(HI,)))]
    await model.close()


async def test_a_tool_result_out_of_place_is_malformed(fake: FakeOpenAI, model: OpenAIModel) -> None:
    stray = Utterance(role="user", parts=(ToolResult(id="call_9", output="x"),))
    with pytest.raises(Malformed, match="role 'tool'"):
        _ = [chunk async for chunk in model.complete(Prompt(system=(), utterances=(HI, stray)))]
