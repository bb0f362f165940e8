"""Who answers: the order of answerers around the model that the settings name, or around none."""

from functools import cache
from pathlib import Path
from random import Random

from core.assistant.agent import Agent
from core.assistant.offline import OfflineAssistant
from core.assistant.tool_runner import ToolDeps
from core.dialogue.commands import GeneralCommands
from core.dialogue.confirmation import SpoofableSender
from core.dialogue.dispatcher import Dispatcher
from core.dialogue.draft import Answerer
from core.dialogue.notices import Notices
from core.features.account.linking import LinkingAnswerer
from core.features.account.overview import OverviewBuilder
from core.features.account.privacy import PrivacyAnswerer
from core.features.account.resume import ResumeAnswerer
from core.features.feedback.ratings import RatingAnswerer
from core.features.knowledge.add_source import SourceAdder
from core.features.knowledge.files import FileAnswerer
from core.features.knowledge.links import LinkAnswerer
from core.features.study.for_tools import StudyTools
from core.features.study.lessons import LessonAnswerer
from core.features.study.quizzes import Audible, QuizAnswerer
from core.learn.catalogue import Catalogue
from core.learn.load import load_all
from core.ports.knowledge import Retriever
from core.ports.messaging import Wake
from core.ports.model import Model, ModelText, Prompt, Utterance
from core.providers.models.anthropic import AnthropicModel
from core.providers.models.effort import usual
from core.providers.models.openai import OpenAIModel
from core.providers.models.prices import listed
from core.tools import all_tools
from workers.admin.cli_context import HealthCheck
from workers.compose.stores import Stores
from workers.settings import Settings

COURSES = Path(__file__).parents[2] / "courses"
CLAUDE = "claude-sonnet-5-5"
GPT = "gpt-5"


def model(settings: Settings) -> AnthropicModel | OpenAIModel | None:
    """The model that the settings name; `None` without a key and without an address, which means the offline mind."""
    if settings.anthropic_api_key or settings.anthropic_base_url:
        return AnthropicModel(
            name=settings.model or CLAUDE,
            api_key=settings.anthropic_api_key or "none",
            base_url=settings.anthropic_base_url,
            effort=settings.effort or usual(settings.model or CLAUDE),
        )
    if settings.openai_api_key or settings.openai_base_url:
        return OpenAIModel(
            name=settings.model or GPT, api_key=settings.openai_api_key, base_url=settings.openai_base_url
        )
    return None


@cache
def catalogue() -> Catalogue:
    """The bundled courses, read once. Raises `BadCourse` with every mistake in the first that cannot be used."""
    return Catalogue(load_all(COURSES))


def mind(
    stores: Stores,
    *,
    retriever: Retriever,
    wake: Wake,
    thinker: Model | None,
    audible: Audible,
    spoofable_sender: SpoofableSender,
    chance: Random,
) -> Dispatcher:
    """What people think of answers and who a person is come first, then quiz answers, lessons, commands, files and occasions; who talks comes last."""
    courses = catalogue()
    quizzing = QuizAnswerer(catalogue=courses, study=stores.study, clock=stores.clock, rng=chance, audible=audible)
    lessons = LessonAnswerer(catalogue=courses, study=stores.study, clock=stores.clock, quizzing=quizzing)
    lectern = StudyTools(catalogue=courses, lessons=lessons)
    reader = SourceAdder(library=stores.library, wake=wake, clock=stores.clock)
    if thinker is None:
        talker: Answerer = OfflineAssistant(retriever=retriever, lessons=lectern)
        reminded: Answerer = OfflineAssistant(retriever=retriever, lessons=lectern, silent=True)
    else:
        workshop = ToolDeps(
            tools={tool.name: tool for tool in all_tools()},
            retriever=retriever,
            lessons=lectern,
            reader=reader,
            clock=stores.clock,
        )
        talker = reminded = Agent(model=thinker, workshop=workshop)
    person = _person(stores, wake=wake, catalogue=courses, chance=chance, spoofable_sender=spoofable_sender)
    feedback = RatingAnswerer(ratings=stores.ratings)
    happening = (FileAnswerer(reader=reader, talker=reminded), Notices(), LinkAnswerer(reader=reader))
    order = (feedback, *person, quizzing, lessons, GeneralCommands(offline=thinker is None), *happening, talker)
    return Dispatcher(order, clock=stores.clock)


def _person(
    stores: Stores, *, wake: Wake, catalogue: Catalogue, chance: Random, spoofable_sender: SpoofableSender
) -> tuple[Answerer, ...]:
    resuming = ResumeAnswerer(places=stores.people, catalogue=catalogue)
    linking = LinkingAnswerer(
        links=stores.links,
        people=stores.people,
        resuming=resuming,
        clock=stores.clock,
        rng=chance,
        spoofable_sender=spoofable_sender,
    )
    leaving = PrivacyAnswerer(
        records=stores.leaving,
        people=stores.people,
        wake=wake,
        clock=stores.clock,
        rng=chance,
        spoofable_sender=spoofable_sender,
    )
    return linking, leaving, resuming


def glance(stores: Stores) -> OverviewBuilder:
    """What a platform's own page about a person shows."""
    return OverviewBuilder(
        acquaintances=stores.acquaintances,
        study=stores.study,
        library=stores.library,
        catalogue=catalogue(),
        clock=stores.clock,
    )


def probes(settings: Settings) -> tuple[HealthCheck, ...]:
    """Whether the model answers, asked with one word."""
    thinker = model(settings)
    if thinker is None:
        return (HealthCheck(name="model", ask=_silent, off="no key and no address: the offline mind answers"),)

    async def asked() -> str:
        prompt = Prompt(
            system=(), utterances=(Utterance(role="user", parts=(ModelText(text="Say OK."),)),), max_tokens=16
        )
        try:
            async for _ in thinker.complete(prompt):
                pass
        finally:
            await thinker.close()
        unpriced = "" if listed(thinker.name) else "; what it costs is not known, and kept as 0"
        return f"{thinker.name} answers{unpriced}"

    return (HealthCheck(name="model", ask=asked),)


async def _silent() -> str:
    return ""
