"""What only Anthropic's API has: cache marks, its ways to fail, and a connection that must not leak."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from core.errors import Malformed, Refused, Unreachable
from core.ports.model import (
    Chunk,
    Delta,
    End,
    ModelText,
    ModelToolCall,
    OpaqueBlock,
    Prompt,
    ToolResult,
    ToolSpec,
    Utterance,
)
from core.providers.models.anthropic import AnthropicModel
from core.providers.models.anthropic_request import THINKING
from core.providers.models.effort import usual
from core.providers.models.prices import PRICES
from tests.fakes.anthropic import KEY, MODEL, FakeAnthropic
from tests.fakes.scripted_stream import Fail, Gate, Say, Think, Use

STABLE = "You are Sona. " * 40


@pytest.fixture
async def fake() -> AsyncIterator[FakeAnthropic]:
    async with FakeAnthropic() as fake:
        yield fake


@pytest.fixture
async def model(fake: FakeAnthropic) -> AsyncIterator[AnthropicModel]:
    model = AnthropicModel(name=MODEL, api_key=KEY, base_url=fake.url)
    yield model
    await model.close()


def prompt(*utterances: Utterance, changing: str = "Today is Friday.") -> Prompt:
    tools = tuple(
        ToolSpec(name=name, description=name, parameters={"type": "object", "properties": {}}) for name in ("a", "b")
    )
    said = Utterance(role="user", parts=(ModelText(text="Hi"),))
    return Prompt(system=(STABLE, changing), utterances=(said, *utterances), tools=tools)


async def end_of(model: AnthropicModel, prompt: Prompt) -> End:
    last: Chunk | None = None
    async for chunk in model.complete(prompt):
        last = chunk
    assert isinstance(last, End)
    return last


async def test_what_never_changes_is_cached_and_read_again(fake: FakeAnthropic, model: AnthropicModel) -> None:
    fake.add(Say("one"))
    fake.add(Say("two"))
    first = (await end_of(model, prompt())).usage
    second = (await end_of(model, prompt(changing="Today is Saturday."))).usage
    assert first.cache_write > 100
    assert first.cache_read == 0
    assert second.cache_read == first.cache_write
    assert second.cache_write == 0
    assert second.cost < first.cost


async def test_the_cost_is_the_price_of_each_kind_of_token(fake: FakeAnthropic, model: AnthropicModel) -> None:
    fake.add(Say("one"))
    usage = (await end_of(model, prompt())).usage
    price = PRICES[MODEL]
    dollars = usage.input * price.input + usage.output * price.output + usage.cache_write * price.cache_write
    assert usage.cost == pytest.approx(dollars / 1e6)


async def test_tool_results_are_marked_for_the_next_round_within_the_limit(
    fake: FakeAnthropic, model: AnthropicModel
) -> None:
    fake.add(Use("a"))
    fake.add(Say("done"))
    (call,) = [chunk async for chunk in model.complete(prompt()) if isinstance(chunk, ModelToolCall)]
    again = prompt(
        Utterance(role="assistant", parts=(call,)), Utterance(role="user", parts=(ToolResult(id=call.id, output="x"),))
    )
    assert (await end_of(model, again)).reason == "done"
    assert fake.requests[-1]["messages"][-1]["content"][-1]["cache_control"] == {"type": "ephemeral"}


async def test_signed_thinking_goes_back_in_its_place(fake: FakeAnthropic, model: AnthropicModel) -> None:
    fake.add(Think("Hmm, a word."), Say("Looking."), Use("a"))
    fake.add(Say("done"))
    parts: list[Any] = []
    async for chunk in model.complete(prompt()):
        if isinstance(chunk, OpaqueBlock | ModelToolCall):
            parts.append(chunk)
        if isinstance(chunk, Delta):
            parts.append(ModelText(text=chunk.text))
    results = (ToolResult(id=parts[-1].id, output="x"),)
    await end_of(model, prompt(Utterance(role="assistant", parts=tuple(parts)), Utterance(role="user", parts=results)))
    content = fake.requests[-1]["messages"][1]["content"]
    assert [block["type"] for block in content] == ["thinking", "text", "tool_use"]
    assert content[0]["thinking"] == "Hmm, a word."


async def test_thinking_that_was_never_issued_is_malformed(fake: FakeAnthropic, model: AnthropicModel) -> None:
    forged = OpaqueBlock(data={"type": "thinking", "thinking": "…", "signature": "mine"})
    said = Utterance(role="assistant", parts=(forged, ModelText(text="Hm.")))
    with pytest.raises(Malformed, match="Invalid `signature`"):
        await end_of(model, prompt(said, Utterance(role="user", parts=(ModelText(text="And?"),))))


async def test_closing_early_hangs_up(fake: FakeAnthropic, model: AnthropicModel) -> None:
    fake.add(Say("One "), Gate(asyncio.Event()))
    stream = model.complete(prompt())
    async for chunk in stream:
        if isinstance(chunk, Delta):
            break
    await stream.aclose()
    async with asyncio.timeout(5):
        await fake.hung_up.wait()


async def test_a_cancelled_answer_hangs_up(fake: FakeAnthropic, model: AnthropicModel) -> None:
    begun = asyncio.Event()
    fake.add(Say("One "), Gate(asyncio.Event()))

    async def read() -> None:
        async for chunk in model.complete(prompt()):
            if isinstance(chunk, Delta):
                begun.set()

    task = asyncio.create_task(read())
    async with asyncio.timeout(10):
        await begun.wait()
        task.cancel()
        await fake.hung_up.wait()
    assert (await asyncio.gather(task, return_exceptions=True))[0].__class__ is asyncio.CancelledError


async def test_being_told_to_wait_is_obeyed_and_tried_again(fake: FakeAnthropic, model: AnthropicModel) -> None:
    fake.add(Fail(429, "rate_limit_error", "0.01"))
    fake.add(Fail(529, "overloaded_error", "0.01"))
    fake.add(Say("at last"))
    assert (await end_of(model, prompt())).reason == "done"
    assert len(fake.requests) == 3


async def test_a_wrong_key_is_refused(fake: FakeAnthropic) -> None:
    model = AnthropicModel(name=MODEL, api_key="sk-wrong", base_url=fake.url)
    with pytest.raises(Refused):
        await end_of(model, prompt())
    await model.close()


async def test_a_model_that_does_not_exist_is_refused(fake: FakeAnthropic) -> None:
    model = AnthropicModel(name="claude-nobody", api_key=KEY, base_url=fake.url)
    with pytest.raises(Refused):
        await end_of(model, prompt())
    await model.close()


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    async with FakeAnthropic() as gone:
        url = gone.url
    model = AnthropicModel(name=MODEL, api_key=KEY, base_url=url, retries=0)
    with pytest.raises(Unreachable):
        await end_of(model, prompt())
    await model.close()


async def test_silence_is_not_waited_for_without_end(fake: FakeAnthropic) -> None:
    fake.add(Say("One "), Gate(asyncio.Event()))
    model = AnthropicModel(name=MODEL, api_key=KEY, base_url=fake.url, silence=0.1, retries=0)
    with pytest.raises(Unreachable):
        await end_of(model, prompt())
    await model.close()


async def test_the_depth_of_thought_is_asked_for_where_set_and_has_tokens_of_its_own(fake: FakeAnthropic) -> None:
    limits: list[int] = []
    for effort in ("", "low"):
        fake.add(Say("quick"))
        model = AnthropicModel(name=MODEL, api_key=KEY, base_url=fake.url, effort=effort)
        await end_of(model, prompt())
        limits.append(fake.requests[-1]["max_tokens"])
        await model.close()
    assert "output_config" not in fake.requests[0]
    assert fake.requests[1]["output_config"] == {"effort": "low"}
    assert limits[1] == limits[0] + THINKING


def test_little_thought_is_usual_for_models_that_know_it_and_others_are_not_asked() -> None:
    assert [usual(name) for name in (MODEL, "claude-opus-4-5-20251101", "claude-haiku-5-5")] == ["low"] * 3
    assert [usual(name) for name in ("claude-haiku-4-5", "claude-sonnet-4-5-20250929", "qwen3")] == [""] * 3


_GOOD: dict[str, Any] = {"model": MODEL, "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}
_ASKED = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "a", "input": {}}]}
_MARK = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_tokens": None}, "max_tokens"),
        ({"output_config": {"effort": "enormous"}}, "output_config.effort"),
        ({"temperature_of_the_room": 21}, "temperature_of_the_room: Extra inputs are not permitted"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "assistant", "content": "Hi"}, *_GOOD["messages"]]}, "first message"),
        ({"messages": [*_GOOD["messages"], {"role": "assistant", "content": "Hi"}]}, "prefill"),
        ({"messages": [*_GOOD["messages"], _ASKED, *_GOOD["messages"]]}, "without `tool_result` blocks"),
        ({"messages": [{"role": "user", "content": [_MARK] * 5}]}, "A maximum of 4 blocks"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": " "}]}]}, "non-whitespace"),
    ],
)
async def test_the_fake_is_as_strict_as_the_service(fake: FakeAnthropic, change: dict[str, Any], message: str) -> None:
    body = {name: value for name, value in (_GOOD | change).items() if value is not None}
    headers = {"Authorization": f"Bearer {KEY}", "anthropic-version": "2026-10-21"}
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{fake.url}/v1/messages", json=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert message in answer.json()["error"]["message"]
