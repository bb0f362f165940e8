"""sentence-transformers on torch, one thread: reads texts as JSON lines, writes vectors, prints the seconds taken.

Runs in an interpreter with torch, so it imports nothing of Sona.
"""

import importlib
import json
import sys
import time
from pathlib import Path

import numpy as np


def main(model: str, texts: str, vectors: str) -> None:
    importlib.import_module("torch").set_num_threads(1)
    listed = [json.loads(line) for line in Path(texts).read_text().splitlines()]
    encoder = importlib.import_module("sentence_transformers").SentenceTransformer(model, device="cpu")
    encoder.encode(listed[:8])
    begun = time.perf_counter()
    rows = encoder.encode(listed, normalize_embeddings=True)
    print(json.dumps({"seconds": time.perf_counter() - begun}))
    np.save(vectors, rows)


if __name__ == "__main__":
    main(*sys.argv[1:4])
