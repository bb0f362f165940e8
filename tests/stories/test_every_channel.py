"""One story for every channel: greet, lesson, quiz, voice, stop, link; each in the form that is the channel's own."""

import asyncio
import io
import re
import zipfile

import pytest

from core.phrases import phrase
from core.question import Question
from core.quiz.mark import right_words
from core.reply import Document, Mark, Quiz, Text, Voice
from tests.fakes.anthropic import FakeAnthropic
from tests.fakes.scripted_stream import Gate, Say
from tests.fakes.speech import clip
from tests.storage.rows import holders
from tests.stories.clients import bare
from tests.stories.conftest import Town
from tests.stories.conversation import Talk

CHANNELS = ["web", "terminal", "telegram", "discord", "slack", "sms"]
EVERYWHERE = pytest.mark.parametrize("channel", CHANNELS)
FORMS = {
    "web": {"buttons", "words"},
    "terminal": {"list", "words"},
    "telegram": {"poll", "words"},
    "discord": {"buttons", "form"},
    "slack": {"buttons", "form"},
    "sms": {"list", "words"},
}
HANDBOOK = b"# Acme Handbook\n\n## Holidays\n\nEmployees have 25 days of paid leave each year.\n"
PLACES = {
    "telegram": "Telegram",
    "discord": "Discord",
    "slack": "Slack",
    "sms": "text messages",
    "terminal": "the terminal",
}


@EVERYWHERE
async def test_from_hello_in_ones_own_language_to_the_end_of_a_quiz(town: Town, channel: str) -> None:
    locale = "es" if CHANNELS.index(channel) % 2 else "vi"
    talk = await town.meets(channel, locale=locale)
    await talk.phone.greets()
    await talk.settles()
    await talk.hears(Text, phrase("start.next", locale), phrase("offline.intro", locale))
    await talk.says("/language en")
    await talk.hears(Text, "English")
    await talk.says("/lesson")
    await talk.hears(Text, "Unit 1 of 12")
    await talk.hears(Text, "moku", "eat, drink; food")
    await talk.taps("Quiz me")
    await talk.hears(Text, "questions: 8")
    forms, spoken = await takes_the_quiz(talk, channel)
    assert forms >= FORMS[channel]
    await talk.hears(Text, "7 of 8", "Have another look at")
    if spoken:
        await talk.hears(Voice)
    talk.hears_nothing_more()


async def takes_the_quiz(talk: Talk, channel: str) -> tuple[set[str], bool]:
    """Answer one by voice where that can be, one wrongly and the rest rightly, as one does on that channel.

    Returns the forms that were asked, and whether the last answer was the one by voice, which is answered so too.
    """
    forms: set[str] = set()
    asked, spoken, last = 0, channel == "terminal", False
    while (quiz := (await talk.state()).quiz) is not None and (question := quiz.current) is not None:
        shown = await talk.hears(Quiz)
        assert shown.id == question.id
        forms.add(talk.phone.asked(talk.receipt))
        asked += 1
        rightly = asked != 3
        last = not spoken and rightly and pronounceable(question) and await understood(talk, right_words(question))
        spoken = spoken or last
        if (await talk.state()).quiz == quiz:
            await answers(talk, question, rightly=rightly)
        await marked(talk, channel, rightly=rightly)
    assert spoken
    return forms, last


def pronounceable(question: Question) -> bool:
    return question.language == "tok" and bool(question.choices) and question.form != "ordering"


async def understood(talk: Talk, words: str) -> bool:
    """Say an answer aloud; ears that are not sure say so, and the question stays."""
    before, receipt = (await talk.state()).quiz, talk.receipt
    await talk.speaks(clip(words, "tok").data)
    if (await talk.state()).quiz != before:
        return True
    await talk.hears(Text, "could not make out one of the answers")
    await talk.hears(Voice)
    talk.looks_back(receipt)
    return False


async def answers(talk: Talk, question: Question, *, rightly: bool) -> None:
    if question.choices and question.form != "ordering":
        by_right = sorted(question.choices, key=lambda choice: choice.value != question.answers[0])
        await talk.taps_choice(by_right[0 if rightly else -1])
    else:
        await talk.phone.writes_answer(question.answers[0] if rightly else "I don't know", talk.receipt)
        await talk.settles()


async def marked(talk: Talk, channel: str, *, rightly: bool) -> None:
    """The verdict, in its place or in words of its own."""
    if channel == "sms":
        await talk.hears(Text, "Right!" if rightly else "Not quite. Right is:")
    else:
        assert (await talk.hears(Mark)).correct is rightly


@EVERYWHERE
async def test_sound_and_files_go_both_ways_where_they_can_and_the_words_everywhere(town: Town, channel: str) -> None:
    talk = await town.meets(channel)
    talk.forgets()
    await talk.says("/voice on")
    await talk.hears(Text)
    if channel != "terminal":
        await talk.hears(Voice)
        assert (await talk.sound()).startswith((b"OggS", b"ID3", b"\xff\xfb"))
        await talk.says("/voice off")
        await talk.hears(Text)
        await talk.speaks(clip("what a wonderful morning it is today", "en").data)
        await talk.hears(Text, "cannot listen to free speech")
        talk.forgets()
        await talk.shares("handbook.txt", "text/plain", HANDBOOK)
        await talk.hears(Text, "reading")
        await talk.hears(Text, title := "mm-0" if channel == "sms" else "handbook")
        await cited(talk, title)
    talk.hears_nothing_more()


