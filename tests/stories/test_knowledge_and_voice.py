"""A file is read and asked about, voice notes go both ways, and what cannot be is said so."""

import pytest

from core.quiz.mark import right_words
from core.reply import Mark, Quiz, Text, Voice
from tests.core.providers.documents.samples import docx, paragraph, pdf
from tests.fakes.speech import clip
from tests.stories.clients.telegram import TelegramPhone
from tests.stories.conftest import Town
from tests.stories.conversation import Talk

BOTH = pytest.mark.parametrize("channel", ["web", "telegram", "discord", "slack"])
HANDBOOK = b"""# Acme Handbook

## Holidays

Employees have 25 days of paid leave each year. Unused leave may be carried over until the end of March.
"""


@BOTH
async def test_a_file_is_read_told_of_and_then_answers_a_question_with_its_source(town: Town, channel: str) -> None:
    talk = await town.meets(channel)
    talk.forgets()
    await talk.shares("handbook.md", "text/markdown", HANDBOOK)
    await talk.hears(Text, "reading", "handbook.md")
    await talk.hears(Text, "Acme Handbook")
    await talk.says("How many days of paid leave do employees have?")
    answer = await talk.hears(Text, "“Employees have 25 days of paid leave each year.", "[1]")
    (source,) = answer.sources
    assert (source.title, source.section) == ("Acme Handbook", "Holidays")
    assert source.quote in HANDBOOK.decode()
    await talk.says("How many moons does Jupiter have?")
    assert not (await talk.hears(Text, "found nothing")).sources
    talk.hears_nothing_more()


async def test_documents_of_offices_are_read_and_broken_ones_are_told_of(town: Town) -> None:
    talk = await town.meets("telegram")
    report = docx(paragraph("Report", "H1") + paragraph("The bridge was painted green in 1974."), title="Bridges")
    await talk.shares("report.docx", "application/octet-stream", report)
    await talk.hears(Text, "report.docx")
    await talk.hears(Text, "Bridges")
    await talk.shares("guide.pdf", "application/pdf", pdf([[(12, "The red lamp means that the tank is empty.")]]))
    talk.forgets()
    await talk.shares("broken.pdf", "application/pdf", b"%PDF-1.7 nothing of the kind")
    await talk.hears(Text, "broken.pdf")
    await talk.hears(Text, "broken.pdf", "damaged")
    await talk.says("When was the bridge painted?")
    await talk.hears(Text, "“The bridge was painted green in 1974.” [1]")
    await talk.says("What does the red lamp mean?")
    await talk.hears(Text, "“The red lamp means that the tank is empty.” [1]")


async def test_words_beside_a_file_are_answered_when_it_is_read(town: Town) -> None:
    talk = await town.meets("telegram")
    assert isinstance(talk.phone, TelegramPhone)
    question = "How many days of paid leave do employees have?"
    await talk.phone.shares("handbook.md", "text/markdown", HANDBOOK, caption=question)
    await talk.settles()
    await talk.hears(Text, "reading", "handbook.md")
    await talk.hears(Text, "Acme Handbook")
    await talk.hears(Text, "“Employees have 25 days of paid leave each year.", "[1]")
    talk.hears_nothing_more()


async def test_of_files_sent_together_the_broken_one_is_told_of(town: Town) -> None:
    talk = await town.meets("telegram")
    assert isinstance(talk.phone, TelegramPhone)
    guide = pdf([[(12, "The red lamp means that the tank is empty.")]])
    for name, data in (("guide.pdf", guide), ("broken.pdf", b"%PDF-1.7 nothing of the kind")):
        await talk.phone.shares(name, "application/pdf", data, media_group_id="135")
    await talk.settles()
    await talk.hears(Text, "I am reading what you sent")
    told = [reply.text for reply in talk.rest() if isinstance(reply, Text)]
    assert sum("broken.pdf" in text and "damaged" in text for text in told) == 1


async def test_a_file_is_found_by_its_owner_only(town: Town) -> None:
    ana, ben = await town.meets("web"), await town.meets("web")
    await ana.shares("secret.md", "text/markdown", b"# Party\n\nThe surprise party for Ben begins on Friday at eight.")
    ben.forgets()
    await ben.says("When does the surprise party begin?")
    await ben.hears(Text, "found nothing")


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "http://169.254.169.254/latest", "https://[::1]/"])
async def test_an_address_that_is_nobodys_business_is_refused_with_a_word(town: Town, address: str) -> None:
    talk = await town.meets("telegram")
    await talk.says(address)
    await talk.hears(Text, "reading")
    await talk.hears(Text, "only read public web addresses")


async def sayable(talk: Talk) -> str:
    """Go on with a quiz until one of four words is to be chosen, and return the right one."""
    await talk.says("/quiz 1")
    while (quiz := (await talk.state()).quiz) is not None and (question := quiz.current) is not None:
        if question.form in ("choice", "listening") and question.language == "tok" and question.choices:
            return right_words(question)
        await talk.says("skip")
    raise AssertionError("no such question was asked")


@BOTH
async def test_an_answer_spoken_within_the_quiz_is_understood(town: Town, channel: str) -> None:
    talk = await town.meets(channel)
    word = await sayable(talk)
    talk.forgets()
    await talk.speaks(clip(word, "tok").data)
    assert (await talk.hears(Mark)).correct
    await talk.hears(Quiz)


@BOTH
async def test_a_voice_note_that_nobody_understands_is_said_so_and_never_guessed(town: Town, channel: str) -> None:
    talk = await town.meets(channel)
    talk.forgets()
    await talk.speaks(clip("what a wonderful morning it is today", "en").data)
    await talk.hears(Text, "cannot listen to free speech")
    await talk.hears(Voice, "cannot listen to free speech")
    await sayable(talk)
    before = (await talk.state()).quiz
    talk.forgets()
    await talk.speaks(b"this is no sound at all")
    await talk.hears(Text, "could not play that recording")
    talk.forgets()
    await talk.speaks(clip("what a wonderful morning it is today", "en").data)
    await talk.hears(Text, "could not make out one of the answers")
    assert (await talk.state()).quiz == before


@BOTH
async def test_voice_notes_are_sent_when_they_are_wanted(town: Town, channel: str) -> None:
    talk = await town.meets(channel)
    talk.forgets()
    await talk.says("/voice on")
    await talk.hears(Text)
    await talk.hears(Voice)
    assert (await talk.sound()).startswith(b"OggS")
    await talk.says("/voice off")
    await talk.hears(Text)
    talk.hears_nothing_more()
