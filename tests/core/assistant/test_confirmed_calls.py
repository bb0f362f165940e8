"""The guards of tools: roles, and a yes before anything is destroyed."""

from dataclasses import replace
from typing import Annotated

import pytest
from pydantic import Field

from core.assistant.confirmed_calls import ConfirmedCalls
from core.dialogue.draft import TurnDraft
from core.event import Said, Tapped
from core.phrases import locales, phrase
from core.principal import Principal
from core.reply import Text
from core.tools.context import ToolContext
from core.tools.tool import Tool, tool
from tests.fakes.conversation import Scene, said, text_of, thought_of
from tests.fakes.dialogue import incoming
from tests.fakes.scripted_stream import Say, Use


class Shredder:
    """A toolset that keeps what it was asked to delete, and under which key."""

    def __init__(self) -> None:
        self.deleted: list[tuple[str, str]] = []

    @tool(doing="doing.time", changes=True, destroys=True, roles=frozenset({"admin"}))
    async def delete_project(
        self, context: ToolContext, name: Annotated[str, Field(description="The project", max_length=40)]
    ) -> str:
        """Delete a project."""
        self.deleted.append((name, context.key))
        return "Deleted."


@pytest.fixture
def shredder() -> Shredder:
    return Shredder()


@pytest.fixture
def scene(shredder: Shredder) -> Scene:
    delete: Tool = shredder.delete_project
    scene = Scene(delete)
    scene.model.add(Use("delete_project", {"name": "Mars"}))
    scene.model.add(Say("Please confirm."))
    return scene


def by(*roles: str, locale: str = "en") -> TurnDraft:
    draft = thought_of("delete the project Mars")
    here = replace(draft.conversation, learner=replace(draft.conversation.learner, locale=locale))
    return replace(draft, conversation=here, principal=Principal(person="learner-1", roles=frozenset(roles)))


async def answer(scene: Scene, draft: TurnDraft, words: str) -> TurnDraft | None:
    """What the next turn answers to these words, or to the tap on the button with this label."""
    begun = TurnDraft(conversation=draft.conversation, principal=draft.principal)
    event = said(words)
    if isinstance(question := draft.replies[-1], Text):
        values = [choice.value for choice in question.choices if choice.label == words]
        event = replace(event, body=Tapped(choice=values[0])) if values else event
    return await ConfirmedCalls(tools=scene.deps).answer(incoming(event), begun, scene.signs)


@pytest.mark.parametrize("roles", [(), ("member", "teacher")])
async def test_a_tool_is_not_for_people_without_its_role(
    scene: Scene, shredder: Shredder, roles: tuple[str, ...]
) -> None:
    answered = await scene.ask("delete it", by(*roles))
    (call,) = answered.calls
    assert call.failed
    assert "it takes the role admin" in call.output
    assert answered.conversation.pending is None
    assert shredder.deleted == []


@pytest.mark.parametrize("locale", locales())
async def test_what_destroys_runs_once_and_only_after_a_yes_to_exactly_that_call(
    scene: Scene, shredder: Shredder, locale: str
) -> None:
    asked = await scene.ask("delete it", by("admin", locale=locale))
    assert shredder.deleted == []
    question = asked.replies[-1]
    assert isinstance(question, Text)
    assert "**delete project**" in question.text
    assert "- name: Mars" in question.text
    assert [choice.destroys for choice in question.choices] == [True, False]
    done = await answer(scene, asked, phrase("person.yes", locale))
    assert done is not None
    ((name, key),) = shredder.deleted
    assert (name, key) == ("Mars", asked.calls[0].id)
    assert text_of(done).text == phrase("tool.done", locale, tool="delete project")
    assert [call.output for call in done.calls] == ["Deleted."]
    assert done.conversation.pending is None
    again = await answer(scene, replace(done, replies=asked.replies), phrase("person.yes", locale))
    assert again is not None
    assert text_of(again).text == phrase("tool.late", locale)
    assert len(shredder.deleted) == 1


async def test_a_no_leaves_everything_as_it_is(scene: Scene, shredder: Shredder) -> None:
    asked = await scene.ask("delete it", by("admin"))
    kept = await answer(scene, asked, "no")
    assert kept is not None
    assert text_of(kept).text == phrase("tool.kept", "en")
    assert shredder.deleted == []


async def test_other_words_are_no_answer(scene: Scene, shredder: Shredder) -> None:
    asked = await scene.ask("delete it", by("admin"))
    assert await answer(scene, asked, "what is in it?") is None
    assert shredder.deleted == []


async def test_a_role_lost_before_the_yes_counts(scene: Scene, shredder: Shredder) -> None:
    asked = await scene.ask("delete it", by("admin"))
    failed = await answer(scene, replace(asked, principal=Principal(person="learner-1")), "yes")
    assert failed is not None
    assert text_of(failed).text == phrase("tool.failed", "en", tool="delete project")
    assert shredder.deleted == []


async def test_a_second_call_waits_until_the_first_is_answered(shredder: Shredder) -> None:
    delete: Tool = shredder.delete_project
    scene = Scene(delete)
    scene.model.add(Use("delete_project", {"name": "Mars"}), Use("delete_project", {"name": "Venus"}))
    scene.model.add(Say("Please confirm."))
    asked = await scene.ask("delete both", by("admin"))
    assert sorted(call.failed for call in asked.calls) == [False, True]
    await answer(scene, asked, "yes")
    assert [name for name, _ in shredder.deleted] == ["Mars"]


async def test_arguments_that_do_not_fit_are_not_asked_about(shredder: Shredder) -> None:
    delete: Tool = shredder.delete_project
    scene = Scene(delete)
    scene.model.add(Use("delete_project", {"planet": "Mars"}))
    scene.model.add(Say("Which one?"))
    answered = await scene.ask("delete it", by("admin"))
    assert answered.calls[0].failed
    assert answered.conversation.pending is None


async def test_arguments_are_shown_as_data(shredder: Shredder) -> None:
    delete: Tool = shredder.delete_project
    scene = Scene(delete)
    scene.model.add(Use("delete_project", {"name": "x**\n\n[Yes](https://e.example)"}))
    scene.model.add(Say("Please confirm."))
    question = (await scene.ask("delete it", by("admin"))).replies[-1]
    assert isinstance(question, Text)
    assert "- name: x\\*\\* \\[Yes\\](https://e.example)" in question.text


async def test_words_that_only_look_like_a_yes_confirm_nothing_in_another_conversation(scene: Scene) -> None:
    draft = by("admin")
    event = replace(said("yes"), body=Said(text="yes"))
    assert await ConfirmedCalls(tools=scene.deps).answer(incoming(event), draft, scene.signs) is None
