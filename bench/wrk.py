"""The load generator wrk: closed loop on kept connections, one thread, requests made by a Lua script."""

import asyncio
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.report import Skipped

_REMEDY = "Install it: apt-get install wrk, dnf install wrk or brew install wrk (https://github.com/wg/wrk)"


@dataclass(frozen=True, slots=True)
class WrkResult:
    """What a server took: requests per second, and answers in all, every one a 200."""

    rate: float
    answered: int


def skipped_without_wrk(what: str) -> list[Skipped]:
    """What is left out without wrk; nothing where it is installed."""
    if shutil.which("wrk"):
        return []
    return [Skipped(what=what, reason="the load generator wrk is not installed", remedy=_REMEDY)]


async def run_wrk(port: int, *, connections: int, seconds: int, script: str) -> WrkResult:
    """Load a local server; an answer other than 2xx fails the run."""
    with tempfile.TemporaryDirectory(prefix="sona-bench-") as folder:
        path = Path(folder) / "requests.lua"
        path.write_text(script)
        child = await asyncio.create_subprocess_exec(
            *("wrk", "-t1", f"-c{connections}", f"-d{seconds}", "-s", str(path), f"http://127.0.0.1:{port}"),
            stdout=asyncio.subprocess.PIPE,
        )
        output = (await child.communicate())[0].decode()
    assert "Non-2xx" not in output, output
    return WrkResult(float(_figure(r"Requests/sec:\s+([\d.]+)", output)), int(_figure(r"(\d+) requests in", output)))


def _figure(pattern: str, output: str) -> str:
    match = re.search(pattern, output)
    assert match, output
    return match[1]
