"""What becomes of a file where no file can be sent, and of a voice that nobody could lend."""

import pytest

from core.channel import Capabilities
from core.fit import fit, simpler, steps
from core.media import Media
from core.reply import Document, Quiz, Text, Voice

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


@pytest.mark.parametrize("able", [True, False])
def test_what_could_not_be_said_aloud_is_counted_and_its_words_stand_once(able: bool) -> None:
    can = Capabilities(text_limit=100, voice=able)
    alone, again = Voice(text="moku"), Voice(text="moku", repeats=True)
    listening = Quiz(id="q", question="What do you hear?", form="listening", say="moku")
    assert fit(alone, can) == (Text(text="moku"),)
    assert fit(again, can) == ()
    assert "“moku”" in "".join(piece.question for piece in fit(listening, can) if isinstance(piece, Quiz))
    assert [steps(reply, fit(reply, can)) for reply in (alone, again, listening)] == [("text",)] * 3
