"""The overview of a person on a platform's own page, such as Slack's home tab."""

from core.clock import Clock
from core.conversation import Learner
from core.features.study.progress_text import courses_begun
from core.learn.catalogue import Catalogue
from core.phrases import phrase
from core.ports.knowledge import Library
from core.ports.overview import Identities, Overview
from core.ports.study import StudyRecord

_DOCUMENTS = 50


class OverviewBuilder:
    """`core.ports.overview.Overviews` over the stores. Bundled courses are not listed as documents."""

    def __init__(
        self, *, acquaintances: Identities, study: StudyRecord, library: Library, catalogue: Catalogue, clock: Clock
    ) -> None:
        self._acquaintances = acquaintances
        self._study = study
        self._library = library
        self._catalogue = catalogue
        self._clock = clock

    async def of(self, channel: str, sender: str, *, locale: str) -> Overview:
        learner = await self._acquaintances.learner(channel, sender)
        if learner is None:
            stranger = Learner(id="", locale=locale)
            return Overview(learner=stranger, progress=phrase("study.progress.nothing", locale), due=0)
        now = self._clock.now()
        cards = {card.key: card for card in await self._study.cards(learner.id)}
        taken = {(done.course, done.unit): done for done in await self._study.progress(learner.id)}
        statuses = await self._library.statuses(learner.id, limit=_DOCUMENTS)
        return Overview(
            learner=learner,
            progress="\n\n".join(courses_begun(self._catalogue, cards, taken, now, learner.locale))
            or phrase("study.progress.nothing", learner.locale),
            due=sum(card.due <= now for card in cards.values()),
            documents=tuple(status for status in statuses if not status.uri.startswith("course:")),
        )
