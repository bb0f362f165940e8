"""Documents, and an embedder without a model: the vector of a text counts its letters."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import Unreachable
from core.ports.knowledge import IndexableDocument, KnowledgeSource, Passage
from storage.knowledge.sources import PostgresSources


class Letters:
    """Texts with the same letters are similar. `away` makes the embedder unreachable."""

    def __init__(self, *, name: str = "letters", dimensions: int = 384) -> None:
        self.name = name
        self.dimensions = dimensions
        self.away = False

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.away:
            raise Unreachable("away")
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for letter in f"{text.lower()}.":
                row[ord(letter) % self.dimensions] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def document(uri: str, *texts: str, owner: str = "", title: str = "", language: str = "en") -> IndexableDocument:
    passages = tuple(Passage(text=text, position=place) for place, text in enumerate(texts))
    return IndexableDocument(uri=uri, title=title or uri, passages=passages, owner=owner, language=language)


async def put(library: PostgresSources, embedder: Letters, document: IndexableDocument) -> str:
    """Add the source of a document and store it."""
    source = KnowledgeSource(id=f"{document.owner}/{document.uri}", uri=document.uri, title="", owner=document.owner)
    number = await library.add(source)
    vectors = await embedder.embed([passage.text for passage in document.passages])
    await library.store(number, document, vectors, embedder.name)
    return number
