"""Zip archives, checked for bombs before anything in them is unpacked."""

import io
import zipfile
import zlib
from dataclasses import dataclass

from core.ports.documents import Unreadable

MEMBERS = 10_000
UNPACKED = 200 * 1024 * 1024
RATIO = 200
"""Text deflates at most about 20 : 1 in real documents; the limits are ten times that, so only bombs meet them."""

_SMALL = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Archive:
    """An open archive within the limits."""

    zip: zipfile.ZipFile

    def names(self) -> frozenset[str]:
        return frozenset(self.zip.namelist())

    def read(self, name: str) -> bytes:
        """A member's bytes, never more than its directory entry promised; raises `Unreadable` when it is missing or damaged."""
        try:
            info = self.zip.getinfo(name)
            with self.zip.open(info) as member:
                return member.read(info.file_size)
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise Unreadable("ingest.broken") from error
        except RuntimeError as error:  # zipfile's way of saying that a password is needed
            raise Unreadable("ingest.encrypted") from error


def is_zip(data: bytes) -> bool:
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def members(data: bytes) -> frozenset[str]:
    """The names in an archive, none when it is damaged."""
    try:
        return frozenset(zipfile.ZipFile(io.BytesIO(data)).namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return frozenset()


def unpack(data: bytes) -> Archive:
    """Open an archive whose directory keeps the limits; raises `Unreadable` otherwise."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Unreadable("ingest.broken") from error
    entries = archive.infolist()
    total = sum(entry.file_size for entry in entries)
    greedy = any(entry.file_size > _SMALL and entry.file_size > RATIO * entry.compress_size for entry in entries)
    if len(entries) > MEMBERS or total > UNPACKED or greedy:
        raise Unreadable("ingest.too_large")
    return Archive(archive)
