"""The knowledge feature over its collaborators."""

from dataclasses import dataclass

from core.dialogue.draft import Answerer
from core.dialogue.feature import FeatureParts, Priority, Registered
from core.features.knowledge.files import FileAnswerer
from core.features.knowledge.links import LinkAnswerer
from core.features.knowledge.tools import KnowledgeTools
from core.ports.knowledge import AddSource, Retriever


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeDeps:
    retriever: Retriever
    add_source: AddSource


def tools(deps: KnowledgeDeps) -> tuple[object, ...]:
    return (KnowledgeTools(retriever=deps.retriever, add_source=deps.add_source),)


def compose(deps: KnowledgeDeps, *, talker: Answerer) -> FeatureParts:
    """`talker` answers the words that came with a file, once it is read."""
    files = FileAnswerer(reader=deps.add_source, talker=talker)
    links = LinkAnswerer(reader=deps.add_source)
    return FeatureParts(
        answerers=(
            Registered(answerer=files, priority=Priority.CONTENT),
            Registered(answerer=links, priority=Priority.LINKS),
        )
    )
