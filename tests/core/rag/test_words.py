import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rag.language import STEMMED, stemming
from core.rag.words import clean, fold, forms, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The quick, BROWN fox!", ["the", "quick", "brown", "fox"]),
        ("l'été à Đà Nẵng", ["l", "été", "à", "đà", "nẵng"]),
        ("我想喝水。", ["我想", "想喝", "喝水"]),
        ("水", ["水"]),
        ("買うiPhone15を", ["買う", "iphone15", "を"]),
        ("สวัสดี", ["สว", "วั", "ัส", "สด", "ดี"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("안녕하세요 세계", ["안녕하세요", "세계"]),
        ("ＡＢＣ ﬁne", ["abc", "fine"]),
        ("2.5 km_h", ["2", "5", "km", "h"]),
        ("…!? 🦊", []),
    ],
)
def test_words_are_found_in_any_script(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("word", "bare"),
    [("canción", "cancion"), ("mỹ", "my"), ("が", "が"), ("한국", "한국"), ("plain", "plain"), ("ü", "u")],
)
def test_folding_takes_accents_away_and_nothing_else(word: str, bare: str) -> None:
    assert fold(word) == bare


def test_a_word_is_found_with_and_without_its_accents_and_a_pair_by_its_characters() -> None:
    assert forms("mã") == {"mã", "ma"}
    assert forms("tea") == {"tea"}
    assert forms("喝水") == {"喝水", "喝", "水"}


@given(st.text())
def test_words_have_no_space_and_are_never_long(text: str) -> None:
    for word in words(text):
        assert word
        assert len(word) <= 64
        assert not any(sign.isspace() for sign in word)
        assert all(forms(word))


@given(st.text(alphabet=st.characters()))
def test_clean_text_can_be_kept_and_stays_as_it_is_when_cleaned_again(text: str) -> None:
    kept = clean(text)
    assert "\0" not in kept
    assert kept.encode().decode() == kept
    assert clean(kept) == kept


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("en-GB", "", "en"),
        ("pt_BR", "", "pt"),
        ("nb", "", "no"),
        ("zh-Hans", "the of and", ""),
        ("vi", "", ""),
        ("", "The lift of a wing is a function of the angle and of the speed.", "en"),
        ("", "La canción de la que se habla en el libro es de los años cuarenta.", "es"),
        ("", "Der Zug ist nicht der schnellste, aber die Fahrt ist eine schöne.", "de"),
        ("", "Đội phòng thủ của Panthers chỉ để thua 308 điểm.", ""),
        ("", "Поезд отправляется в девять часов утра.", "ru"),
        ("", "火车站在哪里", ""),
        ("", "mi moku e kili suwi lon tomo", ""),
        ("", "", ""),
    ],
)
def test_a_language_is_told_by_its_tag_or_else_by_its_commonest_words(language: str, text: str, code: str) -> None:
    assert stemming(language, text) == code


@given(st.text(), st.text())
def test_the_language_of_anything_is_one_that_can_be_stemmed_or_none(language: str, text: str) -> None:
    assert stemming(language, text) in {*STEMMED, ""}
