"""What a text costs, and where it is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.twilio.segments import measure, pieces, thrifty
from tests.fakes.twilio_rules import counted

TEXTS = st.text(st.sampled_from("ab .\n[€é“—…ạ中😀👍🏽\u0301\u200d"), max_size=600) | st.text(max_size=300)


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("", "GSM-7", 0),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("€" * 152, "GSM-7", 2),
        ("€" * 153, "GSM-7", 3),
        ("ñandú", "UCS-2", 1),
        ("中" * 70, "UCS-2", 1),
        ("中" * 71, "UCS-2", 2),
        ("中" * 134, "UCS-2", 2),
        ("中" * 135, "UCS-2", 3),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 66, "UCS-2", 2),
        ("😀" * 67, "UCS-2", 3),
    ],
)
def test_segments_are_counted_as_carriers_count_them(text: str, encoding: str, segments: int) -> None:
    size = measure(text)
    assert (size.encoding, size.segments) == (encoding, segments)


def test_typographic_characters_alone_do_not_make_a_message_dear() -> None:
    assert thrifty("“Yes” – it’s `so`…") == "\"Yes\" - it's 'so'..."
    assert thrifty("“moku” là ăn uống") == "“moku” là ăn uống"


@given(TEXTS)
def test_a_thrifty_text_never_costs_another_alphabet_than_before_and_says_no_less(text: str) -> None:
    written = thrifty(text)
    assert written == text or measure(written).encoding == "GSM-7"
    assert [c for c in written if c.isalpha()] == [c for c in text if c.isalpha()] or written != text


@given(TEXTS, st.integers(1, 4))
def test_every_piece_fits_and_nothing_but_blanks_is_lost(text: str, most: int) -> None:
    cut = list(pieces(text, most))
    assert all(0 < measure(piece).segments <= most for piece in cut)
    assert "".join("".join(cut).split()) == "".join(text.split())


@given(TEXTS)
def test_a_longer_text_never_takes_fewer_segments(text: str) -> None:
    sizes = [measure(text[:end]).segments for end in range(0, len(text) + 1, 7)]
    assert sizes == sorted(sizes)


def test_a_long_text_is_cut_between_sentences_and_an_accent_stays_with_its_letter() -> None:
    sentence = "The tutor explains one more word of the lesson to you here. "
    first, *_ = pieces(sentence * 10, 2)
    assert first.endswith("here.")
    assert measure(first).segments == 2
    marked = "e\u0301" * 60
    assert all(not piece.startswith("\u0301") for piece in pieces(marked, 1))


@given(TEXTS)
def test_segments_are_counted_as_twilio_counts_them(text: str) -> None:
    assert not text or measure(text).segments == counted(text)
