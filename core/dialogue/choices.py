"""Choices shown as a numbered list, and the typed number, letter or label that takes one of them."""

from collections.abc import Iterable
from dataclasses import replace

from core.channel import Capabilities
from core.conversation import ClaimedTurn
from core.event import Event, Said, Tapped
from core.fit import fit
from core.quiz.positions import point
from core.reply import Choice, Quiz, Reply, Text

_LONGEST = 40


def offered(replies: Iterable[Reply], capabilities: Capabilities) -> tuple[Choice, ...]:
    """The choices that a typed number selects: those last shown as a list, unless a quiz question followed."""
    found: tuple[Choice, ...] = ()
    for reply in replies:
        match reply:
            case Quiz():
                found = ()
            case Text(choices=choices) if choices:
                last = fit(reply, capabilities)[-1]
                found = () if isinstance(last, Text) and last.choices else choices
            case _:
                pass
    return found


def chosen(claimed: ClaimedTurn) -> ClaimedTurn:
    """The claimed turn with words that name an offered choice turned into a tap on it; an open quiz comes first."""
    choices = claimed.conversation.offered
    if not choices or claimed.conversation.quiz is not None:
        return claimed
    return replace(claimed, events=tuple(_taken(event, choices) for event in claimed.events))


def _taken(event: Event, choices: tuple[Choice, ...]) -> Event:
    match event.body:
        case Said(text=text) if event.addressed and len(text) <= _LONGEST:
            named = _named(text, choices)
            return replace(event, body=Tapped(choice=named.value)) if named else event
        case _:
            return event


def _named(text: str, choices: tuple[Choice, ...]) -> Choice | None:
    wanted = " ".join(text.casefold().split())
    for choice in choices:
        if wanted == choice.label.casefold():
            return choice
    place = point(text)
    return choices[place] if place is not None and 0 <= place < len(choices) else None
