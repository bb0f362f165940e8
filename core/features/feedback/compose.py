"""The feedback feature over its collaborators."""

from core.dialogue.feature import FeatureParts, Priority, Registered
from core.features.feedback.ratings import RatingAnswerer
from core.ports.ratings import Ratings


def compose(ratings: Ratings) -> FeatureParts:
    return FeatureParts(answerers=(Registered(answerer=RatingAnswerer(ratings=ratings), priority=Priority.RATING),))
