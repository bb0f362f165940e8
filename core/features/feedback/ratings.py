"""What people think of an answer is kept, and not talked about."""

from core.channel import LiveUpdates
from core.dialogue.draft import TurnDraft
from core.dialogue.intent import Incoming
from core.event import Rated
from core.ports.ratings import AnswerRating, Ratings


class RatingAnswerer:
    """Answers `Rated`, with nothing said: the platform thanks in its own quiet way."""

    def __init__(self, *, ratings: Ratings) -> None:
        self._ratings = ratings

    async def answer(self, incoming: Incoming, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:  # noqa: ARG002 - answers immediately, no live updates
        event = incoming.event
        match event.body:
            case Rated(good=good, of=message):
                rating = AnswerRating(
                    address=event.address,
                    message=message,
                    learner=draft.conversation.learner.id,
                    sender=event.sender.id,
                    good=good,
                    at=event.at,
                )
                await self._ratings.keep(rating)
                return draft
            case _:
                return None
