"""What belongs to every conversation: the welcome, help, language, voice, starting afresh, and notices."""

from core.dialogue.feature import Feature
from core.dialogue.intent import Command

FEATURE = Feature(
    name="general",
    commands=(
        Command(name="start", rank=10),
        Command(name="language", aliases=("lang",), private=True, rank=100, option="language", completes=True),
        Command(name="voice", private=True, rank=110, option="voice"),
        Command(name="new", aliases=("reset",), rank=120),
        Command(name="stop", rank=170),
        Command(name="help", rank=180),
    ),
)
