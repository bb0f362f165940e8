"""The fake is as strict as Slack, and the manifest covers what is parsed."""

import json
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

import bots.slack
from bots.slack import interactive
from tests.bots.slack.conftest import SlackSetup
from tests.fakes.slack import TOKEN

LONG = "x" * 3001


def _web(setup: SlackSetup, token: str = TOKEN) -> AsyncWebClient:
    return AsyncWebClient(token=token, base_url=f"{setup.api.url}/api/", retry_handlers=[])


@pytest.mark.parametrize(
    ("method", "body", "error"),
    [
        ("chat.postMessage", {"channel": "C9", "text": "a"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "D1"}, "no_text"),
        ("chat.postMessage", {"channel": "D1", "text": "x" * 40_001}, "msg_too_long"),
        (
            "chat.postMessage",
            {"channel": "D1", "text": "a", "blocks": [{"type": "section"} for _ in range(51)]},
            "invalid_blocks",
        ),
        (
            "chat.postMessage",
            {"channel": "D1", "blocks": [{"type": "section", "text": {"text": LONG}}]},
            "invalid_blocks",
        ),
        ("chat.update", {"channel": "D1", "ts": "1.1", "text": "a"}, "message_not_found"),
        ("chat.startStream", {"channel": "D1"}, "invalid_arguments"),
        ("chat.startStream", {"channel": "C1", "thread_ts": "1.1"}, "missing_recipient_user_id"),
        ("views.open", {"trigger_id": "1", "view": {"type": "home", "blocks": []}}, "expired_trigger_id"),
        ("agents.sessions.setStatus", {"channel_id": "D1", "status": "active"}, "thread_ts_required"),
        ("agents.sessions.setStatus", {"channel_id": "D1", "status": "busy", "thread_ts": "1.1"}, "invalid_status"),
        (
            "chat.postMessage",
            {"channel": "D1", "text": "a", "blocks": [{"type": "section", "text": {"text": "x" * 2900}}] * 4},
            "msg_blocks_too_long",
        ),
        (
            "chat.postMessage",
            {"channel": "D1", "text": "a", "blocks": [{"type": "table", "rows": [[{"text": "x" * 2600}] * 4]}]},
            "invalid_blocks",
        ),
        ("chat.sing", {}, "unknown_method"),
    ],
)
async def test_the_fake_refuses_what_slack_refuses(
    setup: SlackSetup, method: str, body: dict[str, Any], error: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        await _web(setup).api_call(method, json=body)
    assert refused.value.response["error"] == error


async def test_a_wrong_token_is_refused(setup: SlackSetup) -> None:
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await _web(setup, "xoxb-other").auth_test()


async def test_a_token_is_limited_to_its_scopes_and_a_bot_to_its_channels(setup: SlackSetup) -> None:
    setup.api.channel("C9").member = False
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await _web(setup).chat_postMessage(channel="C9", text="a")
    setup.api.scopes.discard("chat:write")
    with pytest.raises(SlackApiError, match="missing_scope"):
        await _web(setup).chat_postMessage(channel="D1", text="a")


async def test_a_form_opens_once_and_within_three_seconds(setup: SlackSetup) -> None:
    setup.api.limit(lambda: setup.clock.now().timestamp())
    view = {"type": "home", "blocks": list[Any]()}
    for seconds, is_valid in ((3, True), (3.1, False)):
        setup.api.trigger("1")
        setup.clock.pass_(seconds)
        if is_valid:
            await _web(setup).views_open(trigger_id="1", view=view)
        with pytest.raises(SlackApiError, match="expired_trigger_id"):
            await _web(setup).views_open(trigger_id="1", view=view)


async def test_a_stopped_stream_accepts_updates_only(setup: SlackSetup) -> None:
    web = _web(setup)
    ts = str((await web.chat_startStream(channel="D1", thread_ts="1.1"))["ts"])
    setup.api.press_stop("D1", "1.1")
    with pytest.raises(SlackApiError, match="stopped_by_user"):
        await web.chat_appendStream(channel="D1", ts=ts, chunks=[{"type": "markdown_text", "text": "a"}])
    await web.chat_update(channel="D1", ts=ts, text="a")


async def test_a_stream_ends_once_and_is_not_updated_while_it_runs(setup: SlackSetup) -> None:
    web = _web(setup)
    ts = str((await web.chat_startStream(channel="D1", thread_ts="1.1"))["ts"])
    with pytest.raises(SlackApiError, match="streaming_state_conflict"):
        await web.chat_update(channel="D1", ts=ts, text="a")
    await web.chat_stopStream(channel="D1", ts=ts)
    with pytest.raises(SlackApiError, match="message_not_in_streaming_state"):
        await web.chat_appendStream(channel="D1", ts=ts, chunks=[{"type": "markdown_text", "text": "a"}])


def test_the_manifest_subscribes_to_every_parsed_event_and_names_the_shortcuts() -> None:
    manifest = json.loads((Path(bots.slack.__file__).parent / "manifest.json").read_text(encoding="utf-8"))
    recorded = [json.loads(path.read_text()) for path in (Path(__file__).parent / "fixtures").glob("*.json")]
    parsed = {case["payload"].get("event", {}).get("type") for case in recorded} - {None}
    subscribed = {name.partition(".")[0] for name in manifest["settings"]["event_subscriptions"]["bot_events"]}
    assert subscribed == parsed
    assert interactive.ASK in {shortcut["callback_id"] for shortcut in manifest["features"]["shortcuts"]}
