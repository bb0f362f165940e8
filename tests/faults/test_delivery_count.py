"""The judge of the fault tests sees what they are there to find."""

from tests.faults.delivery_count import Reckoning, reckon
from tests.faults.program import Kill
from tests.faults.telegram import Accepted

SAID = [["c1e000", "c1e001", "c1e002"], ["c2e000"]]


def _judged(*answers: tuple[float, str], killed: str = "worker", at: float = -100) -> Reckoning:
    accepted = [Accepted(chat=int(text[1]), text=text, at=moment) for moment, text in answers]
    return reckon(SAID, accepted, [Kill(name=killed, at=at)])


def test_everything_answered_once_and_in_order_is_fine() -> None:
    assert _judged((1, "c1e000\nc1e001"), (2, "c2e000"), (3, "c1e002")) == Reckoning()


def test_what_was_never_answered_is_lost() -> None:
    assert _judged((1, "c1e000"), (2, "c1e002")).lost == ["c1e001", "c2e000"]


def test_a_word_in_two_different_answers_was_answered_twice_whoever_died() -> None:
    found = _judged((1, "c1e000"), (1.2, "c1e000\nc1e001"), (2, "c1e002"), (3, "c2e000"), at=1.1)
    assert (found.twice, found.repeated) == (["c1e000"], [])


def test_a_later_word_before_an_earlier_one_is_out_of_order() -> None:
    assert _judged((1, "c1e001"), (2, "c1e000"), (3, "c1e002")).disordered == ["c1e000"]


def test_a_copy_is_forgiven_only_where_a_worker_died_right_after_the_first_was_accepted() -> None:
    copies = ((5.0, "c1e000"), (9.0, "c1e000"))
    for killed, at, forgiven in (
        ("worker", 5.1, True),
        ("supervisor", 5.1, True),
        ("worker", 4.5, True),
        ("worker", 3.9, False),
        ("worker", 7.1, False),
        ("web", 5.1, False),
        ("valkey", 5.1, False),
    ):
        found = _judged(*copies, killed=killed, at=at)
        assert (found.repeated, found.twice) == ((["c1e000"], []) if forgiven else ([], ["c1e000"])), (killed, at)


def test_a_copy_that_comes_after_something_else_is_never_forgiven() -> None:
    found = _judged((5.0, "c1e000"), (5.2, "c1e001"), (5.4, "c1e000"), at=5.1)
    assert found.twice == ["c1e000"]
