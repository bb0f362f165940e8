"""The examples of the documentation work: the tool runs, and the course loads and yields questions."""

import importlib.util
import sys
from pathlib import Path
from random import Random

import pytest

from core.errors import ToolFault
from core.learn.catalogue import Catalogue
from core.learn.course import Course
from core.learn.load import load
from core.phrases import locales, phrase
from core.principal import NOBODY, UNKNOWN_AUDIENCE
from core.tools.context import ToolContext
from core.tools.tool import Tool
from tests.docs.pages import ROOT, fences
from tests.fakes.collaborators import StillClock, conversation


def _written(page: str, to: Path) -> list[Path]:
    """Write the files that a page shows to a folder."""
    made: list[Path] = []
    for fence in fences(ROOT / "docs" / page):
        if fence.path:
            file = to / fence.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(fence.text, encoding="utf-8")
            made.append(file)
    return made


@pytest.fixture
def days_until(tmp_path: Path) -> Tool:
    (file,) = _written("tools.md", tmp_path)
    spec = importlib.util.spec_from_file_location("days_until_example", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found = [value for value in vars(module).values() if isinstance(value, Tool)]
    assert len(found) == 1
    return found[0]


@pytest.fixture
def context() -> ToolContext:
    return ToolContext(
        conversation=conversation(),
        principal=NOBODY,
        audience=UNKNOWN_AUDIENCE,
        now=StillClock().now(),
        cite=lambda source: 1,
    )


async def test_the_example_tool_counts_days(days_until: Tool, context: ToolContext) -> None:
    assert (await days_until.run(context, {"day": "2026-11-22"})).text == "2 days"


async def test_the_example_tool_rejects_past_dates_and_invalid_arguments(
    days_until: Tool, context: ToolContext
) -> None:
    with pytest.raises(ToolFault, match="is over; today is 2026-11-20") as over:
        await days_until.run(context, {"day": "2026-11-19"})
    assert over.value.again
    with pytest.raises(ToolFault, match="These arguments do not fit"):
        await days_until.run(context, {"day": "tomorrow"})


def test_the_example_tool_is_described_to_the_model_and_to_people(days_until: Tool) -> None:
    assert days_until.spec.name == "days_until"
    assert days_until.spec.description.startswith("Count the days")
    assert list(days_until.spec.parameters["properties"]) == ["day"]
    assert all(phrase(days_until.doing, locale) for locale in locales())


@pytest.fixture
def esperanto(tmp_path: Path) -> Course:
    assert len(_written("courses.md", tmp_path)) == 4
    return load(tmp_path / "courses" / "esperanto")


def test_the_example_course_loads(esperanto: Course) -> None:
    assert esperanto.code == "esperanto"
    assert [section.heading for section in esperanto.units[0].note] == ["Things end in o", "What is acted upon"]


def test_the_example_course_can_be_searched(esperanto: Course) -> None:
    catalogue = Catalogue([esperanto])
    found = catalogue.look_up("bread")
    assert found
    assert [word.word for word in found.words] == ["pano"]
    assert catalogue.documents()


def test_the_example_course_yields_generated_questions(esperanto: Course) -> None:
    from core.learn.question_kinds import QuestionInput, meaning

    making = QuestionInput(
        course=esperanto,
        word=esperanto.words[0],
        locale="en",
        rng=Random(1),
        ask=lambda key, **values: phrase(key, "en", **values),
    )
    question = meaning(making)
    assert question
    assert question.answers == ("bread",)
    assert {choice.label for choice in question.choices} == {"bread", "water", "good"}
