"""What becomes of a file where no file can be sent."""

from core.channel import Capabilities
from core.fit import fit, simpler
from core.media import Media
from core.reply import Document, Text

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
