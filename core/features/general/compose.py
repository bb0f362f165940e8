"""The general feature over its collaborators."""

from core.dialogue.feature import FeatureParts, Priority, Registered
from core.dialogue.intent import Command
from core.features.general.commands import GeneralCommands
from core.features.general.notices import Notices
from core.tools.remember import remember
from core.tools.what_time import what_time


def compose(commands: tuple[Command, ...], *, offline: bool) -> FeatureParts:
    """`commands` are those that `/help` lists."""
    general = GeneralCommands(commands=commands, offline=offline)
    return FeatureParts(
        answerers=(
            Registered(answerer=general, priority=Priority.FALLBACK),
            Registered(answerer=Notices(), priority=Priority.NOTICE),
        ),
        tools=(remember, what_time),
    )
