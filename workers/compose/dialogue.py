"""The dialogue: the language model chosen by the settings, and the order of answerers."""

from functools import cache
from pathlib import Path
from random import Random, SystemRandom

from core.assistant.agent import Agent
from core.assistant.confirmed_calls import ConfirmedCalls
from core.assistant.offline import OfflineAssistant
from core.assistant.tool_runner import ToolDeps
from core.dialogue.confirmation import Confirmations, SpoofableSender
from core.dialogue.dispatcher import Dispatcher
from core.dialogue.draft import Answerer
from core.dialogue.feature import FeatureParts, Priority, Registered, all_features, listed_commands, parser
from core.features.account import compose as compose_account
from core.features.account.compose import AccountDeps
from core.features.account.overview import OverviewBuilder
from core.features.feedback import compose as compose_feedback
from core.features.general import compose as compose_general
from core.features.knowledge import compose as compose_knowledge
from core.features.knowledge.add_source import SourceAdder
from core.features.knowledge.compose import KnowledgeDeps
from core.features.study import compose as compose_study
from core.features.study.compose import StudyDeps
from core.features.study.quizzes import Audible
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
from core.tools.tool import by_name
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
    """Return the dispatcher over every feature; `model` is `None` for the offline assistant, `rng` chooses questions."""
    clock = stores.clock
    add_source = SourceAdder(library=stores.library, wake=wake, clock=clock)
    unpredictable = SystemRandom()
    confirmations = Confirmations(clock=clock, rng=unpredictable, spoofable_sender=spoofable_sender)
    feature_list = all_features()
    study = compose_study.compose(
        StudyDeps(catalogue=catalogue(), study=stores.study, clock=clock, rng=rng, audible=audible)
    )
    account = compose_account.compose(_account(stores, wake=wake, confirmations=confirmations, rng=unpredictable))
    general = compose_general.compose(listed_commands(feature_list), offline=model is None)
    knowledge = KnowledgeDeps(retriever=retriever, add_source=add_source)
    parts = [compose_feedback.compose(stores.ratings), study, account, general]
    if model is None:
        assistant: Answerer = OfflineAssistant(retriever=retriever, lessons=study.actions)
        file_assistant: Answerer = OfflineAssistant(retriever=retriever, lessons=study.actions, silent=True)
    else:
        toolsets = (*compose_knowledge.tools(knowledge), speak, *(each for part in parts for each in part.tools))
        tools = ToolDeps(tools=by_name(*toolsets), clock=clock, confirmations=confirmations)
        assistant = file_assistant = Agent(model=model, tools=tools)
        confirmed = Registered(answerer=ConfirmedCalls(tools=tools), priority=Priority.PENDING)
        parts.append(FeatureParts(answerers=(confirmed,)))
    parts.append(compose_knowledge.compose(knowledge, talker=file_assistant))
    registered = [each for part in parts for each in part.answerers]
    registered.append(Registered(answerer=assistant, priority=Priority.TALK))
    return Dispatcher(registered, parser=parser(feature_list), clock=clock)


def _account(stores: Stores, *, wake: Wake, confirmations: Confirmations, rng: Random) -> AccountDeps:
    return AccountDeps(
        links=stores.links,
        people=stores.people,
        places=stores.people,
        records=stores.leaving,
        catalogue=catalogue(),
        confirmations=confirmations,
        wake=wake,
        rng=rng,
    )


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
