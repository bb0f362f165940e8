"""What the model is told: who it is, where it is, and what was said."""

from datetime import datetime
from functools import cache
from importlib import resources

from core.assistant.citations import without_marks
from core.conversation import Conversation, Message
from core.phrases import known, phrase
from core.ports.model import ModelText, Utterance

_OLD_CHARACTERS = 4000
_NEW_CHARACTERS = 80_000
_EXPLAIN = "/explain "


def system(conversation: Conversation, now: datetime, *, group: bool) -> tuple[str, ...]:
    """The part that never changes, and the part about this conversation."""
    learner = conversation.learner
    quiz = f"under way: “{conversation.quiz.title}”" if conversation.quiz else "none"
    about = _prompt("conversation").format(
        today=f"{now:%A %Y-%m-%d}",
        name=_line(learner.name) or "name not known",
        language=f"{phrase('language.name', learner.locale)} ({known(learner.locale)})",
        zone=learner.zone,
        channel=conversation.address.channel,
        group=", a group" if group else "",
        title=_line(conversation.title) or "none yet",
        focus=_line(conversation.focus) or "not known yet",
        course=conversation.course or "none",
        unit=conversation.unit or "none",
        quiz=quiz,
    )
    return _prompt("sona"), about


def utterances(history: tuple[Message, ...]) -> tuple[Utterance, ...]:
    """The history as turns that alternate and begin and end with the person's."""
    turns: list[Utterance] = []
    for place, message in enumerate(history):
        role = "user" if message.role == "person" else "assistant"
        limit = _OLD_CHARACTERS if place < len(history) - 1 else _NEW_CHARACTERS
        words = ModelText(text=_spoken(message, limit))
        if not words.text.strip():
            continue
        if turns and turns[-1].role == role:
            turns[-1] = Utterance(role=role, parts=(*turns[-1].parts, words))
        else:
            turns.append(Utterance(role=role, parts=(words,)))
    if turns and turns[0].role == "assistant":
        turns.insert(0, Utterance(role="user", parts=(ModelText(text="(The conversation was opened.)"),)))
    return tuple(turns)


def _spoken(message: Message, limit: int) -> str:
    text = message.text if len(message.text) <= limit else f"{message.text[:limit]} […]"
    if message.role == "sona":
        return without_marks(text)
    if text.startswith(_EXPLAIN):
        quoted = "\n".join(f"> {line}" for line in text.removeprefix(_EXPLAIN).splitlines())
        text = f"{_prompt('explain')}\n\n{quoted}"
    return f"{_line(message.speaker)}: {text}" if message.speaker else text


def _line(text: str) -> str:
    return " ".join(text.split())[:300]


@cache
def _prompt(name: str) -> str:
    return (resources.files("core.assistant") / "prompts" / f"{name}.md").read_text(encoding="utf-8").strip()
