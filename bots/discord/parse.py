"""Reads what comes from the gateway and by HTTP into the same events; pure, and quick enough for the webhook's hot path."""

import json
from dataclasses import dataclass

from bots.discord.interactions import Asked, interaction
from bots.discord.messages import messages
from bots.discord.shape import number, record
from bots.discord.wording import Bot
from core.errors import Malformed
from core.event import Event

MESSAGE, INTERACTION = "MESSAGE_CREATE", "INTERACTION_CREATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a call says. `asked` is what Discord wants to be answered at once, if anything."""

    events: tuple[Event, ...] = ()
    asked: Asked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads for one bot. `key` is what its buttons are signed with."""

    bot: Bot
    key: bytes

    def body(self, body: bytes) -> Reading:
        """An interaction that came by HTTP. Raises `Malformed` for anything that is none."""
        try:
            whole: object = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Malformed("the body is no JSON") from error
        call = record(whole, "interaction")
        if not number(call, "type"):
            raise Malformed("an interaction needs its type")
        return self.dispatch(INTERACTION, whole)

    def dispatch(self, name: str, data: object) -> Reading:
        """What the gateway tells. Names that are not known give no events; raises `Malformed` for what is broken."""
        match name:
            case "MESSAGE_CREATE":
                return Reading(events=messages(record(data, "message"), self.bot))
            case "INTERACTION_CREATE":
                events, asked = interaction(record(data, "interaction"), self.key)
                return Reading(events=events, asked=asked)
            case _:
                return Reading()
