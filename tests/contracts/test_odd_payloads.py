"""Every channel takes in what platforms really send, however odd, and says the same of it each time."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.event import Event
from core.wire import dump_event, load_event
from tests.contracts.channels import Harness, openers

BOTS = Path(__file__).parent.parent / "bots"
ENOUGH = 15


def recorded(folder: str) -> dict[str, dict[str, Any]]:
    """The payloads recorded for a platform, by name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((BOTS / folder / "fixtures").glob("*.json"))}


def kinds(payload: dict[str, Any]) -> list[str]:
    """What is recorded to be read in a payload."""
    return [(each.get("body") or each)["kind"] for each in payload.get("events") or payload.get("bodies") or ()]


def _signed_by_the_platforms_own_tests(payload: dict[str, Any]) -> bool:
    return any(mark in json.dumps(payload) for mark in ("SIGNED:", "FORM:"))


def _told(read: list[str]) -> list[str]:
    return [kind for kind in read if kind != "left"]


def _well_formed(event: Event, harness: Harness) -> None:
    assert event.address.channel == harness.channel.name
    assert event.id.startswith(f"{harness.channel.name}:")
    assert event.sender.id
    assert event.at.tzinfo is not None
    assert load_event(json.loads(dump_event(event))) == event


@pytest.mark.parametrize("name", openers())
async def test_odd_payloads_are_taken_in_as_recorded_and_well_formed(name: str) -> None:
    """That somebody left is news only where they are known to have been."""
    async with openers()[name]() as harness:
        payloads = recorded(harness.folder)
        odd = {key: payload for key, payload in payloads.items() if not _signed_by_the_platforms_own_tests(payload)}
        assert len(odd) >= ENOUGH
        for key, payload in odd.items():
            events = await harness.takes(payload)
            read = [event.body.kind for event in events]
            assert _told(read) == _told(kinds(payload)), key
            for event in events:
                _well_formed(event, harness)


@pytest.mark.parametrize("name", [name for name in openers() if name not in ("web", "terminal")])
async def test_a_payload_that_comes_again_brings_nothing_new(name: str) -> None:
    """A page and a terminal hold their connection: nothing comes twice from there but by an id of the page's own."""
    async with openers()[name]() as harness:
        for key, payload in recorded(harness.folder).items():
            first, second = await harness.takes(payload), await harness.takes(payload)
            ids = {event.id for event in first}
            assert len(ids) == len(first), key
            assert {event.id for event in second} <= ids, key
