"""What a turn opens with, read from its row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from core import wire
from core.address import Address
from core.conversation import ClaimedTurn, Conversation, HistoryStart, Learner, Message
from core.errors import Malformed
from core.event import Event
from core.phrases import DEFAULT
from core.principal import Audience, Principal


def read_claimed_turn(row: Row[Any], address: Address) -> ClaimedTurn | Malformed:
    """A turn's opening, or why it cannot be read."""
    try:
        return _opening(row, address)
    except Malformed as error:
        return error


def _opening(row: Row[Any], address: Address) -> ClaimedTurn:
    state = wire.load_state(row.state)
    events = _events(row.events)
    locale = row.locale or language(events) or DEFAULT
    lines = row.history or []
    learner = Learner(id=row.learner, name=row.name, locale=locale, zone=row.zone, voice=row.voice)
    conversation = Conversation.of(
        state, address=address, learner=learner, history=history(lines, state.history_start), version=row.version
    )
    return ClaimedTurn(
        conversation=conversation,
        events=events,
        token=row.lease_token,
        principal=Principal(person=learner.id),
        audience=Audience(address=str(address), private=not any(event.group for event in events)),
        attempts=row.attempts,
        replies_pending=row.owed,
        line=lines[-1][-1] if lines else state.history_start.line if state.history_start else 0,
    )


def language(events: tuple[Event, ...]) -> str:
    """The language of whoever spoke to Sona, as far as the platform tells it."""
    return next((wire.clean(event.sender.locale) for event in events if event.addressed and event.sender.locale), "")


def read_events(records: Sequence[Any]) -> tuple[Event, ...] | Malformed:
    """Events from their records, or why one cannot be read."""
    try:
        return _events(records)
    except Malformed as error:
        return error


def _events(records: Sequence[Any]) -> tuple[Event, ...]:
    return tuple(wire.load_event(record) for record in records)


def history(lines: Sequence[Any], anew: HistoryStart | None) -> tuple[Message, ...]:
    """The history from its rows as JSON, the first of them those of the turn that began the conversation anew."""
    return tuple(_message(*line) for line in lines[anew.skipped if anew else 0 :])


def _message(role: Any, speaker: str, text: str, at: str, platform_id: str, _: int) -> Message:
    return Message(role=role, speaker=speaker, text=text, at=datetime.fromisoformat(at), platform_id=platform_id)
