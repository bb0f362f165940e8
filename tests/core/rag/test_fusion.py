import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.rag.fusion import fuse


def unit(*rows: list[float]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    made = np.array(rows, np.float32)
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


QUERY = unit([1, 0])[0]


def test_nothing_is_fused_to_nothing() -> None:
    assert fuse(np.zeros(0), np.zeros((0, 2), np.float32), QUERY).tolist() == []


def test_a_passage_first_in_both_halves_is_first() -> None:
    scores = fuse(np.array([0.0, 7.0, 3.0]), unit([0, 1], [1, 0.1], [1, 1]), QUERY)
    assert int(scores.argmax()) == 1
    assert scores[1] == 1.0


def test_without_a_query_vector_words_decide() -> None:
    assert fuse(np.array([2.0, 4.0]), unit([1, 0], [0, 1]), None).tolist() == [0.5, 1.0]


def test_without_shared_words_meaning_decides() -> None:
    assert fuse(np.zeros(2), unit([1, 0], [0, 1]), QUERY).tolist() == [1.0, 0.0]
    assert fuse(np.zeros(2), unit([1, 0], [0, 1]), QUERY, grasp=0).tolist() == [1.0, 0.0]


def test_an_embedder_that_grasps_nothing_changes_nothing() -> None:
    words = np.array([2.0, 4.0, 1.0])
    assert fuse(words, unit([1, 0], [0, 1], [1, 0]), QUERY, grasp=0).tolist() == [0.5, 1.0, 0.25]


def test_a_passage_without_a_vector_is_ranked_by_its_words() -> None:
    vectors = np.vstack([unit([1, 0.2], [0, 1]), np.zeros((1, 2), np.float32)])
    scores = fuse(np.array([1.0, 0.0, 4.0]), vectors, QUERY)
    assert scores[2] == 0.5
    assert scores[0] > scores[2] > scores[1]


@given(
    st.integers(1, 12).flatmap(
        lambda count: st.tuples(
            arrays.arrays(np.float64, count, elements=st.floats(0, 50)),
            arrays.arrays(np.float32, (count, 4), elements=st.floats(-1, 1, width=32)),
        )
    ),
    st.floats(0, 1),
)
def test_scores_are_between_0_and_1(
    candidates: tuple[np.ndarray[tuple[int], np.dtype[np.float64]], np.ndarray[tuple[int, int], np.dtype[np.float32]]],
    grasp: float,
) -> None:
    words, vectors = candidates
    scores = fuse(words, vectors, np.full(4, 0.5, np.float32), grasp=grasp)
    assert scores.shape == words.shape
    assert ((scores >= 0) & (scores <= 1 + 1e-9)).all()
