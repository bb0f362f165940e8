"""Stand-ins for Sona's processes, and a house made of them: `python -m tests.workers.supervisor.stub_processes HOME PORT`."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from workers.settings import load
from workers.supervisor.program import Program
from workers.supervisor.up import up

_WEB = """
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", int(os.environ["SONA_PORT"])), Answer)
print("serving as", os.getpid(), flush=True)
server.serve_forever()
"""
_WORKER = """
import os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: (print("worker leaves", flush=True), sys.exit(0)))
print("working as", os.getpid(), "for", os.environ["SONA_REDIS_URL"][:9], flush=True)
signal.pause()
"""


def script(name: str, words: str, environment: Mapping[str, str], *, grace: float = 5.0) -> Program:
    """A program that runs Python words."""
    return Program(name=name, argv=(sys.executable, "-c", words), env=environment, grace=grace)


def programs(environment: Mapping[str, str]) -> Sequence[Program]:
    return script("web", _WEB, environment), script("worker", _WORKER, environment)


def say(name: str, line: str) -> None:
    print(f"{name} | {line}", flush=True)


def main(home: str, port: str) -> None:
    asyncio.run(up(load(home=Path(home), port=int(port)), say=say, programs=programs, migrate=lambda _: None))


if __name__ == "__main__":
    main(*sys.argv[1:])
