"""A person's cards and progress as the turn will leave them: the stored ones and its own changes."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from core.card import Card, Review, UnitProgress
from core.dialogue.draft import TurnDraft
from core.event import Event
from core.ports.study import StudyRecord


async def cards(study: StudyRecord, draft: TurnDraft, keys: tuple[str, ...] = ()) -> dict[str, Card]:
    """The person's cards by key, those named or all of them, as this turn will leave them."""
    stored = await study.cards(draft.conversation.learner.id, keys)
    changed = [card for card in draft.cards if not keys or card.key in keys]
    return {card.key: card for card in (*stored, *changed)}


async def due(study: StudyRecord, draft: TurnDraft, now: datetime, limit: int) -> tuple[Card, ...]:
    """The cards that are due even after what this turn changed."""
    changed = {card.key for card in draft.cards}
    stored = await study.due(draft.conversation.learner.id, now, limit + len(changed))
    late = (card for card in draft.cards if card.due <= now)
    kept = [*(card for card in stored if card.key not in changed), *late]
    return tuple(sorted(kept, key=lambda card: card.due)[:limit])


async def progress(study: StudyRecord, draft: TurnDraft) -> dict[tuple[str, str], UnitProgress]:
    """The best score of every unit by course and unit."""
    stored = await study.progress(draft.conversation.learner.id)
    return _best((*stored, *draft.progress))


def with_review(draft: TurnDraft, card: Card, review: Review) -> TurnDraft:
    """The draft with a reviewed card."""
    others = tuple(other for other in draft.cards if other.key != card.key)
    return replace(draft, cards=(*others, card), reviews=(*draft.reviews, review))


def with_new_cards(draft: TurnDraft, made: tuple[Card, ...]) -> TurnDraft:
    """The draft with new cards."""
    return replace(draft, cards=(*draft.cards, *made))


def seconds(event: Event, draft: TurnDraft) -> float:
    """Seconds between Sona's last message and the event, 0 if unknown."""
    asked = next((message.at for message in reversed(draft.conversation.history) if message.role == "sona"), None)
    return max(0.0, (event.at - asked).total_seconds()) if asked else 0.0


def _best(all_progress: Iterable[UnitProgress]) -> dict[tuple[str, str], UnitProgress]:
    best: dict[tuple[str, str], UnitProgress] = {}
    for one in all_progress:
        known = best.get((one.course, one.unit))
        if known is None or one.score > known.score:
            best[one.course, one.unit] = one
    return best
