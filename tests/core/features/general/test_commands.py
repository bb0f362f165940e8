"""Commands and occasions: what they say, and what they leave behind."""

from dataclasses import replace
from typing import Literal

import pytest

from core.address import Address
from core.channel import LiveUpdates
from core.conversation import Message
from core.dialogue.draft import TurnDraft
from core.dialogue.feature import all_features, listed_commands
from core.dialogue.text import command, links, stops
from core.event import Body, Due, Event, Gesture, Joined, Left, Ready, Said, Sender, Spoke, Stopped, Tapped
from core.features.general.commands import GeneralCommands
from core.features.general.notices import Notices
from core.features.knowledge.links import LinkAnswerer
from core.phrases import locales, phrase, phrases
from core.reply import Text
from tests.fakes.collaborators import Reader, Signs, StillClock, conversation
from tests.fakes.dialogue import incoming

LIVE: LiveUpdates = Signs()
COMMANDS = listed_commands(all_features())


def event(body: Body | str) -> Event:
    at = StillClock().now()
    body = Said(text=body) if isinstance(body, str) else body
    return Event(id="web:1", address=Address("web", "c1"), sender=Sender(id="s"), at=at, body=body)


async def after(body: Body | str, *, locale: str = "en", offline: bool = False, name: str = "") -> TurnDraft:
    past = (Message(role="person", text="hi", at=StillClock().now()),)
    here = replace(conversation(locale=locale, name=name), history=past, title="Old", focus="old")
    draft = await GeneralCommands(commands=COMMANDS, offline=offline).answer(
        incoming(event(body), locale), TurnDraft(conversation=here), LIVE
    )
    assert draft is not None
    return draft


def text_of(draft: TurnDraft) -> Text:
    (reply,) = draft.replies
    assert isinstance(reply, Text)
    return reply


@pytest.mark.parametrize("locale", locales())
def test_every_command_can_be_registered_with_a_description(locale: str) -> None:
    assert {info.name for info in COMMANDS} >= {"start", "help", "language", "voice", "new", "stop"}
    assert all(3 <= len(phrases(locale)[info.about]) <= 100 for info in COMMANDS)


@pytest.mark.parametrize("first_event", [Joined(), "/start", "/start@sona_bot deep-link", Tapped(choice="/start")])
async def test_a_newcomer_is_welcomed_with_buttons(first_event: Body | str) -> None:
    welcome = text_of(await after(first_event, name="Lan"))
    assert welcome.text.startswith("Hello, Lan!")
    values = [choice.value for choice in welcome.choices]
    assert values == ["/lesson", "/courses", "/help", "/language es", "/language vi"]


async def test_a_newcomer_is_welcomed_in_their_language_and_told_that_there_is_no_model() -> None:
    welcome = text_of(await after(Joined(), locale="vi", offline=True))
    assert "Xin chào!" in welcome.text
    assert phrase("offline.intro", "vi") in welcome.text
    assert phrase("offline.intro", "vi") not in text_of(await after(Joined(), locale="vi")).text


async def test_help_lists_every_command_and_says_what_the_offline_mind_is() -> None:
    helped = text_of(await after("/help", offline=True))
    assert all(f"/{info.name} – " in helped.text for info in COMMANDS)
    assert phrase("offline.intro", "en") in helped.text


async def test_an_unknown_command_is_helped_with_the_nearest() -> None:
    helped = text_of(await after("/reveiw now"))
    assert helped.text.startswith("I do not know the command /reveiw. Did you mean /review?")
    assert [choice.value for choice in helped.choices] == ["/review", "/help"]
    assert text_of(await after("/zzzz")).text == "I do not know the command /zzzz."


@pytest.mark.parametrize("wanted", ["vi", "VI", "vi-VN", "Vietnamese", "tiếng việt", "Tiếng Việt."])
async def test_the_language_is_set_by_tag_or_name_and_confirmed_in_it(wanted: str) -> None:
    draft = await after(f"/language {wanted}")
    assert draft.conversation.learner.locale == "vi"
    assert text_of(draft).text == phrase("language.set", "vi")


async def test_a_language_is_asked_for_with_buttons_and_an_unknown_one_refused() -> None:
    assert [choice.value for choice in text_of(await after("/language")).choices] == [
        "/language en", "/language es", "/language vi",
    ]  # fmt: skip
    draft = await after("/language klingon")
    assert draft.conversation.learner.locale == "en"
    assert "klingon" in text_of(draft).text


@pytest.mark.parametrize(("said", "voice"), [("on", "always"), ("OFF", "never"), ("auto", "auto")])
async def test_voice_notes_are_switched(said: str, voice: str) -> None:
    draft = await after(f"/voice {said}")
    assert draft.conversation.learner.voice == voice
    assert text_of(draft).text == phrase(f"voice.{voice}", "en")


async def test_voice_without_a_wish_asks() -> None:
    assert [choice.value for choice in text_of(await after("/voice")).choices] == [
        "/voice on",
        "/voice auto",
        "/voice off",
    ]


async def test_a_new_conversation_has_forgotten_the_old_one() -> None:
    cleared = (await after("/new")).conversation
    assert (cleared.history, cleared.title, cleared.focus, cleared.quiz) == ((), "", "", None)


