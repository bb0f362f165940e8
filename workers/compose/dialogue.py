"""Who answers: the order of answerers around the model that the settings name, or around none."""

from functools import cache
from pathlib import Path
from random import Random

from core.assistant.agent import Agent
from core.assistant.confirmed_calls import ConfirmedCalls
from core.assistant.offline import OfflineAssistant
from core.assistant.tool_runner import ToolDeps
from core.dialogue.commands import GeneralCommands
from core.dialogue.confirmation import Confirmations, SpoofableSender
from core.dialogue.dispatcher import Dispatcher
from core.dialogue.draft import Answerer
from core.dialogue.notices import Notices
from core.features.account.linking import LinkingAnswerer
from core.features.account.overview import OverviewBuilder
from core.features.account.privacy import PrivacyAnswerer
from core.features.account.resume import ResumeAnswerer
from core.features.account.set_language import set_language
from core.features.feedback.ratings import RatingAnswerer
from core.features.knowledge.add_source import SourceAdder
from core.features.knowledge.files import FileAnswerer
from core.features.knowledge.links import LinkAnswerer
from core.features.knowledge.tools import KnowledgeTools
from core.features.study.actions import CatalogueActions
from core.features.study.lessons import LessonAnswerer
from core.features.study.quizzes import Audible, QuizAnswerer
from core.features.study.tools import StudyTools
from core.features.voice.speak import speak
from core.learn.catalogue import Catalogue
from core.learn.load import load_all
from core.ports.knowledge import Retriever
from core.ports.messaging import Wake
from core.ports.model import Model, ModelText, Prompt, Utterance
from core.providers.models.anthropic import AnthropicModel
from core.providers.models.effort import usual
from core.providers.models.openai import OpenAIModel
from core.providers.models.prices import listed
from core.tools.remember import remember
from core.tools.tool import by_name
from core.tools.what_time import what_time
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
    actions = CatalogueActions(catalogue=courses, lessons=lessons)
    add_source = SourceAdder(library=stores.library, wake=wake, clock=stores.clock)
    confirmations = Confirmations(clock=stores.clock, rng=chance, spoofable_sender=spoofable_sender)
    confirmed: tuple[Answerer, ...] = ()
    if thinker is None:
        talker: Answerer = OfflineAssistant(retriever=retriever, lessons=actions)
        reminded: Answerer = OfflineAssistant(retriever=retriever, lessons=actions, silent=True)
    else:
        knowledge = KnowledgeTools(retriever=retriever, add_source=add_source)
        named = by_name(knowledge, StudyTools(actions), set_language, speak, remember, what_time)
        tools = ToolDeps(tools=named, clock=stores.clock, confirmations=confirmations)
        talker = reminded = Agent(model=thinker, tools=tools)
        confirmed = (ConfirmedCalls(tools=tools),)
    person = _person(stores, wake=wake, catalogue=courses, chance=chance, confirmations=confirmations)
    feedback = RatingAnswerer(ratings=stores.ratings)
    happening = (FileAnswerer(reader=add_source, talker=reminded), Notices(), LinkAnswerer(reader=add_source))
    commands = GeneralCommands(offline=thinker is None)
    order = (feedback, *person, *confirmed, quizzing, lessons, commands, *happening, talker)
    return Dispatcher(order, clock=stores.clock)


def _person(
    stores: Stores, *, wake: Wake, catalogue: Catalogue, chance: Random, confirmations: Confirmations
) -> tuple[Answerer, ...]:
    resuming = ResumeAnswerer(places=stores.people, catalogue=catalogue)
    linking = LinkingAnswerer(
        links=stores.links, people=stores.people, resuming=resuming, confirmations=confirmations, rng=chance
    )
    leaving = PrivacyAnswerer(records=stores.leaving, people=stores.people, wake=wake, confirmations=confirmations)
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
