"""What becomes of a file where no file can be sent, of choices where there are no buttons, and of a voice that nobody could lend."""

import pytest

from core.channel import Capabilities
from core.fit import fit, simpler, steps
from core.media import Media
from core.reply import Choice, Document, Quiz, Reply, Text, Voice

ZIP = Media(ref="blob:1", mime="application/zip", name="sona.zip")
FILE = Document(media=ZIP, text="All of it.", instead="Load it from https://x.y/")


def test_a_file_is_sent_where_files_can_be_sent() -> None:
    assert fit(FILE, Capabilities(text_limit=100, files=True)) == (FILE,)


def test_where_they_cannot_or_are_refused_it_is_told_what_can_be_done_instead() -> None:
    instead = Text(text="Load it from https://x.y/")
    assert fit(FILE, Capabilities(text_limit=100)) == (instead,)
    assert simpler(FILE) == instead


def test_a_file_is_named_where_nothing_else_can_be_done() -> None:
    assert fit(Document(media=ZIP), Capabilities(text_limit=100)) == (Text(text="sona.zip"),)


TWO = (Choice(label="to eat", value="a"), Choice(label="to *go*", value="b"))


@pytest.mark.parametrize(
    "asked", [Text(text="moku?", choices=TWO), Quiz(id="q", question="moku?", form="choice", choices=TWO)]
)
def test_choices_without_buttons_have_numbers_or_letters_as_the_channel_likes(asked: Reply) -> None:
    for lettered, listed in ((False, "1. to eat\n2. to go"), (True, "A. to eat\nB. to go")):
        (fitted,) = fit(asked, Capabilities(text_limit=100, letter_choices=lettered))
        assert isinstance(fitted, Text | Quiz)
        assert (fitted.text if isinstance(fitted, Text) else fitted.question) == f"moku?\n\n{listed}"


def test_what_has_more_choices_than_there_are_letters_has_numbers() -> None:
    many = tuple(Choice(label=f"word {n}", value=str(n)) for n in range(27))
    for count, first in ((26, "A. word 0"), (27, "1. word 0")):
        (fitted,) = fit(Text(text="?", choices=many[:count]), Capabilities(text_limit=1000, letter_choices=True))
        assert isinstance(fitted, Text)
        assert fitted.text.splitlines()[2] == first


@pytest.mark.parametrize("able", [True, False])
def test_what_could_not_be_said_aloud_is_counted_and_its_words_stand_once(able: bool) -> None:
    can = Capabilities(text_limit=100, voice=able)
    alone, again = Voice(text="moku"), Voice(text="moku", repeats=True)
    listening = Quiz(id="q", question="What do you hear?", form="listening", say="moku")
    assert fit(alone, can) == (Text(text="moku"),)
    assert fit(again, can) == ()
    assert "“moku”" in "".join(piece.question for piece in fit(listening, can) if isinstance(piece, Quiz))
    assert [steps(reply, fit(reply, can)) for reply in (alone, again, listening)] == [("text",)] * 3
