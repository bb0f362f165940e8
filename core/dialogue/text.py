"""What an event says, in words."""

import re
from functools import cache

from core.event import Event, Left, Said, Shared, Spoke, Stopped, Tapped
from core.learn.terms import key
from core.phrases import locales, phrase

# Brackets belong to an address where they are closed in it (`…/wiki/Li_(surname)`), and to the sentence where they are not.
_LINK = re.compile(r"https?://(?:[^\s<>\"“”«»()]|\([^\s<>\"“”«»()]*\))*(?:[^\s<>\"“”«»().,;:!?…]|\([^\s<>\"“”«»()]*\))")


def words(event: Event) -> str:
    """What the person wrote, said or tapped; empty where an event has no words."""
    match event.body:
        case Said(text=text) | Shared(text=text):
            return text.strip()
        case Spoke(heard=heard):
            return heard.strip()
        case Tapped(choice=choice):
            return choice.strip()
        case _:
            return ""


def command(event: Event) -> tuple[str, str] | None:
    """The command and what follows it (`/voice on` → `voice`, `on`); `@botname` behind it is dropped."""
    said = words(event)
    if not re.match(r"/[A-Za-z]", said):
        return None
    first, _, rest = said[1:].partition(" ")
    name, _, below = first.partition("\n")
    return name.partition("@")[0].casefold(), f"{below}\n{rest}".strip()


def stops(event: Event) -> bool:
    """Whether the event asks to stop what runs: as an event of its own, as the command, or with the one word for it."""
    if isinstance(event.body, Stopped) or (command(event) or ("", ""))[0] == "stop":
        return True
    return isinstance(event.body, Said) and key(event.body.text) in _stopping()


def ends(event: Event) -> bool:
    """Whether what runs is to be broken off: the person stops it, or has left."""
    return stops(event) or isinstance(event.body, Left)


@cache
def _stopping() -> frozenset[str]:
    return frozenset(word for tag in locales() for word in phrase("study.words.stop", tag).split("|"))


def links(text: str) -> tuple[str, ...]:
    """The web addresses in a text, each once."""
    return tuple(dict.fromkeys(_LINK.findall(text)))