async def test_stop_with_nothing_running_says_so() -> None:
    assert text_of(await after("/stop")).text == phrase("stop.idle", "en")


@pytest.mark.parametrize("said", ["hello", "1/2", "/", "// no", "http://x.y/help", "/123"])
async def test_what_is_no_command_is_left_alone(said: str) -> None:
    assert (
        await GeneralCommands(commands=COMMANDS).answer(
            incoming(event(said)), TurnDraft(conversation=conversation()), LIVE
        )
        is None
    )


def test_a_command_is_read_with_what_follows_it() -> None:
    assert command(event("/Language@sona_bot  vi ")) == ("language", "vi")
    assert command(event("/word\nmoku")) == ("word", "moku")
    assert command(event(Tapped(choice="/voice on"))) == ("voice", "on")


def test_stop_is_known_in_every_form() -> None:
    assert all(stops(event(body)) for body in (Stopped(), "/stop", "/STOP@bot", Tapped(choice="/stop")))
    assert not any(stops(event(body)) for body in (Left(), "stop it", "/start"))


def test_links_are_found_without_the_sentence_around_them() -> None:
    assert links("See https://a.b/c?d=e. And (http://f.g), https://a.b/c?d=e!") == ("https://a.b/c?d=e", "http://f.g")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("https://en.wikipedia.org/wiki/Li_(surname)", "https://en.wikipedia.org/wiki/Li_(surname)"),
        ("(see https://a.b/Li_(surname)).", "https://a.b/Li_(surname)"),
        ("[Li](https://a.b/Li_(surname)_x), and more", "https://a.b/Li_(surname)_x"),
        ("https://a.b/c(d", "https://a.b/c"),
        ("https://a.b/c)d", "https://a.b/c"),
        ("https://a.b/(c)?d=(e)!", "https://a.b/(c)?d=(e)"),
    ],
)
def test_brackets_belong_to_an_address_where_they_are_closed_in_it(said: str, found: str) -> None:
    assert links(said) == (found,)


async def occasion(body: Body | str, locale: str = "en") -> tuple[TurnDraft | None, Reader]:
    reader = Reader()
    draft = TurnDraft(conversation=conversation(locale=locale))
    happened = incoming(event(body), locale)
    answered = await Notices().answer(happened, draft, LIVE)
    return answered or await LinkAnswerer(reader=reader).answer(happened, draft, LIVE), reader


async def test_who_stops_is_told_so_once() -> None:
    told, _ = await occasion(Stopped())
    assert told is not None
    assert text_of(told).text == phrase("stop.done", "en")
    quiet, _ = await occasion(Stopped(quiet=True))
    assert quiet is not None
    assert quiet.replies == ()


@pytest.mark.parametrize("what", ["sticker", "place", "contact", "dice", "poll", "other", "unread"])
async def test_what_has_no_words_is_answered_kindly(
    what: Literal["sticker", "place", "contact", "dice", "poll", "other", "unread"],
) -> None:
    draft, reader = await occasion(Gesture(what=what, text="🎲 4"))
    assert draft is not None
    assert text_of(draft).text == phrase(f"gesture.{what}", "en", text="🎲 4")
    assert reader.read == []


@pytest.mark.parametrize(
    "said",
    ["read https://a.b/c", "https://a.b/c", "Please add https://a.b/c!", "đọc https://a.b/c", "lee https://a.b/c"],
)
async def test_a_link_is_read_when_asked_or_when_it_stands_alone(said: str) -> None:
    draft, reader = await occasion(said)
    assert draft is not None
    assert [uri for uri, *_ in reader.read] == ["https://a.b/c"]


async def test_a_link_in_a_question_is_not_read() -> None:
    draft, reader = await occasion("Is https://a.b/c any good?")
    assert draft is None
    assert reader.read == []


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (Ready(what="export", text="Notes, 12 passages"), "reading.done"),
        (Ready(what="export", text="Notes, 12 passages", failed=True), "reading.undone"),
    ],
)
async def test_finished_work_is_told(body: Body, key: str) -> None:
    draft, _ = await occasion(body)
    assert draft is not None
    assert text_of(draft).text == phrase(key, "en", text="Notes, 12 passages")


async def test_a_reminder_comes_with_its_button() -> None:
    draft, _ = await occasion(Due(what="review"), "es")
    assert draft is not None
    assert [choice.value for choice in text_of(draft).choices] == ["/review"]


async def test_who_leaves_is_told_nothing() -> None:
    draft, _ = await occasion(Left())
    assert draft is not None
    assert draft.replies == ()


@pytest.mark.parametrize("locale", locales())
@pytest.mark.parametrize(("unheard", "key"), [("voice.refused", "voice.refused"), ("", "voice.unheard")])
async def test_speech_that_nobody_could_hear_is_told_so(unheard: str, key: str, locale: str) -> None:
    draft, _ = await occasion(Spoke(unheard=unheard), locale)
    assert draft is not None
    assert text_of(draft).text == phrase(key, locale)


async def test_speech_without_links_is_left_alone() -> None:
    assert (await occasion(Spoke(heard="hello")))[0] is None
