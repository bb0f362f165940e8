"""What Sona answers, before a channel's abilities are known."""

from dataclasses import dataclass, field
from typing import Literal

from core.media import Media


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A button: `label` is read by people, `value` comes back in `Tapped.choice` or is matched by what they type.

    `destroys` asks the platform to make sure before it counts, where it can.
    """

    label: str
    value: str
    destroys: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an answer was taken from, shown beside it. `link` may be empty; `quote` is the passage's own words."""

    title: str
    section: str = ""
    link: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words in the Markdown subset of `core.markup`. `choices` are suggestions of what to do next.

    `rateable` says that people may tell what they think of it, where the platform has a form for that. `secret` is what
    of the words is for the person alone: it is sent, but left out of the conversation's history.
    """

    text: str
    choices: tuple[Choice, ...] = ()
    sources: tuple[Source, ...] = ()
    rateable: bool = False
    secret: str = field(default="", repr=False)
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A voice note that says `text` in `language` (BCP 47). `audio` is filled in before it is sent; the text goes where it cannot be.

    `repeats` says that the words stand written just before it, so that nobody shows them again.
    """

    text: str
    language: str = ""
    audio: Media | None = None
    repeats: bool = False
    kind: Literal["voice"] = "voice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiz:
    """One question as shown. `id` names it in `Mark`; a listening question plays `audio`, which says `say` in `language`.

    `form` tells how it is answered: `choice` by one of `choices`; `typed`, `cloze` and `listening` by words
    (a listening question may have choices as well); `ordering` by naming the items' letters in order. `write` is
    the label of what opens a form for an answer in words, where a channel has forms; empty where one is chosen.
    `right` is the value of its one right choice and `why` explains it: for channels that show how an answer was by
    themselves, and empty once fitted to any other.
    """

    id: str
    question: str
    form: Literal["choice", "typed", "listening", "ordering", "cloze"]
    choices: tuple[Choice, ...] = ()
    say: str = ""
    language: str = ""
    audio: Media | None = None
    progress: str = ""
    right: str = ""
    why: str = ""
    write: str = ""
    kind: Literal["quiz"] = "quiz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The verdict on a question already shown: the quiz message is marked in place, and `text` says why.

    `chosen` and `right` are `Choice.value`s (empty where the question had none). Where a message
    cannot be edited, `text` alone is sent. `judged` says that the platform has shown the verdict already, where it was answered.
    """

    quiz: str
    question: str
    choices: tuple[Choice, ...]
    chosen: str
    right: str
    correct: bool
    text: str
    judged: bool = False
    kind: Literal["mark"] = "mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    media: Media
    text: str = ""
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file to keep, with `text` beside it. Where no file can be sent, `instead` says what the person can do."""

    media: Media
    text: str = ""
    instead: str = ""
    kind: Literal["document"] = "document"


Reply = Text | Voice | Quiz | Mark | Picture | Document
