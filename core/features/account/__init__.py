"""One person on many channels: linking, resuming, personal data and deletion."""

from core.dialogue.feature import Feature
from core.dialogue.intent import Command, Intents, PlainWords
from core.features.account.codes import ALONE

FEATURE = Feature(
    name="account",
    commands=(
        Command(name="continue", aliases=("resume",), private=True, rank=90),
        Command(name="link", private=True, rank=130, option="code"),
        Command(name="unlink", private=True, rank=140),
        Command(name="mydata", aliases=("data", "export"), private=True, rank=150),
        Command(name="forget", aliases=("forgetme", "delete", "deleteme"), private=True, rank=160, option="what"),
    ),
    intents=Intents(
        words={"forget": PlainWords(phrase="person.forget.words")},
        patterns={"link": ALONE},
        links={"link": "link-"},
    ),
)
