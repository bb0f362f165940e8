"""A question as Telegram's own quiz poll, where it fits one; pure."""

from dataclasses import dataclass

from bots.telegram.html import html, visible
from core.reply import Quiz

OPTION_LIMIT = 100
_QUESTION_LIMIT = 300
_FEWEST, _MOST = 2, 12
_WHY_LIMIT, _WHY_LINES = 200, 3
_MARK = "poll"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuizPoll:
    """A quiz poll as it is sent, without formatting; `right` is the place of the right option, counting from 0."""

    question: str
    options: tuple[str, ...]
    right: int
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentQuiz:
    """A poll that was sent: its own id, by which answers come back, and its message's."""

    poll: str
    message: str

    def receipt(self) -> str:
        """The shape that `core.ports.messaging.Polls` finds."""
        return f"{_MARK}:{self.poll}:{self.message}"


def unplaced(poll: str) -> str:
    """What an answer names while only its poll is known."""
    return f"{_MARK}:{poll}:"


def voted(of: str) -> str:
    """The poll of such an answer; empty for any other."""
    mark, _, rest = of.partition(":")
    poll, _, message = rest.partition(":")
    return poll if mark == _MARK and not message else ""


def asks(reply: Quiz) -> bool:
    """Whether it is a question of the kind that polls are for; what has a sound needs a message of its own."""
    return bool(reply.right) and reply.audio is None and reply.form != "ordering"


def poll(reply: Quiz) -> QuizPoll | None:
    """The question as a poll, all of its words in it; `None` where they are too long, too many or the same."""
    rights = [place for place, choice in enumerate(reply.choices) if choice.value == reply.right]
    asked = _lines(f"{reply.progress} · {_words(reply.question)}" if reply.progress else _words(reply.question))
    options = tuple(_line(choice.label) for choice in reply.choices)
    why = _lines(_words(reply.why))
    fits = (
        len(rights) == 1
        and _FEWEST <= len(options) <= _MOST
        and len(set(options)) == len(options)
        and all(0 < _length(option) <= OPTION_LIMIT for option in options)
        and 0 < _length(asked) <= _QUESTION_LIMIT
        and _length(why) <= _WHY_LIMIT
        and len(why.splitlines()) <= _WHY_LINES
    )
    return QuizPoll(question=asked, options=options, right=rights[0], why=why) if fits else None


def sent(receipt: str) -> SentQuiz | None:
    """The poll that a receipt names, or `None` for any other message's."""
    mark, _, rest = receipt.partition(":")
    number, _, message = rest.partition(":")
    return SentQuiz(poll=number, message=message) if mark == _MARK and number and message else None


def _words(text: str) -> str:
    return visible(html(text))


def _lines(words: str) -> str:
    """Without blank lines, which would count against the few that there may be."""
    return "\n".join(line.strip() for line in words.splitlines() if line.strip())


def _line(words: str) -> str:
    return " ".join(words.split())


def _length(words: str) -> int:
    """UTF-16 code units, the strictest way to count."""
    return len(words.encode("utf-16-le")) // 2
