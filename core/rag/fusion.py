"""One ranking from two: how well the words match, and how near the meaning is."""

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Vectors = NDArray[np.float32]

# Chosen on the Cranfield collection alone (bench/retrieval.py).
BALANCE = 0.5
FEEDBACK = 0.5
FEEDBACK_FROM = 3


def fuse(words: Scores, vectors: Vectors, query: Vectors | None, *, grasp: float = 1.0) -> Scores:
    """Scores from 0 to 1 for candidates, the higher the better.

    `words` are their BM25 scores, 0 where no word is shared; `vectors` their embeddings, a row of zeros where
    there is none; `query` the query's, `None` when it could not be embedded. `grasp` is the share of the query that
    the embedder understands: its half of the weight shrinks with it. The best few of a first round pull the query towards
    themselves for the second: a document near to them is likely about the same.
    """
    if not len(words):
        return np.zeros(0)
    matched = _of_best(words)
    if query is None or not vectors.any():
        return matched
    weight = BALANCE * grasp if words.any() else 1.0
    first = weight * _spread(vectors, query) + (1 - weight) * matched
    best = np.argsort(-first, kind="stable")[:FEEDBACK_FROM]
    pulled = query + FEEDBACK * vectors[best].mean(axis=0)
    return weight * _spread(vectors, pulled) + (1 - weight) * matched


def _of_best(scores: Scores) -> Scores:
    top = float(scores.max())
    return np.asarray(scores / top, np.float64) if top > 0 else scores


def _spread(vectors: Vectors, query: Vectors) -> Scores:
    """Nearness stretched over 0 to 1 among those that have a vector; 0 for the rest."""
    near = vectors.astype(np.float64) @ query.astype(np.float64)
    known = np.asarray(vectors.any(axis=1))
    low, high = near[known].min(), near[known].max()
    if high <= low:
        return known.astype(np.float64)
    return np.where(known, (near - low) / (high - low), 0.0)
