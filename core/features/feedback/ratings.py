"""What people think of an answer is kept, and not talked about."""

from core.channel import LiveUpdates
from core.dialogue.draft import TurnDraft
from core.event import Event, Rated
from core.ports.ratings import AnswerRating, Ratings


class RatingAnswerer:
    """Answers `Rated`, with nothing said: the platform thanks in its own quiet way."""

    def __init__(self, *, ratings: Ratings) -> None:
        self._ratings = ratings

    async def answer(self, event: Event, draft: TurnDraft, live: LiveUpdates) -> TurnDraft | None:  # noqa: ARG002 - who answers at once shows no signs
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
