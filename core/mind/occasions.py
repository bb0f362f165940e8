"""What is not said but happens: stopping, speech that nobody could hear, links to read, work that is done, reminders, people who leave."""

import re

from core.channel import Live
from core.event import Due, Event, Gesture, Left, Ready, Said, Spoke, Stopped
from core.mind.reading import Reader
from core.mind.suggestions import suggest
from core.mind.thought import Thought
from core.mind.words import links, words
from core.phrases import say
from core.reply import Text

_LINKS = 10
"""More addresses than these at once are no wish to have each of them read."""
_READ = re.compile(
    r"\b(?:read|learn|add|study|lee|leer|aprende|añade|agrega|estudia)\b|(?:^|\s)(?:đọc|học|thêm)(?:\s|$)",
    re.IGNORECASE,
)


class Occasions:
    """Answers what happens: `Gesture`, links to read, `Spoke` without words, `Ready`, `Due`, `Left`, `Stopped`."""

    def __init__(self, *, reader: Reader) -> None:
        self._reader = reader

    async def answer(self, event: Event, thought: Thought, live: Live) -> Thought | None:  # noqa: ARG002 - who answers at once shows no signs
        locale = thought.conversation.learner.locale
        match event.body:
            case Spoke(heard=heard, unheard=unheard) if not heard.strip():
                return thought.saying(Text(text=say(unheard or "voice.unheard", locale)))
            case Gesture(what=what, text=text):
                choices = suggest(locale, "quiz") if what == "poll" else ()
                return thought.saying(Text(text=say(f"gesture.{what}", locale, text=text).strip(), choices=choices))
            case Said() | Spoke():
                return await self._links(words(event), thought)
            case Ready(text=text, failed=failed):
                return thought.saying(Text(text=say("reading.undone" if failed else "reading.done", locale, text=text)))
            case Due():
                return thought.saying(Text(text=say("due.review", locale), choices=suggest(locale, "review")))
            case Left():
                return thought
            case Stopped(quiet=quiet):
                return thought if quiet else thought.saying(Text(text=say("stop.done", locale)))
            case _:
                return None

    async def _links(self, said: str, thought: Thought) -> Thought | None:
        """A few links with a word that asks to read them, or with no word at all."""
        found = links(said)
        if not found or len(found) > _LINKS or len(said) > 2 * sum(len(link) for link in found) + 200:
            return None
        beside = said
        for link in found:
            beside = beside.replace(link, " ")
        if beside.strip() and not _READ.search(beside):
            return None
        for link in found:
            here = thought.conversation
            await self._reader(link, link, "", owner=here.learner.id, notify=str(here.address))
            text = say("reading.link", thought.conversation.learner.locale, title=link)
            thought = thought.saying(Text(text=text))
        return thought
