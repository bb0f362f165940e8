"""Who answers: the order of answerers around the model that the settings name, or around none."""

from functools import cache
from pathlib import Path
from random import Random

from core.learn.catalogue import Catalogue
from core.learn.load import load_all
from core.mind.agent import Agent
from core.mind.asking import Forgeable
from core.mind.commands import Commands
from core.mind.feedback import Feedback
from core.mind.glance import Glance
from core.mind.leaving import Leaving
from core.mind.lectern import Lectern
from core.mind.lessons import Lessons
from core.mind.linking import Linking
from core.mind.mind import Mind
from core.mind.occasions import Occasions
from core.mind.offline import Offline
from core.mind.quizzing import Audible, Quizzing
from core.mind.reading import Reading
from core.mind.resuming import Resuming
from core.mind.thought import Answerer
from core.mind.toolbox import Workshop
from core.ports.knowledge import Retriever
from core.ports.model import Model, Prompt, Utterance, Words
from core.ports.street import Wake
from core.providers.anthropic import AnthropicModel
from core.providers.effort import usual
from core.providers.openai import OpenAIModel
from core.providers.prices import listed
from core.tools import all_tools
from workers.desk import Probe
from workers.ground import Ground
from workers.settings import Settings

COURSES = Path(__file__).parents[1] / "courses"
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
    ground: Ground,
    *,
    retriever: Retriever,
    wake: Wake,
    thinker: Model | None,
    audible: Audible,
    forgeable: Forgeable,
    chance: Random,
) -> Mind:
    """What people think of answers and who a person is come first, then quiz answers, lessons, commands and occasions; who talks comes last."""
    courses = catalogue()
    quizzing = Quizzing(catalogue=courses, study=ground.study, clock=ground.clock, rng=chance, audible=audible)
    lessons = Lessons(catalogue=courses, study=ground.study, clock=ground.clock, quizzing=quizzing)
    lectern = Lectern(catalogue=courses, lessons=lessons)
    reader = Reading(library=ground.library, wake=wake, clock=ground.clock)
    if thinker is None:
        talker: Answerer = Offline(retriever=retriever, lessons=lectern)
    else:
        workshop = Workshop(
            tools={tool.name: tool for tool in all_tools()},
            retriever=retriever,
            lessons=lectern,
            reader=reader,
            clock=ground.clock,
        )
        talker = Agent(model=thinker, workshop=workshop)
    person = _person(ground, wake=wake, catalogue=courses, chance=chance, forgeable=forgeable)
    feedback = Feedback(ratings=ground.ratings)
    order = (feedback, *person, quizzing, lessons, Commands(offline=thinker is None), Occasions(reader=reader), talker)
    return Mind(order, clock=ground.clock)


def _person(
    ground: Ground, *, wake: Wake, catalogue: Catalogue, chance: Random, forgeable: Forgeable
) -> tuple[Answerer, ...]:
    resuming = Resuming(places=ground.people, catalogue=catalogue)
    linking = Linking(
        links=ground.links,
        people=ground.people,
        resuming=resuming,
        clock=ground.clock,
        rng=chance,
        forgeable=forgeable,
    )
    leaving = Leaving(
        records=ground.leaving,
        people=ground.people,
        wake=wake,
        clock=ground.clock,
        rng=chance,
        forgeable=forgeable,
    )
    return linking, leaving, resuming


def glance(ground: Ground) -> Glance:
    """What a platform's own page about a person shows."""
    return Glance(
        acquaintances=ground.acquaintances,
        study=ground.study,
        library=ground.library,
        catalogue=catalogue(),
        clock=ground.clock,
    )


def probes(settings: Settings) -> tuple[Probe, ...]:
    """Whether the model answers, asked with one word."""
    thinker = model(settings)
    if thinker is None:
        return (Probe(name="model", ask=_silent, off="no key and no address: the offline mind answers"),)

    async def asked() -> str:
        prompt = Prompt(system=(), utterances=(Utterance(role="user", parts=(Words(text="Say OK."),)),), max_tokens=16)
        try:
            async for _ in thinker.complete(prompt):
                pass
        finally:
            await thinker.close()
        unpriced = "" if listed(thinker.name) else "; what it costs is not known, and kept as 0"
        return f"{thinker.name} answers{unpriced}"

    return (Probe(name="model", ask=asked),)


async def _silent() -> str:
    return ""
