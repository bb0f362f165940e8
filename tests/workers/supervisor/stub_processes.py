"""Stub programs and an `up` that runs them: `python -m tests.workers.supervisor.stub_processes HOME PORT`."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from workers.processes.programs import environment
from workers.processes.up import up
from workers.settings import Settings, load
from workers.supervisor.home_lock import RunningHome
from workers.supervisor.program import Program

_WEB = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", int(os.environ["SONA_PORT"])), Handler)
print("serving as", os.getpid(), flush=True)
server.serve_forever()
"""
_WORKER = """
import os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: (print("worker stops", flush=True), sys.exit(0)))
print("working as", os.getpid(), "for", os.environ["SONA_REDIS_URL"][:9], flush=True)
signal.pause()
"""


def script(name: str, code: str, environment: Mapping[str, str], *, grace: float = 5.0) -> Program:
    """A program that runs Python code."""
    return Program(name=name, argv=(sys.executable, "-c", code), env=environment, grace=grace)


def programs(settings: Settings, running: RunningHome) -> Sequence[Program]:
    env = environment(settings, running)
    return script("web", _WEB, env), script("worker", _WORKER, env)


def print_line(name: str, line: str) -> None:
    print(f"{name} | {line}", flush=True)


def main(home: str, port: str) -> None:
    asyncio.run(
        up(load(home=Path(home), port=int(port)), print_line=print_line, select=programs, migrate=lambda _: None)
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
