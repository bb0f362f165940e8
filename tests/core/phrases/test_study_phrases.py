import re
import tomllib
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "core" / "phrases"


def flat(table: dict[str, object], above: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= flat({str(key): inner for key, inner in value.items()}, f"{above}{name}.")
        else:
            found[f"{above}{name}"] = str(value)
    return found


def phrases(locale: str) -> dict[str, str]:
    return flat(tomllib.loads((FOLDER / f"study.{locale}.toml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("locale", ["vi", "es"])
def test_every_language_says_the_same_things_with_the_same_values(locale: str) -> None:
    english, other = phrases("en"), phrases(locale)
    assert english.keys() == other.keys()
    for key, text in english.items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", other[key])), key