async def cited(talk: Talk, title: str, section: str = "") -> None:
    """A question is answered with the passage and its place; where sources are not shown apart, they stand below."""
    await talk.says("How many days of paid leave do employees have?")
    answer = await talk.hears(Text, "“Employees have 25 days of paid leave each year.", "[1]")
    told = [" · ".join(filter(None, (source.title, source.section))) for source in answer.sources]
    place = " · ".join(filter(None, (title, section)))
    assert told == [place] or f"[1] {place}" in answer.text
    assert any(bare(place) in bare(shown) for shown in await talk.phone.shown(talk.receipt)), "the source is shown"


@EVERYWHERE
async def test_an_answer_is_stopped_and_words_said_meanwhile_are_answered_next(
    town: Town, claude: FakeAnthropic, channel: str
) -> None:
    talk = await town.meets(channel, claude=claude)
    talk.forgets()
    claude.add(Say("Once upon a time "), Gate(asyncio.Event()), Say("never said"))
    saying = asyncio.create_task(talk.phone.says("Tell me a long story."))
    await asyncio.wait_for(claude.asked.wait(), 5)
    if channel != "sms":
        await talk.sees_drafted("Once upon")
    await talk.phone.stops()
    await asyncio.wait_for(claude.hung_up.wait(), 5)
    await saying
    await talk.settles()
    await talk.hears(Text, "Once upon a time")
    await talk.hears(Text)
    talk.hears_nothing_more()

    gate = asyncio.Event()
    claude.asked.clear()
    claude.add(Gate(gate), Say("One."))
    claude.add(Say("Two."))
    saying = [asyncio.create_task(talk.phone.says("What is one?"))]
    await asyncio.wait_for(claude.asked.wait(), 5)
    saying.append(asyncio.create_task(talk.phone.says("What is two?")))
    if channel != "terminal":
        await asyncio.wait_for(asyncio.gather(*saying), 5)
    gate.set()
    await asyncio.gather(*saying)
    await talk.settles()
    await talk.hears(Text, "One.")
    await talk.hears(Text, "Two.")
    talk.hears_nothing_more()
    assert "What is two?" in str(claude.requests[-1]["messages"][-1])


@EVERYWHERE
async def test_who_studies_on_the_web_goes_on_here_by_a_code(town: Town, channel: str) -> None:
    guest = await town.meets(channel)
    page = await town.meets("web")
    await page.shares("handbook.md", "text/markdown", HANDBOOK)
    await page.says("/quiz 3")
    page.forgets()
    await page.says("/link")
    found = re.search(r"/link ([A-Z2-9]{8})", (await page.hears(Text, "Your code is")).text)
    assert found

    guest.forgets()
    await guest.says(f"/link {found[1]}")
    preview = await guest.hears(Text, "on the web chat", "documents: 1", "Shall I join them?")
    await guest.says(agreement(preview, channel))
    await guest.hears(Text, "Done: you are one person on", PLACES.get(channel, "the web chat"))
    await guest.hears(Text, "You were in the middle of the quiz", "on the web chat. Shall we go on?")
    await guest.taps("Go on")
    await guest.hears(Text, "We go on from the web chat: the quiz")
    await goes_on_with_the_quiz(guest, channel)
    assert (await page.state()).quiz is None
    await cited(guest, "Acme Handbook", "Holidays")
    await guest.says("/mydata")
    await guest.hears(Text if channel == "sms" else Document)
    with zipfile.ZipFile(io.BytesIO(await guest.phone.file(guest.receipt))) as archive:
        records = archive.read("records.json").decode()
    assert all(word in records for word in ("25 days", "web:", f"{channel}:"))
    guest.hears_nothing_more()


def agreement(asked: Text, channel: str) -> str:
    """What is said for yes: by text message, which others can send in one's name, a number that only its owner was sent."""
    found = re.search(r"reply with (\d{6})\.$", asked.text)
    assert bool(found) is (channel == "sms")
    return found[1] if found else "yes"


async def goes_on_with_the_quiz(talk: Talk, channel: str) -> None:
    """Answer the question that came along, and end the quiz."""
    await talk.hears(Quiz)
    quiz = (await talk.state()).quiz
    assert quiz is not None
    assert quiz.current is not None
    await answers(talk, quiz.current, rightly=True)
    await marked(talk, channel, rightly=True)
    await talk.hears(Quiz)
    await talk.says("/stop")
    await talk.hears(Text, "1 of 1")


async def test_one_person_on_all_of_them_is_forgotten_on_all_of_them(town: Town) -> None:
    await town.builds(telegram=True, sms=True, on_discord=True, on_slack=True, hooked=True)
    page, *others = [await town.meets(channel) for channel in CHANNELS]
    await page.says("zirkon is a word of mine")
    for channel, other in zip(CHANNELS[1:], others, strict=True):
        page.forgets()
        await page.says("/link")
        found = re.search(r"/link ([A-Z2-9]{8})", (await page.hears(Text, "Your code is")).text)
        assert found
        other.forgets()
        await other.says(f"/link {found[1]}")
        await other.says(agreement(await other.hears(Text), channel))
        await page.house.rooms.sweep()
        await page.settles()
        await page.hears(Text, "You are now one person with who just wrote to me on")
    last = others[-1]
    last.forgets()
    await last.says("/forget me")
    warned = await last.hears(Text, *PLACES.values(), "cannot be undone")
    await last.says(agreement(warned, CHANNELS[-1]))
    await last.house.rooms.sweep()
    await last.settles()
    assert any("You are forgotten" in shown for shown in await last.phone.shown(""))
    await last.house.passes(hours=24)
    await last.house.rooms.clean_up()
    for trace in ("zirkon", "Lan", *(str(talk.phone.address) for talk in (page, *others))):
        assert await holders(last.house.stores.database, trace) == [], trace
