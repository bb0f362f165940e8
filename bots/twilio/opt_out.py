"""The words by which people end and renew text messages, as carriers and Twilio know them."""

from dataclasses import dataclass
from typing import Literal

STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START = frozenset({"start", "unstop"})
WILLING = START | {"yes"}
HELP = frozenset({"help", "info"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutRequest:
    """What a message asks of the sending itself, if anything.

    `answered` is a call for help that Twilio has answered already. `opts_in` says that, if the person had
    ended the messages, they take that back: "yes" does so too, and is otherwise a word like any other.
    """

    name: Literal["", "stop", "start", "help", "answered"] = ""
    opts_in: bool = False


def wish(text: str, opted: str) -> OptOutRequest:
    """The wish in a whole message; `opted` is Twilio's `OptOutType`, which wins, as it knows the account's own words."""
    match opted.strip().upper():
        case "STOP":
            return OptOutRequest(name="stop")
        case "START":
            return OptOutRequest(name="start", opts_in=True)
        case "HELP":
            return OptOutRequest(name="answered")
        case _:
            return _worded(" ".join(text.casefold().split()).strip(".!\"' "))


def confirmed(text: str, opted: str) -> bool:
    """Whether Twilio itself has confirmed an end of the messages: it knows single words only, as they are."""
    return bool(opted.strip()) or text.strip().casefold() in STOP


def _worded(word: str) -> OptOutRequest:
    if word in STOP or word in ("stop all", "opt out", "opt-out"):
        return OptOutRequest(name="stop")
    if word in HELP:
        return OptOutRequest(name="help")
    return OptOutRequest(name="start" if word in START else "", opts_in=word in WILLING)
