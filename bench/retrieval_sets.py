"""Collections with relevance judgements, and the folder that holds them.

A collection is a folder with `corpus.jsonl` and `queries.jsonl` (`{"id", "text"}` per line) and `qrels.tsv` (query id,
document id, grade; a higher grade is more relevant, 0 is irrelevant).
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.report import Skipped

VARIABLE = "SONA_BENCH_RETRIEVAL"
LARGE = ("cranfield", "xquad-en", "xquad-zh", "xquad-vi", "xquad-es")
SMALL = ("encyclopedia",)
_ROOT = Path(__file__).parents[1]
_BESIDE_PROJECT = _ROOT.parent / "shared" / "data" / "retrieval"
_SHIPPED = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """Texts by id, and the grades of documents by query; a document without a grade is irrelevant."""

    name: str
    documents: Mapping[str, str]
    queries: Mapping[str, str]
    grades: Mapping[str, Mapping[str, int]]

    @classmethod
    def read(cls, folder: Path) -> "RetrievalSet":
        grades: dict[str, dict[str, int]] = {}
        for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
            query, document, grade = line.split("\t")
            grades.setdefault(query, {})[document] = int(grade)
        return cls(folder.name, _texts(folder / "corpus.jsonl"), _texts(folder / "queries.jsonl"), grades)


@dataclass(frozen=True, slots=True)
class RetrievalSets:
    """The sets found in `folder`; `small` when they are the ones that Sona ships."""

    folder: Path
    names: tuple[str, ...]
    small: bool = False

    def read(self, *names: str) -> list[RetrievalSet]:
        """The named sets, or all of them."""
        return [RetrievalSet.read(self.folder / name) for name in names or self.names]

    def skipped(self, what: str) -> list[Skipped]:
        """What is left out with the small set; nothing with the large ones."""
        if not self.small:
            return []
        remedy = f"Put them in {_BESIDE_PROJECT}, or name their folder in {VARIABLE} (bench/README.md)"
        return [Skipped(what=what, reason=f"the sets {', '.join(LARGE)} were not found", remedy=remedy)]


def find_sets(chosen: str | None = None, *, beside: Path = _BESIDE_PROJECT) -> RetrievalSets:
    """The chosen folder (by default from the environment), else the one beside the project, else the shipped set.

    Raises `FileNotFoundError` when the chosen folder lacks a set.
    """
    chosen = os.environ.get(VARIABLE, "") if chosen is None else chosen
    if chosen and (missing := _missing(Path(chosen))):
        raise FileNotFoundError(f"{VARIABLE}={chosen} lacks {', '.join(missing)}")
    if chosen:
        return RetrievalSets(Path(chosen), LARGE)
    if not _missing(beside):
        return RetrievalSets(beside, LARGE)
    return RetrievalSets(_SHIPPED, SMALL, small=True)


def _missing(folder: Path) -> list[str]:
    return [name for name in LARGE if not (folder / name / "corpus.jsonl").is_file()]


def _texts(path: Path) -> dict[str, str]:
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {line["id"]: line["text"] for line in lines}
