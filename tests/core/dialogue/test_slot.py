"""A slot keeps one feature's state through storage, and leaves the state of others alone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from core import wire
from core.conversation import Conversation, SlotRecord
from core.dialogue.slot import Slot
from core.errors import Malformed
from tests.fakes.collaborators import conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    days: int = 0
    words: tuple[str, ...] = ()


STREAK = Slot("streak", Streak)


def stored(here: Conversation) -> Conversation:
    """The conversation as the next turn reads it."""
    state = wire.load_state(json.loads(wire.dump_state(here.state)))
    return Conversation.of(state, address=here.address, learner=here.learner, history=(), version=1)


def test_an_empty_slot_reads_as_the_default_and_a_default_leaves_it_empty() -> None:
    here = conversation()
    assert STREAK.read(here) == Streak()
    assert STREAK.write(here, Streak()).slots == {}
    assert STREAK.write(STREAK.write(here, Streak(days=1)), Streak()).slots == {}


def test_a_value_is_the_same_in_this_turn_and_in_the_next() -> None:
    value = Streak(days=3, words=("moku", "telo"))
    here = STREAK.write(conversation(), value)
    assert STREAK.read(here) == value
    assert STREAK.read(stored(here)) == value


def test_slots_of_features_that_are_not_known_here_are_kept() -> None:
    other = SlotRecord(v=7, value={"some": ["thing"]})
    here = stored(replace(conversation(), slots={"other": other}))
    assert stored(STREAK.write(here, Streak(days=1))).slots["other"] == other


def test_an_older_version_is_upgraded_and_a_newer_one_is_refused() -> None:
    def upgrade(version: int, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        assert version == 1
        return {"days": fields["count"]}

    newer = Slot("streak", Streak, version=2, upgrade=upgrade)
    old = replace(conversation(), slots={"streak": SlotRecord(v=1, value={"count": 4})})
    assert newer.read(old) == Streak(days=4)
    for version, value in ((3, {"days": 1}), (2, {"days": "many"})):
        with pytest.raises(Malformed):
            newer.read(replace(old, slots={"streak": SlotRecord(v=version, value=value)}))
    with pytest.raises(Malformed):
        STREAK.read(replace(old, slots={"streak": SlotRecord(v=0, value={})}))
