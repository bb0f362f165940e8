"""How deeply Claude thinks before it answers."""

from typing import Literal

from core.providers.models.prices import undated

Effort = Literal["", "low", "medium", "high", "xhigh", "max"]

_KNOWING = frozenset(
    {
        "claude-fable-5",
        "claude-fable-5-1",
        "claude-fable-5-2",
        "claude-haiku-5-5",
        "claude-mythos-5",
        "claude-mythos-5-1",
        "claude-mythos-5-2",
        "claude-opus-4-5",
        "claude-opus-4-6",
        "claude-opus-4-7",
        "claude-opus-4-8",
        "claude-opus-5",
        "claude-opus-5-5",
        "claude-sonnet-4-6",
        "claude-sonnet-5",
        "claude-sonnet-5-5",
    }
)
"""From platform.claude.com (Effort, supported models); others answer 400 to a request that names an effort."""


def usual(model: str) -> Effort:
    """What suits a chat: little, where the model would else think long by default before its first word; empty where it knows no effort."""
    return "low" if undated(model) in _KNOWING else ""
