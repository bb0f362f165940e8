import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ports.documents import (
    DocumentBlock,
    DocumentCode,
    DocumentHeading,
    DocumentListItem,
    DocumentParagraph,
    DocumentTable,
    ParsedDocument,
)
from core.rag.chunk import LIMIT, cut, searched, weigh

WORDS = "Tea is made from the leaves of a plant that likes mountains and rain. "


def passages_of(*blocks: DocumentBlock, title: str = "", limit: int = LIMIT) -> list[tuple[str, str]]:
    return [(p.section, p.text) for p in cut(ParsedDocument(blocks=blocks, title=title), limit=limit)]


def test_headings_part_passages_and_name_their_section() -> None:
    assert passages_of(
        DocumentHeading(text="Tea", level=1),
        DocumentParagraph(text="A drink."),
        DocumentHeading(text="Green", level=2),
        DocumentParagraph(text="Not oxidised."),
        DocumentHeading(text="Matcha", level=3),
        DocumentParagraph(text="A powder."),
        DocumentHeading(text="Black", level=2),
        DocumentParagraph(text="Oxidised."),
    ) == [
        ("Tea", "A drink."),
        ("Tea › Green", "Not oxidised."),
        ("Tea › Green › Matcha", "A powder."),
        ("Tea › Black", "Oxidised."),
    ]


def test_the_title_is_not_repeated_in_the_section() -> None:
    blocks = (
        DocumentHeading(text="Tea", level=1),
        DocumentHeading(text="Green", level=2),
        DocumentParagraph(text="Not oxidised."),
    )
    assert passages_of(*blocks, title="Tea – a site") == [("Green", "Not oxidised.")]


def test_a_heading_with_nothing_under_it_is_not_lost() -> None:
    blocks = (
        DocumentHeading(text="One", level=1),
        DocumentHeading(text="Two", level=1),
        DocumentParagraph(text="x"),
        DocumentHeading(text="End", level=1),
    )
    assert passages_of(*blocks) == [("", "One"), ("Two", "x"), ("", "End")]


def test_small_paragraphs_and_list_items_are_put_together() -> None:
    blocks = (
        DocumentParagraph(text="Kinds:"),
        DocumentListItem(text="- green"),
        DocumentListItem(text="- black", depth=1),
        DocumentParagraph(text="That is all."),
    )
    assert passages_of(*blocks) == [("", "Kinds:\n- green\n  - black\n\nThat is all.")]


def test_a_long_paragraph_is_cut_at_sentence_ends_into_equal_parts() -> None:
    parts = [text for _, text in passages_of(DocumentParagraph(text=WORDS * 40))]
    assert len(parts) > 2
    assert all(part.endswith("rain.") for part in parts)
    weights = [weigh(part) for part in parts]
    assert max(weights) <= LIMIT
    assert min(weights) > 0.7 * max(weights)


@pytest.mark.parametrize(
    ("sentence", "ends"),
    [
        ("茶是用一种喜欢高山和雨水的植物的叶子制成的饮料。", "。"),
        ("お茶は山と雨を好む植物の葉から作られる飲み物です。", "。"),
        ("ชาเป็นเครื่องดื่มที่ทำจากใบของพืชที่ชอบภูเขาและฝน ", "ฝน"),
    ],
)
def test_writing_without_spaces_is_cut_where_sentences_end(sentence: str, ends: str) -> None:
    parts = [text for _, text in passages_of(DocumentParagraph(text=sentence * 40))]
    assert len(parts) > 2
    assert all(part.endswith(ends) and weigh(part) <= LIMIT for part in parts)


def test_a_table_keeps_its_header_in_every_passage() -> None:
    table = DocumentTable(
        header=("word", "sense"), rows=tuple((f"word{n}", "a sense that is told at some length") for n in range(60))
    )
    parts = [text for _, text in passages_of(table)]
    assert len(parts) > 2
    assert all(part.startswith("word | sense\nword") for part in parts)
    assert sum(part.count("\nword") for part in parts) == 60


def test_code_keeps_its_lines_and_indents() -> None:
    assert passages_of(DocumentCode(text="def f():\n\n    return 1\n")) == [("", "def f():\n\n    return 1")]


def test_links_lead_to_the_heading_or_the_page() -> None:
    blocks = (DocumentHeading(text="Grün", level=1, anchor="grün tee"), DocumentParagraph(text="x"))
    assert cut(ParsedDocument(blocks=blocks), link="https://a.org/b#old")[0].link == "https://a.org/b#gr%C3%BCn%20tee"
    paged = cut(ParsedDocument(blocks=(DocumentParagraph(text="x", page=3),)), link="https://a.org/b.pdf")[0]
    assert (paged.link, paged.page) == ("https://a.org/b.pdf#page=3", 3)
    assert cut(ParsedDocument(blocks=(DocumentParagraph(text="x", page=3),)))[0].link == ""


def test_a_passage_is_found_by_its_section_too() -> None:
    passage = cut(ParsedDocument(blocks=(DocumentHeading(text="Tea", level=1), DocumentParagraph(text="A drink."))))[0]
    assert searched(passage) == "Tea\nA drink."


TEXT = st.text(st.characters(codec="utf-8"), max_size=400) | st.text("ab .。茶ช\u0e31\u0301\n", max_size=1200)
BLOCKS = st.one_of(
    st.builds(DocumentHeading, text=TEXT, level=st.integers(1, 6)),
    st.builds(DocumentParagraph, text=TEXT),
    st.builds(DocumentListItem, text=TEXT, depth=st.integers(0, 9)),
    st.builds(DocumentCode, text=TEXT),
    st.builds(
        DocumentTable,
        header=st.just(()) | st.tuples(TEXT, TEXT),
        rows=st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    ),
)


def _letters(text: str) -> str:
    return re.sub(r"\W", "", "".join(letter for letter in text if unicodedata.category(letter)[0] in "LN"))


@given(st.lists(BLOCKS, max_size=5).map(tuple))
@settings(max_examples=150, deadline=None)
def test_passages_are_bounded_clean_and_numbered(blocks: tuple[DocumentBlock, ...]) -> None:
    passages = cut(ParsedDocument(blocks=blocks), limit=60)
    assert [passage.position for passage in passages] == list(range(len(passages)))
    for passage in passages:
        assert passage.text.strip()
        assert weigh(passage.text) <= 68
        assert not any(
            unicodedata.category(letter) in ("Cc", "Cs") for letter in passage.text if letter != "\n" and letter != "\t"
        )


@given(st.lists(TEXT, max_size=5))
@settings(max_examples=150, deadline=None)
def test_no_letter_of_a_paragraph_is_lost(texts: list[str]) -> None:
    passages = cut(ParsedDocument(blocks=tuple(DocumentParagraph(text=text) for text in texts)), limit=40)
    assert _letters("".join(passage.text for passage in passages)) == _letters("".join(texts))
