"""Files for a person at the terminal, put down in a folder of theirs."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from core.errors import Failure
from core.media import Media
from core.ports.blobs import Blobs

Save = Callable[[Media], Awaitable[str]]
"""Puts a file down and returns where it stands, empty where that cannot be."""

_MOST = 100


def saving(blobs: Blobs, folder: Path) -> Save:
    """Writes into `folder`, readable by its owner only; what is there already is never overwritten."""

    async def save(media: Media) -> str:
        try:
            data, _ = await blobs.get(media.ref)
            return str(await asyncio.to_thread(_written, folder, _name(media), data))
        except (Failure, OSError):
            return ""

    return save


def _written(folder: Path, name: str, data: bytes) -> Path:
    for number in range(_MOST):
        path = folder / (f"{number}-{name}" if number else name)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        return path
    raise FileExistsError(folder / name)


def _name(media: Media) -> str:
    """A file name and never a path."""
    return re.sub(r"[^\w.-]+", "-", media.name).strip("-.") or "sona.bin"
