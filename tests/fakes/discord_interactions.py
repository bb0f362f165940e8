"""Validation of responses to interactions and of the use of their tokens.

Enforced: an interaction has one first response (40060) of a type that suits it: choices only for autocomplete, forms for
commands and taps, deferred updates for taps and for forms below a message; a deferred message has no other flag than the
ephemeral one, and its replacement keeps it. A token is valid for 15 minutes, then the webhook is unknown (10015) or the
token invalid (50027); it can edit its own messages and the interaction's message, no others (10008). A user-installed bot
has at most five follow-ups (40094). Messages sent with a token have neither a nonce nor the voice flag.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import discord_components as parts
from tests.fakes.discord_rules import Answer, check_message, invalid, unknown

EPHEMERAL, THINKING = 1 << 6, 1 << 7
_MAX_FOLLOWUPS = 5
_ALLOWED_RESPONSES = {2: (4, 5, 9), 3: (4, 5, 6, 7, 9), 4: (8,), 5: (4, 5, 6, 7)}


@dataclass
class FakeInteraction:
    """An interaction with its first response. `target` is the message of a tapped component, `message` the one that the
    response created, `followups` the later ones.
    """

    channel: str
    kind: int = 2
    user_installed: bool = False
    target: str = ""
    response: dict[str, Any] | None = None
    message: str = ""
    followups: list[str] = field(default_factory=list[str])
    expired: bool = False

    def respond(self, response: dict[str, Any], store: Callable[[Mapping[str, Any]], str]) -> None:
        """Accept the first response; `store` adds a message in the channel and returns its id."""
        kind, data = response.get("type"), response.get("data") or {}
        if self.response is not None:
            raise Answer(400, "Interaction has already been acknowledged.", 40060)
        if kind not in _ALLOWED_RESPONSES[self.kind] or (kind == 6 and self.kind == 5 and not self.target):
            raise invalid("type", "Value must be one of")
        self._check_response(response, data)
        self.response = response
        if kind == 4:
            self.message = store(data)
        if kind == 5:
            self.message = store({"content": "Sona is thinking…", "flags": THINKING | data.get("flags", 0)})

    @staticmethod
    def _check_response(response: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        match response["type"]:
            case 4:
                check_message(data, {})
            case 5:
                if data.keys() - {"flags"} or data.get("flags", 0) not in (0, EPHEMERAL):
                    raise invalid("flags", "Value must be one of")
            case 8:
                parts.suggestions(data)
            case 9:
                parts.modal(data)
            case _:
                pass

    def check_followup(self, body: Mapping[str, Any]) -> None:
        """Raise `Answer` if a follow-up is not allowed."""
        if self.expired:
            raise Answer(401, "Invalid Webhook Token", 50027)
        if self.response is None:
            raise unknown("Webhook", 10015)
        if self.user_installed and len(self.followups) >= _MAX_FOLLOWUPS:
            raise Answer(400, "This interaction has hit the maximum number of follow up messages.", 40094)
        if "nonce" in body or body.get("flags", 0) & (1 << 13):
            raise AssertionError("a webhook takes neither a nonce nor voice messages")

    def editable(self, number: str) -> str:
        """Return the id of a message that the token can edit, resolving `@original`."""
        if self.expired:
            raise Answer(401, "Invalid Webhook Token", 50027)
        first = self.message or self.target
        if number == "@original":
            if not first:
                raise unknown("Webhook", 10015)
            return first
        if number not in (first, self.target, *self.followups):
            raise unknown("Message", 10008)
        return number
