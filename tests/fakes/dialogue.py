"""The dialogue's parts as tests put them together."""

from core.clock import Clock
from core.dialogue.dispatcher import Dispatcher
from core.dialogue.draft import Answerer
from core.dialogue.feature import Priority, Registered, all_features, parser
from core.dialogue.intent import Incoming
from core.event import Event

PARSER = parser(all_features())


def incoming(event: Event, locale: str = "en") -> Incoming:
    """The event as the dispatcher reads it."""
    return PARSER.parse(event, locale)


def dispatcher(*answerers: Answerer, clock: Clock, history: int = 40) -> Dispatcher:
    """Answerers in this order; the last one talks."""
    registered = [Registered(answerer=each, priority=Priority.INTENT) for each in answerers]
    return Dispatcher(registered, parser=PARSER, clock=clock, history=history)
