"""Phrases are complete, alike in every language, and found by the nearest locale."""

import inspect
from string import Formatter

import pytest

from core import errors
from core.phrases import known, locales, phrase, phrases


def _placeholders(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


def _own_words(phrase: str) -> str:
    return "".join(text for text, *_ in Formatter().parse(phrase))


def test_english_vietnamese_and_spanish_are_spoken() -> None:
    assert {"en", "vi", "es"} <= set(locales())


@pytest.mark.parametrize("locale", locales())
def test_every_language_has_the_same_phrases_with_the_same_placeholders(locale: str) -> None:
    english = phrases("en")
    here = phrases(locale)
    assert here.keys() == english.keys()
    assert {key: _placeholders(text) for key, text in here.items()} == {
        key: _placeholders(text) for key, text in english.items()
    }


@pytest.mark.parametrize("locale", locales())
def test_no_phrase_is_empty_or_left_in_english(locale: str) -> None:
    assert all(text.strip() for text in phrases(locale).values())
    if locale != "en":
        english = phrases("en")
        same = {key for key, text in phrases(locale).items() if text == english[key] and len(_own_words(text)) > 12}
        assert not same


def test_everything_a_failure_tells_is_in_words() -> None:
    told = {
        kind.told for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.Failure)
    } - {""}
    assert told
    assert all(phrase(key, "en") for key in told)


def test_a_regional_locale_speaks_its_language() -> None:
    assert phrase("language.name", "es-MX") == "Español"
    assert phrase("language.name", "vi_VN") == "Tiếng Việt"


def test_an_unknown_language_is_spoken_to_in_english() -> None:
    assert phrase("language.name", "tlh") == "English"
    assert phrase("language.name", "") == "English"


def test_the_nearest_supported_locale_is_known() -> None:
    assert [known(tag) for tag in ("es-419", "VI-vn", "de", "")] == ["es", "vi", "en", "en"]


def test_a_phrase_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        phrase("no.such.phrase", "en")
