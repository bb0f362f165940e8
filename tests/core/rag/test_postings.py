from core.rag.postings import Posting, asked, postings, terms


def test_a_document_lists_its_terms_with_their_passages() -> None:
    found, lengths = postings([["tea", "tea", "cup"], ["cup"]], {}, "")
    assert sorted(found, key=lambda each: each.term) == [Posting("cup", (0, 1), (1, 1)), Posting("tea", (0,), (2,))]
    assert lengths == [3, 1]


def test_words_are_replaced_by_their_stems_and_common_ones_dropped() -> None:
    found, lengths = postings([["the", "teas", "brewing"]], {"the": [], "teas": ["tea"], "brewing": ["brew"]}, "en")
    assert {each.term for each in found} == {"en:tea", "en:brew"}
    assert lengths == [2]


def test_an_accented_word_counts_once_but_is_listed_twice() -> None:
    found, lengths = postings([["mã"]], {}, "")
    assert {each.term for each in found} == {"mã", "ma"}
    assert lengths == [1]


def test_a_query_stands_for_terms_in_every_language_at_hand() -> None:
    query = asked("The teas, the TEAS!")
    assert query == ["the", "teas"]
    assert terms(query, {"en": {"the": [], "teas": ["tea"]}, "": {}}) == ["en:tea", "teas", "the"]
    assert terms(query, {}) == []


def test_a_query_of_very_many_words_is_cut() -> None:
    assert len(asked(" ".join(f"word{number}" for number in range(1000)))) == 64
