"""Every tool of the program, over stand-ins for its collaborators."""

from core.features.account.set_language import set_language
from core.features.knowledge.tools import KnowledgeTools
from core.features.study.tools import StudyTools
from core.features.voice.speak import speak
from core.tools.remember import remember
from core.tools.tool import Tool, by_name
from core.tools.what_time import what_time
from tests.fakes.collaborators import Lectern, Reader, Shelf


def all_tools(shelf: Shelf | None = None, reader: Reader | None = None) -> dict[str, Tool]:
    """By name, as the composition root collects them."""
    knowledge = KnowledgeTools(retriever=shelf or Shelf(), add_source=reader or Reader())
    return by_name(knowledge, StudyTools(Lectern()), set_language, speak, remember, what_time)
