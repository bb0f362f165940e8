"""Who answers: the order of answerers around the model that the settings name, or around none."""

from collections.abc import Mapping
from pathlib import Path
from random import SystemRandom

from core.channel import Channel
from core.conversation import Opening
from core.event import Event
from core.learn.catalogue import Catalogue
from core.learn.load import load_all
from core.media import Media
from core.mind.agent import Agent
from core.mind.commands import Commands
from core.mind.lectern import Lectern
from core.mind.lessons import Lessons
from core.mind.mind import Mind
from core.mind.occasions import Occasions
from core.mind.offline import Offline
from core.mind.quizzing import Quizzing
from core.mind.reading import Reading
from core.mind.thought import Answerer, Thought
from core.mind.toolbox import Workshop
from core.mind.voicing import Mouth, listen, voiced
from core.ports.knowledge import Library, Retriever
from core.ports.model import Model
from core.ports.street import Wake
from core.ports.voice import Hearing
from core.providers.anthropic import AnthropicModel
from core.providers.openai import OpenAIModel
from core.reply import Reply
from core.tools import all_tools
from workers.ground import Ground
from workers.settings import Settings

COURSES = Path(__file__).parents[1] / "courses"
CLAUDE = "claude-sonnet-5-5"
GPT = "gpt-5"


def model(settings: Settings) -> Model | None:
    """The model that the settings name; `None` without a key and without an address, which means the offline mind."""
    if settings.anthropic_api_key or settings.anthropic_base_url:
        return AnthropicModel(
            name=settings.model or CLAUDE,
            api_key=settings.anthropic_api_key or "none",
            base_url=settings.anthropic_base_url,
        )
    if settings.openai_api_key or settings.openai_base_url:
        return OpenAIModel(
            name=settings.model or GPT, api_key=settings.openai_api_key, base_url=settings.openai_base_url
        )
    return None


def catalogue() -> Catalogue:
    """The bundled courses. Raises `BadCourse` with every mistake in the first that cannot be used."""
    return Catalogue(load_all(COURSES))


def mind(ground: Ground, *, library: Library, retriever: Retriever, wake: Wake, thinker: Model | None) -> Mind:
    """Quiz answers first, then occasions, lessons and commands; who talks comes last."""
    courses = catalogue()
    quizzing = Quizzing(catalogue=courses, study=ground.study, clock=ground.clock, rng=SystemRandom())
    lessons = Lessons(catalogue=courses, study=ground.study, clock=ground.clock, quizzing=quizzing)
    lectern = Lectern(catalogue=courses, lessons=lessons)
    reader = Reading(library=library, wake=wake, clock=ground.clock)
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
    order = (quizzing, lessons, Commands(offline=thinker is None), Occasions(reader=reader), talker)
    return Mind(order, clock=ground.clock)


class Senses:
    """`core.converse.Senses`: whoever speaks is answered aloud, unless they want it otherwise."""

    def __init__(self, *, hearing: Hearing, mouth: Mouth, channels: Mapping[str, Channel]) -> None:
        self._hearing = hearing
        self._mouth = mouth
        self._channels = channels

    async def hear(self, opening: Opening) -> Opening:
        conversation = opening.conversation
        events: list[Event] = []
        for event in opening.events:
            channel = self._channels.get(event.address.channel)
            events.append(
                await listen(
                    event,
                    self._hearing,
                    fetch=channel.fetch if channel else _nothing,
                    language=conversation.learner.locale,
                    quiz=conversation.quiz,
                )
            )
        return Opening(conversation=conversation, events=tuple(events), token=opening.token, attempts=opening.attempts)

    async def speak(self, opening: Opening, thought: Thought) -> tuple[Reply, ...]:
        channel = self._channels.get(opening.conversation.address.channel)
        if channel is None or not channel.capabilities.voice:
            return thought.replies
        learner = thought.conversation.learner
        spoke = any(event.body.kind == "spoke" and event.addressed for event in opening.events)
        wanted = learner.voice == "always" or (learner.voice == "auto" and spoke)
        return await voiced(thought.replies, self._mouth, language=learner.locale, wanted=wanted)


async def _nothing(_: Media) -> bytes:
    return b""
