"""The formats that can be read, a module each, found by themselves."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from core.ports.documents import ParsedDocument, Unreadable
from core.providers.documents.sample import Sample

CERTAIN, LIKELY, POSSIBLE, NEVER = 3, 2, 1, 0


class Format(Protocol):
    """What a module here offers. Its library is imported by `read` alone, so that finding the format costs nothing."""

    ENDINGS: tuple[str, ...]
    """How names of such files end."""

    def suits(self, sample: Sample) -> int:
        """How surely the sample is of this format: `CERTAIN` by its content, `LIKELY` by what others say of it, `POSSIBLE` or `NEVER`."""
        ...

    def read(self, sample: Sample) -> ParsedDocument:
        """Read it; raises `Unreadable`."""
        ...


def formats() -> Iterator[Format]:
    for module in iter_modules(__path__):
        yield cast(Format, import_module(f"{__name__}.{module.name}"))


def read(sample: Sample) -> ParsedDocument:
    """Read a sample by the format that suits it best; raises `Unreadable`."""
    known = tuple(formats())
    score, best = max(((form.suits(sample), form) for form in known), key=lambda pair: pair[0])
    if score == NEVER:
        promised = any(sample.called(*form.ENDINGS) for form in known)
        raise Unreadable("ingest.broken" if promised else "ingest.unsupported")
    return best.read(sample)
