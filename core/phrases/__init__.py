"""Every word that Sona's own code says to people, in the languages it is said in."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

DEFAULT = "en"


def phrase(key: str, locale: str, **values: object) -> str:
    """The phrase `key` in the nearest language to `locale`, with its `{placeholders}` filled in.

    `es-MX` falls back to `es` and then to English. Raises `KeyError` for a key or placeholder that does not exist.
    """
    for tag in _chain(locale):
        found = phrases(tag).get(key)
        if found is not None:
            return found.format_map(values)
    raise KeyError(key)


def known(locale: str) -> str:
    """The supported locale nearest to a BCP 47 tag, English when there is none."""
    return next(tag for tag in _chain(locale) if tag in locales())


@cache
def locales() -> tuple[str, ...]:
    """Every locale that has phrases, in alphabetical order."""
    return tuple(sorted({name.split(".")[-2] for name in _files()}))


@cache
def phrases(locale: str) -> Mapping[str, str]:
    """All phrases written for exactly this locale, by key."""
    found: dict[str, str] = {}
    for name in _files():
        if name.split(".")[-2] == locale:
            text = (resources.files(__name__) / name).read_text(encoding="utf-8")
            found.update(_flat(tomllib.loads(text)))
    return found


def _chain(locale: str) -> Iterator[str]:
    parts = locale.replace("_", "-").split("-")
    for length in range(len(parts), 0, -1):
        yield "-".join([parts[0].lower(), *parts[1:length]])
    yield DEFAULT


@cache
def _files() -> tuple[str, ...]:
    names = (item.name for item in resources.files(__name__).iterdir())
    return tuple(sorted(name for name in names if name.endswith(".toml")))


def _flat(table: Mapping[str, object], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = f"{above}{name}"
        if isinstance(value, dict):
            yield from _flat(value, f"{key}.")  # pyright: ignore[reportUnknownArgumentType] - TOML tables have text keys
        else:
            yield key, str(value)
