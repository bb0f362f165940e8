"""Numbers of sources: anew in the order of use, gone where they point at nothing."""

from hypothesis import given
from hypothesis import strategies as st

from core.assistant.citations import Citations, without_marks
from core.reply import Source

ONE, TWO, THREE = (Source(title=title) for title in ("one", "two", "three"))


def found(*sources: Source) -> Citations:
    citations = Citations()
    for source in sources:
        citations.cite(source)
    return citations


def test_the_same_source_keeps_its_number() -> None:
    citations = found(ONE, TWO)
    assert (citations.cite(ONE), citations.cite(THREE), citations.cite(TWO)) == (1, 3, 2)


def test_marks_are_numbered_in_the_order_of_use() -> None:
    assert found(ONE, TWO, THREE).settle("A [3]. B [1, 3]; C[2].") == ("A [1]. B [2][1]; C[3].", (THREE, ONE, TWO))


def test_a_mark_that_points_at_nothing_goes_with_its_gap() -> None:
    assert found(ONE).settle("A [7]. B [1].") == ("A. B [1].", (ONE,))


def test_code_and_links_are_left_alone() -> None:
    text = "`a[1]` and [1](https://x.y) and\n```\nb[2]\n```"
    assert found(ONE).settle(text) == (text, ())


def test_where_nothing_was_found_brackets_mean_something_else() -> None:
    assert Citations().settle("Take x[1] twice [2].") == ("Take x[1] twice [2].", ())


def test_an_old_answer_loses_its_marks() -> None:
    assert without_marks("Moku is food [1][2].") == "Moku is food."


@given(st.text(alphabet="ab [],;0123456789.`\n", max_size=80))
def test_every_mark_that_is_left_points_at_a_source_that_is_given(text: str) -> None:
    settled, sources = found(ONE, TWO).settle(text)
    assert len(sources) == len(set(sources)) <= 2
    assert found(*sources).settle(settled)[1] == sources
