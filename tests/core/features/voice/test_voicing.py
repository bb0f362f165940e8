import asyncio
from datetime import UTC, datetime

import pytest

from core.address import Address
from core.errors import Failure, Malformed, Refused, Unreachable
from core.event import Body, Event, Said, Sender, Spoke
from core.features.voice.voicing import SpeechDeps, expected, spoken, transcribed, with_speech
from core.media import Audio, Media
from core.phrases import locales, phrases
from core.ports.voice import SpeechStyle, VoiceInfo
from core.question import OpenQuiz, Question
from core.reply import Choice, Mark, Quiz, Reply, Text, Voice
from tests.fakes.speech import ScriptedEars, ScriptedVoice

CHOICES = (Choice(label="to eat", value="q1:a"), Choice(label="water", value="q1:b"))


class Shelf:
    def __init__(self) -> None:
        self.kept: dict[str, tuple[bytes, str]] = {}

    async def put(self, data: bytes, *, mime: str) -> str:
        key = f"blob:{len(self.kept)}"
        self.kept[key] = (data, mime)
        return key

    async def get(self, key: str) -> tuple[bytes, str]:
        return self.kept[key]


class NeverEnding:
    async def speak(self, text: str, manner: SpeechStyle) -> Audio:
        if text == "quick":
            return Audio(data=b"OggS", mime="audio/ogg")
        await asyncio.Event().wait()
        raise AssertionError

    async def voices(self) -> tuple[VoiceInfo, ...]:
        return ()


def quiz(question: Question) -> OpenQuiz:
    return OpenQuiz(id="q", title="", purpose="made", questions=(question,))


def choosing(language: str = "tok") -> OpenQuiz:
    return quiz(Question(id="1", form="choice", prompt="moku?", answers=("q1:a",), choices=CHOICES, language=language))


def event(body: Body) -> Event:
    return Event(
        id="t:1", address=Address("t", "1"), sender=Sender(id="1"), at=datetime(2026, 1, 1, tzinfo=UTC), body=body
    )


async def fetch(media: Media) -> bytes:
    return b"sound of " + media.ref.encode()


def unheard(heard: Event) -> str:
    assert isinstance(heard.body, Spoke)
    assert heard.body.heard == ""
    return heard.body.unheard


async def test_voices_and_listening_questions_get_their_sound() -> None:
    voice, shelf = ScriptedVoice(), Shelf()
    replies: tuple[Reply, ...] = (
        Voice(text="toki", language="tok"),
        Quiz(id="1", question="What do you hear?", form="listening", say="moku", language="tok"),
        Text(text="Listen."),
    )
    made = await with_speech(replies, SpeechDeps(speech=voice, blobs=shelf), language="en", wanted=False)
    assert [manner.language for _, manner in voice.said] == ["tok", "tok"]
    assert [reply.audio for reply in made if isinstance(reply, Voice | Quiz)] == [
        Media(ref=f"blob:{number}", mime="audio/ogg", name="voice.ogg", size=4, seconds=1.5) for number in range(2)
    ]
    assert made[2] == replies[2]


async def test_short_texts_are_spoken_when_wanted_and_stay() -> None:
    voice = ScriptedVoice()
    text = Text(text="**Well done!** See [here](https://example.org).", choices=CHOICES)
    made = await with_speech(
        (text, Text(text="long " * 200), Text(text="https://example.org")),
        SpeechDeps(speech=voice, blobs=Shelf()),
        language="es",
        wanted=True,
        voice="Elvira",
    )
    assert [type(reply) for reply in made] == [Text, Voice, Text, Text]
    assert made[0] == text
    assert voice.said == [("Well done! See here.", SpeechStyle(language="es", voice="Elvira"))]


@pytest.mark.parametrize("failure", [Refused("no voice"), Unreachable("away")])
async def test_a_voice_that_fails_leaves_the_text(failure: Refused | Unreachable) -> None:
    replies: tuple[Reply, ...] = (
        Voice(text="toki"),
        Text(text="hello"),
        Quiz(id="1", question="?", form="listening", say="moku"),
    )
    mouth = SpeechDeps(speech=ScriptedVoice(failure=failure), blobs=Shelf())
    silent = Voice(text="hello", language="en", repeats=True)
    assert await with_speech(replies, mouth, language="en", wanted=True) == (*replies[:2], silent, replies[2])


