"""The codes that link a person's channels."""

import re
from random import Random

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody takes for one another, read or heard."""
LENGTH = 8
ALONE = rf"(?:(?i:link) )?(?=\S*[0-9])(?=\S*[A-Z])([{ALPHABET}]{{{LENGTH}}})"
"""A code said without a command, as people do in text messages; every code has a letter and a digit in it."""


def new(rng: Random) -> str:
    """A code with a letter and a digit in it."""
    code = ""
    while code.isalpha() or code.isdigit() or not code:
        code = "".join(rng.choice(ALPHABET) for _ in range(LENGTH))
    return code


def normalise(text: str) -> str:
    """The code in a text as it is kept: capitals and digits only, at most 40."""
    return re.sub(r"[\W_]+", "", text).upper()[:40]
