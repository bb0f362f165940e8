"""The study feature over its collaborators."""

from dataclasses import dataclass
from random import Random

from core.clock import Clock
from core.dialogue.feature import FeatureParts, Priority, Registered
from core.features.study import FEATURE
from core.features.study.actions import CatalogueActions
from core.features.study.lessons import LessonAnswerer
from core.features.study.quizzes import Audible, QuizAnswerer
from core.features.study.tools import StudyTools
from core.learn.catalogue import Catalogue
from core.ports.study import StudyRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyDeps:
    catalogue: Catalogue
    study: StudyRecord
    clock: Clock
    rng: Random
    audible: Audible


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyParts(FeatureParts):
    """With `actions`, which the offline assistant looks things up with."""

    actions: CatalogueActions


def compose(deps: StudyDeps) -> StudyParts:
    quizzes = QuizAnswerer(
        catalogue=deps.catalogue, study=deps.study, clock=deps.clock, rng=deps.rng, audible=deps.audible
    )
    lessons = LessonAnswerer(catalogue=deps.catalogue, study=deps.study, clock=deps.clock, quizzing=quizzes)
    actions = CatalogueActions(catalogue=deps.catalogue, lessons=lessons)
    asked = frozenset(command.intent or command.name for command in FEATURE.commands)
    return StudyParts(
        answerers=(
            Registered(answerer=quizzes, priority=Priority.QUIZ),
            Registered(answerer=lessons, priority=Priority.INTENT, intents=asked | set(FEATURE.intents.reminders)),
        ),
        tools=(StudyTools(actions),),
        actions=actions,
    )