async def test_a_secret_is_never_said_aloud() -> None:
    replies = (Text(text="Your code is ABCD2345.", secret="ABCD2345"),)
    voice = ScriptedVoice()
    assert await with_speech(replies, SpeechDeps(speech=voice, blobs=Shelf()), language="en", wanted=True) == replies
    assert voice.said == []


async def test_a_voice_that_takes_too_long_is_not_waited_for_and_the_quick_one_is_kept() -> None:
    mouth = SpeechDeps(speech=NeverEnding(), blobs=Shelf(), limit=0.05)
    made = await with_speech((Voice(text="slow"), Voice(text="quick")), mouth, language="en", wanted=False)
    assert [reply.audio is None for reply in made if isinstance(reply, Voice)] == [True, False]


async def test_a_mark_is_left_as_it_is() -> None:
    mark = Mark(quiz="1", question="?", choices=(), chosen="", right="", correct=True, text="Right")
    assert await with_speech(
        (mark,), SpeechDeps(speech=ScriptedVoice(), blobs=Shelf()), language="en", wanted=True
    ) == (mark,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# A\n\n- **b**\n- c", "A\n\n b\n c"),
        ("`moku` — to *eat*", "moku — to eat"),
        ("> quoted", "quoted"),
        ("| a | b |\n|-|-|\n| c | d |", "a b\nc d"),
    ],
)
def test_marks_are_not_read_aloud(text: str, said: str) -> None:
    assert spoken(text) == said


async def test_a_voice_note_is_written_down_with_the_answers_as_a_hint() -> None:
    ears = ScriptedEars(text=" to eat ")
    heard = await transcribed(event(Spoke(audio=Media(ref="f1"))), ears, fetch=fetch, language="en", quiz=choosing())
    assert heard.body == Spoke(audio=Media(ref="f1"), heard="to eat")
    assert ears.asked == [("tok", ("to eat", "water", "1", "2", "a", "b"))]


@pytest.mark.parametrize("body", [Said(text="hi"), Spoke(heard="hi", audio=Media(ref="f1")), Spoke()])
async def test_what_has_its_words_already_is_not_listened_to(body: Said | Spoke) -> None:
    ears = ScriptedEars()
    assert await transcribed(event(body), ears, fetch=fetch, language="en", quiz=None) == event(body)
    assert ears.asked == []


@pytest.mark.parametrize(
    ("ears", "open_quiz", "key"),
    [
        (ScriptedEars(text=""), None, "voice.unheard"),
        (ScriptedEars(text="", bounded=True), choosing(), "voice.bounded"),
        (ScriptedEars(failure=Refused("free speech")), None, "voice.refused"),
        (ScriptedEars(failure=Refused("other script")), choosing(), "voice.unpronounceable"),
        (ScriptedEars(failure=Unreachable("away")), None, "voice.away"),
        (ScriptedEars(failure=Malformed("no sound")), None, "voice.broken"),
    ],
)
async def test_unheard_speech_is_said_so_in_every_language(
    ears: ScriptedEars, open_quiz: OpenQuiz | None, key: str
) -> None:
    heard = await transcribed(event(Spoke(audio=Media(ref="f1"))), ears, fetch=fetch, language="en", quiz=open_quiz)
    assert unheard(heard) == key
    assert all(phrases(locale)[key] for locale in locales())


@pytest.mark.parametrize("failure", [Refused("too large"), Malformed("no such file"), Unreachable("away")])
@pytest.mark.parametrize("open_quiz", [None, choosing()])
async def test_a_voice_note_that_cannot_be_had_is_not_laid_on_the_ears(
    failure: Failure, open_quiz: OpenQuiz | None
) -> None:
    async def gone(_: Media) -> bytes:
        raise failure

    ears = ScriptedEars()
    heard = await transcribed(event(Spoke(audio=Media(ref="f1"))), ears, fetch=gone, language="en", quiz=open_quiz)
    assert unheard(heard) == "voice.unfetched"
    assert all(phrases(locale)["voice.unfetched"] for locale in locales())
    assert ears.asked == []


def test_what_may_be_said_depends_on_the_question() -> None:
    assert expected(None) == ()
    typed = Question(id="1", form="typed", prompt="?", answers=("moku", "mi moku"))
    assert expected(quiz(typed)) == ("moku", "mi moku")
    ordering = Question(id="1", form="ordering", prompt="?", answers=("mi moku",), choices=CHOICES)
    assert expected(quiz(ordering)) == ("mi moku",)
    assert expected(OpenQuiz(id="q", title="", purpose="made", questions=())) == ()
