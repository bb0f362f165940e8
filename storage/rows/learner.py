"""Read learners from the table `learners`."""

from typing import Any

from sqlalchemy import Row

from core.conversation import Learner

LEARNER_COLUMNS = "l.id, l.name, l.locale, l.zone, l.voice"
"""For queries over `learners l`."""


def read_learner(row: Row[Any], *, locale: str | None = None) -> Learner:
    """The learner in a row with `LEARNER_COLUMNS`, with another locale if one is given."""
    return Learner(
        id=row.id, name=row.name, locale=row.locale if locale is None else locale, zone=row.zone, voice=row.voice
    )
