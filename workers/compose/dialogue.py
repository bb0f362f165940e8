"""The dialogue: the language model chosen by the settings, and the order of answerers."""

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
DEFAULT_ANTHROPIC_MODEL = "claude-sonnet-5-5"
DEFAULT_OPENAI_MODEL = "gpt-5"


def configured_model(settings: Settings) -> AnthropicModel | OpenAIModel | None:
    """Return the model chosen by the settings; `None` without a key and base URL, which selects the offline assistant."""
    if settings.anthropic_api_key or settings.anthropic_base_url:
        return AnthropicModel(
            name=settings.model or DEFAULT_ANTHROPIC_MODEL,
            api_key=settings.anthropic_api_key or "none",
            base_url=settings.anthropic_base_url,
            effort=settings.effort or usual(settings.model or DEFAULT_ANTHROPIC_MODEL),
        )
    if settings.openai_api_key or settings.openai_base_url:
        return OpenAIModel(
            name=settings.model or DEFAULT_OPENAI_MODEL,
            api_key=settings.openai_api_key,
            base_url=settings.openai_base_url,
        )
    return None


@cache
def catalogue() -> Catalogue:
    """Return the bundled courses, loaded once. Raises `BadCourse` with every mistake of the first invalid course."""
    return Catalogue(load_all(COURSES))


def build_dispatcher(
    stores: Stores,
    *,
    retriever: Retriever,
    wake: Wake,
    model: Model | None,
    audible: Audible,
    spoofable_sender: SpoofableSender,
    rng: Random,
) -> Dispatcher:
    """Return the dispatcher. Order: ratings, account, quiz answers, lessons, commands, files, notices, links, assistant."""
    courses = catalogue()
    quizzes = QuizAnswerer(catalogue=courses, study=stores.study, clock=stores.clock, rng=rng, audible=audible)
    lessons = LessonAnswerer(catalogue=courses, study=stores.study, clock=stores.clock, quizzing=quizzes)
    study_tools = StudyTools(catalogue=courses, lessons=lessons)
    source_adder = SourceAdder(library=stores.library, wake=wake, clock=stores.clock)
    if model is None:
        assistant: Answerer = OfflineAssistant(retriever=retriever, lessons=study_tools)
        file_assistant: Answerer = OfflineAssistant(retriever=retriever, lessons=study_tools, silent=True)
    else:
        tool_deps = ToolDeps(
            tools={tool.name: tool for tool in all_tools()},
            retriever=retriever,
            lessons=study_tools,
            reader=source_adder,
            clock=stores.clock,
        )
        assistant = file_assistant = Agent(model=model, workshop=tool_deps)
    account = _account_answerers(stores, wake=wake, catalogue=courses, rng=rng, spoofable_sender=spoofable_sender)
    feedback = RatingAnswerer(ratings=stores.ratings)
    files_and_notices = (
        FileAnswerer(reader=source_adder, talker=file_assistant),
        Notices(),
        LinkAnswerer(reader=source_adder),
    )
    order = (
        feedback,
        *account,
        quizzes,
        lessons,
        GeneralCommands(offline=model is None),
        *files_and_notices,
        assistant,
    )
    return Dispatcher(order, clock=stores.clock)


def _account_answerers(
    stores: Stores, *, wake: Wake, catalogue: Catalogue, rng: Random, spoofable_sender: SpoofableSender
) -> tuple[Answerer, ...]:
    resuming = ResumeAnswerer(places=stores.people, catalogue=catalogue)
    linking = LinkingAnswerer(
        links=stores.links,
        people=stores.people,
        resuming=resuming,
        clock=stores.clock,
        rng=rng,
        spoofable_sender=spoofable_sender,
    )
    leaving = PrivacyAnswerer(
        records=stores.leaving,
        people=stores.people,
        wake=wake,
        clock=stores.clock,
        rng=rng,
        spoofable_sender=spoofable_sender,
    )
    return linking, leaving, resuming


def overview_builder(stores: Stores) -> OverviewBuilder:
    """Return the builder of the overview that a platform's own page shows, such as Slack's home tab."""
    return OverviewBuilder(
        acquaintances=stores.acquaintances,
        study=stores.study,
        library=stores.library,
        catalogue=catalogue(),
        clock=stores.clock,
    )


def probes(settings: Settings) -> tuple[HealthCheck, ...]:
    """Return the check of the model: a request of a few tokens."""
    model = configured_model(settings)
    if model is None:
        return (
            HealthCheck(
                name="model", run=_no_output, disabled_reason="no key and no base URL: the offline assistant answers"
            ),
        )

    async def run() -> str:
        prompt = Prompt(
            system=(), utterances=(Utterance(role="user", parts=(ModelText(text="Say OK."),)),), max_tokens=16
        )
        try:
            async for _ in model.complete(prompt):
                pass
        finally:
            await model.close()
        unpriced = "" if listed(model.name) else "; its price is unknown, and costs are recorded as 0"
        return f"{model.name} answers{unpriced}"

    return (HealthCheck(name="model", run=run),)


async def _no_output() -> str:
    return ""
