"""What a turn already knows of a person's cards: what is stored, and what the turn itself changed."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from core.card import Card, Review, UnitProgress
from core.dialogue.draft import TurnDraft
from core.event import Event
from core.ports.study import StudyRecord


async def cards(study: StudyRecord, thought: TurnDraft, keys: tuple[str, ...] = ()) -> dict[str, Card]:
    """The person's cards by key, those named or all of them, as this turn will leave them."""
    stored = await study.cards(thought.conversation.learner.id, keys)
    changed = [card for card in thought.cards if not keys or card.key in keys]
    return {card.key: card for card in (*stored, *changed)}


async def due(study: StudyRecord, thought: TurnDraft, now: datetime, limit: int) -> tuple[Card, ...]:
    """The cards that are due even after what this turn changed."""
    changed = {card.key for card in thought.cards}
    stored = await study.due(thought.conversation.learner.id, now, limit + len(changed))
    late = (card for card in thought.cards if card.due <= now)
    kept = [*(card for card in stored if card.key not in changed), *late]
    return tuple(sorted(kept, key=lambda card: card.due)[:limit])


async def progress(study: StudyRecord, thought: TurnDraft) -> dict[tuple[str, str], UnitProgress]:
    """The best score of every unit by course and unit."""
    stored = await study.progress(thought.conversation.learner.id)
    return _best((*stored, *thought.progress))


def reviewed(thought: TurnDraft, card: Card, review: Review) -> TurnDraft:
    """The thought with a card moved on by an answer."""
    others = tuple(other for other in thought.cards if other.key != card.key)
    return replace(thought, cards=(*others, card), reviews=(*thought.reviews, review))


def kept(thought: TurnDraft, made: tuple[Card, ...]) -> TurnDraft:
    """The thought with new cards that no answer has moved yet."""
    return replace(thought, cards=(*thought.cards, *made))


def seconds(event: Event, thought: TurnDraft) -> float:
    """How long ago Sona last said something when the event came, 0 when that is not known."""
    asked = next((message.at for message in reversed(thought.conversation.history) if message.role == "sona"), None)
    return max(0.0, (event.at - asked).total_seconds()) if asked else 0.0


def _best(all_progress: Iterable[UnitProgress]) -> dict[tuple[str, str], UnitProgress]:
    best: dict[tuple[str, str], UnitProgress] = {}
    for one in all_progress:
        known = best.get((one.course, one.unit))
        if known is None or one.score > known.score:
            best[one.course, one.unit] = one
    return best
