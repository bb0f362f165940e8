"""Menus for many or long choices, and forms for typed answers."""

from typing import Any

import pytest

from core.event import Event, Said, Tapped
from core.outbound import OutboundMessage
from core.reply import Choice, Mark, Quiz, Text
from tests.bots.discord.conftest import HERE, DiscordSetup

TYPED = Quiz(id="abc.1", question="Write: food", form="typed", write="Trả lời")


async def _interact(setup: DiscordSetup, **payload: Any) -> tuple[Event, ...]:
    interaction = setup.api.interaction({"channel_id": "7", "context": 1, "locale": "vi", **payload})
    events = await setup.bot.channel.respond(setup.bot.channel.read("INTERACTION_CREATE", interaction))
    await setup.bot.channel.wait_for_calls()
    return events


def _last_message(setup: DiscordSetup) -> dict[str, Any]:
    return list(setup.api.channel().messages.values())[-1]


async def _open_form(setup: DiscordSetup) -> dict[str, Any]:
    """Tap the question's button and return the form it opens."""
    (button,) = setup.api.channel().buttons
    tap = {"component_type": 2, "custom_id": button["custom_id"]}
    assert await _interact(setup, type=3, message=_last_message(setup), data=tap) == ()
    form = list(setup.api.interactions.values())[-1].response
    assert form is not None
    assert form["type"] == 9
    return form["data"]


async def test_more_than_five_choices_become_a_menu_whose_selection_is_a_tap(setup: DiscordSetup) -> None:
    choices = tuple(Choice(label=f"course {number}", value=f"course:{number}") for number in range(25))
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="Which?", choices=choices)))
    (menu,) = setup.api.channel().buttons
    assert [option["label"] for option in menu["options"]] == [choice.label for choice in choices]
    assert all(len(option["value"]) <= 100 for option in menu["options"])
    selection = {"component_type": 3, "custom_id": menu["custom_id"], "values": [menu["options"][7]["value"]]}
    (event,) = await _interact(setup, type=3, message=_last_message(setup), data=selection)
    assert event.body == Tapped(choice="course:7", of=_last_message(setup)["id"])
    assert setup.fallbacks == []


@pytest.mark.parametrize(("length", "kind"), [(38, 2), (39, 3), (100, 3)])
async def test_a_label_too_long_for_a_button_goes_into_a_menu(setup: DiscordSetup, length: int, kind: int) -> None:
    choices = (Choice(label="x" * length, value="a"), Choice(label="short", value="b"))
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="Which?", choices=choices)))
    parts = setup.api.channel().buttons
    assert {part["type"] for part in parts} == {kind}
    assert "x" * length in str(parts)


async def test_more_choices_than_a_menu_allows_are_numbered(setup: DiscordSetup) -> None:
    choices = tuple(Choice(label=f"c{number}", value=f"c:{number}") for number in range(26))
    await setup.bot.channel.send(OutboundMessage(id="p", address=HERE, reply=Text(text="Which?", choices=choices)))
    assert setup.api.channel().buttons == []
    assert setup.fallbacks == ["numbers"]


async def test_a_menu_is_marked_like_buttons(setup: DiscordSetup) -> None:
    choices = tuple(Choice(label=f"{number} {'long ' * 15}", value=f"q:{number}") for number in range(6))
    quiz = Quiz(id="q1", question="Which?", form="choice", choices=choices)
    target = await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=quiz))
    mark = Mark(
        quiz="q1", question="Which?", choices=choices, chosen="q:1", right="q:0", correct=False, text="The first."
    )
    await setup.bot.channel.send(OutboundMessage(id="m", address=HERE, reply=mark), target=target)
    assert [part["style"] for part in setup.api.channel().buttons] == [3, 4, 2, 2, 2, 2]
    assert all(part["disabled"] for part in setup.api.channel().buttons)


async def test_a_typed_answer_is_written_in_a_form(setup: DiscordSetup) -> None:
    await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=TYPED))
    assert [button["label"] for button in setup.api.channel().buttons] == ["Trả lời"]
    form = await _open_form(setup)
    assert form["title"] == "Câu trả lời của bạn"
    field = {"type": 4, "custom_id": "words", "value": "moku"}
    submission = {"custom_id": form["custom_id"], "components": [{"type": 18, "component": field}]}
    (event,) = await _interact(setup, type=5, message=_last_message(setup), data=submission)
    assert event.body == Said(text="moku")
    assert setup.api.channel().texts == ["Write: food", "Sona is thinking…"]


async def test_a_form_of_another_chat_is_ignored(setup: DiscordSetup) -> None:
    await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=TYPED))
    form = await _open_form(setup)
    setup.api.channel("8")
    field = {"type": 4, "custom_id": "words", "value": "moku"}
    submission = {"custom_id": form["custom_id"], "components": [{"type": 18, "component": field}]}
    assert await _interact(setup, type=5, channel_id="8", message={"id": "1"}, data=submission) == ()


async def test_the_form_button_is_removed_after_the_answer(setup: DiscordSetup) -> None:
    target = await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=TYPED))
    mark = Mark(quiz="abc.1", question="Write: food", choices=(), chosen="", right="", correct=True, text="Right!")
    await setup.bot.channel.send(OutboundMessage(id="m", address=HERE, reply=mark), target=target)
    assert setup.api.channel().messages[target]["components"] == []
    assert setup.api.channel().texts == ["Write: food", "Right!"]
    del setup.api.channel().messages[target]
    await setup.bot.channel.send(OutboundMessage(id="n", address=HERE, reply=mark), target=target)
    assert setup.api.channel().texts == ["Right!", "Right!"]


async def test_pieces_to_order_are_lettered_and_have_a_form_button(setup: DiscordSetup) -> None:
    choices = (Choice(label="moku", value="0"), Choice(label="mi", value="1"))
    quiz = Quiz(id="q.2", question="Order", form="ordering", choices=choices, write="Answer")
    await setup.bot.channel.send(OutboundMessage(id="q", address=HERE, reply=quiz))
    assert "A) moku\nB) mi" in setup.api.channel().texts[0]
    assert (await _open_form(setup))["custom_id"].endswith("write:q.2")


async def test_a_listening_question_with_choices_has_no_form_button(setup: DiscordSetup) -> None:
    choices = (Choice(label="moku", value="q:0"), Choice(label="tawa", value="q:1"))
    await setup.bot.channel.send(
        OutboundMessage(id="q", address=HERE, reply=Quiz(id="q", question="Heard?", form="listening", choices=choices))
    )
    assert [button["label"] for button in setup.api.channel().buttons] == ["moku", "tawa"]
