"""Where long Markdown is cut."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.markup import CodeBlock, parse, split


def test_a_short_text_is_one_piece_and_an_empty_one_none() -> None:
    assert split("hello", 10) == ("hello",)
    assert split(" \n ", 10) == ()
    with pytest.raises(ValueError, match="at least one"):
        split("x", 0)


def test_cuts_fall_between_paragraphs_then_sentences_then_words() -> None:
    assert split("one two\n\nthree four", 12) == ("one two", "three four")
    assert split("One is here. Two is here.", 20) == ("One is here.", "Two is here.")
    assert split("alpha beta gamma", 11) == ("alpha beta", "gamma")
    assert split("一二三。四五六。", 5) == ("一二三。", "四五六。")
    assert split("x" * 25, 10) == ("x" * 10, "x" * 10, "x" * 5)


def test_a_code_block_that_is_cut_is_closed_and_opened_again() -> None:
    lines = "\n".join(f"line {number}" for number in range(40))
    pieces = split(f"```python\n{lines}\n```\n\nafter", 100)
    assert all(len(piece) <= 100 for piece in pieces)
    codes = [block for piece in pieces for block in parse(piece) if isinstance(block, CodeBlock)]
    assert "\n".join(code.text for code in codes) == lines
    assert {code.language for code in codes} == {"python"}
    assert pieces[-1].endswith("after")


def test_a_code_block_that_fits_is_not_cut() -> None:
    text = "word " * 15 + "\n\n```\n" + "code\n" * 10 + "```"
    assert split(text, 100)[1].startswith("```\ncode")


def test_a_code_block_whose_first_line_is_too_long_loses_nothing() -> None:
    text = "```" + "x" * 50 + "\ncode code\n```"
    assert "".join("".join(split(text, 20)).split()) == "".join(text.split())


_words = st.text(alphabet="abc汉😀.!? \n*-#>|", max_size=400)


@given(_words, st.integers(1, 60))
def test_pieces_keep_to_the_limit_and_nothing_is_lost(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(0 < len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


_paragraph = st.text(alphabet="abc .", min_size=1, max_size=150)
_code = st.lists(st.text(alphabet="xyz ", max_size=60), max_size=15).map(
    lambda lines: "\n".join(["```py", *lines, "```"])
)


@given(st.lists(st.one_of(_paragraph, _code), max_size=8).map("\n\n".join), st.integers(60, 200))
def test_every_piece_closes_its_code_blocks(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(len(piece) <= limit for piece in pieces)
    assert all(len(re.findall(r"^```", piece, re.MULTILINE)) % 2 == 0 for piece in pieces)
    assert "".join("".join(pieces).replace("```py", "").replace("```", "").split()) == "".join(
        text.replace("```py", "").replace("```", "").split()
    )
