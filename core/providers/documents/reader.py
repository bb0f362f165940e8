"""The reader that hands every document to a child process with limits on its memory and time."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import Unreachable
from core.ports.documents import Unreadable
from core.ports.knowledge import IndexableDocument, Passage

_ROOT = Path(__file__).resolve().parents[3]
_SLOW = (signal.SIGXCPU, signal.SIGALRM)
_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildLimits:
    """What a child may use: `memory` in bytes of address space, `cpu` and `wall` in seconds."""

    memory: int = 1024**3
    cpu: int = 60
    wall: int = 120


class SubprocessReader:
    """A `Reader` that no document can hang, fill up or bring down; cancelling it kills the child."""

    def __init__(self, *, limits: ChildLimits | None = None, python: str = sys.executable) -> None:
        self._limits = limits or ChildLimits()
        self._python = python

    async def read(self, data: bytes, *, mime: str = "", name: str = "", link: str = "") -> IndexableDocument:
        """The passages of a document. Raises `Unreadable`, or `Unreachable` when somebody else ended the child."""
        child = await self._start()
        try:
            async with asyncio.timeout(self._limits.wall):
                answer, _ = await child.communicate(self._order(mime, name, link) + data)
        except TimeoutError as error:
            raise Unreadable("ingest.too_slow") from error
        finally:
            await _end(child)
        return _document(_understood(answer, child.returncode or 0), link)

    async def _start(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *(self._python, "-P", "-m", "core.providers.documents.subprocess"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1", "PATH": os.defpath},
            start_new_session=True,
        )

    def _order(self, mime: str, name: str, link: str) -> bytes:
        limits = {"memory": self._limits.memory, "cpu": self._limits.cpu, "wall": self._limits.wall}
        return json.dumps({"mime": mime, "name": name, "link": link, **limits}).encode() + b"\n"


async def _end(child: Process) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def _understood(answer: bytes, status: int) -> dict[str, Any]:
    if -status in _SLOW:
        raise Unreadable("ingest.too_slow")
    if -status in _OUTSIDE:
        raise Unreachable(f"the reading child was ended by signal {-status}")
    try:
        said: dict[str, Any] = json.loads(answer)
    except ValueError as error:
        raise Unreadable("ingest.broken") from error
    if "reason" in said:
        raise Unreadable(said["reason"], **said["values"])
    return said


def _document(said: dict[str, Any], link: str) -> IndexableDocument:
    return IndexableDocument(
        uri=link,
        title=said["title"],
        language=said["language"],
        link=link,
        passages=tuple(
            Passage(text=text, section=section, position=position, page=page, link=where)
            for position, (text, section, page, where) in enumerate(said["passages"])
        ),
    )
