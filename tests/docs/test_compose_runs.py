"""The commands and health checks of `docker-compose.yml`, run as processes against real servers."""

import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.browser.conftest import free_port
from tests.docs.compose import ROOT, Compose, filled, read
from workers.settings import variables

_TIMEOUT = 40.0

# Nine processes start here, mostly one after another; each has its own timeout.
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def bare_database(postgres: str) -> Iterator[str]:
    """An empty database."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE bare")
    yield postgres.replace("/postgres?", "/bare?", 1)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP DATABASE bare WITH (FORCE)")


class Containers:
    """The services as processes of this machine, connected to its servers."""

    def __init__(self, compose: Compose, *, home: Path, database_url: str, redis_url: str) -> None:
        self._compose = compose
        self._home = home
        self._port = str(free_port())
        self._here = {
            "SONA_HOME": str(home),
            "SONA_HOST": "127.0.0.1",
            "SONA_PORT": self._port,
            "SONA_DATABASE_URL": database_url,
            "SONA_REDIS_URL": redis_url,
        }

    def environment(self, name: str) -> dict[str, str]:
        own = {key: value for key, value in os.environ.items() if key not in variables()}
        chosen = {"POSTGRES_PASSWORD": "p4ss", "SONA_SECRET_KEY": "k3y" * 16}
        given = {key: filled(value, chosen) for key, value in self._compose.services[name].environment.items()}
        return {**own, "PYTHONPATH": str(ROOT), **given, **self._here}

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run a service that exits by itself."""
        return subprocess.run(
            self._sona(self._compose.services[name].command),
            env=self.environment(name),
            cwd=self._home,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
        )

    @contextmanager
    def running(self, *names: str) -> Generator[dict[str, subprocess.Popen[bytes]]]:
        """Run services until the block ends."""
        processes = {name: self._start(name) for name in names}
        try:
            yield processes
        finally:
            for process in processes.values():
                process.terminate()
            for process in processes.values():
                process.wait(_TIMEOUT)

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        command = self._sona(self._compose.services[name].command)
        with (self._home / f"{name}.log").open("wb") as log:
            return subprocess.Popen(command, env=self.environment(name), cwd=self._home, stdout=log, stderr=log)

    def healthy(self, name: str) -> bool:
        """Whether one run of the service's health check succeeds."""
        _, program, *rest = self._compose.services[name].healthcheck.test
        words = [word.replace(":8080/", f":{self._port}/") for word in rest]
        command = self._sona(words) if program == "sona" else [sys.executable, *words]
        asked = subprocess.run(command, env=self.environment(name), cwd=self._home, capture_output=True, timeout=30)
        return asked.returncode == 0

    @staticmethod
    def _sona(words: list[str]) -> list[str]:
        return [sys.executable, "-m", "workers", *words]


def test_the_services_start_and_their_health_checks_are_accurate(
    bare_database: str, redis_url: str, tmp_path: Path
) -> None:
    containers = Containers(read(), home=tmp_path, database_url=bare_database, redis_url=redis_url)
    assert not containers.healthy("worker"), "the tables do not exist yet"
    assert not containers.healthy("web"), "the web server is not running yet"
    migrated = containers.run("migrate")
    assert migrated.returncode == 0, migrated.stderr
    with containers.running("web", "worker", "ingest", "beat") as processes:
        deadline = time.monotonic() + _TIMEOUT
        while not containers.healthy("web"):
            assert time.monotonic() < deadline, (tmp_path / "web.log").read_text()
        assert containers.healthy("worker")
        assert [name for name, process in processes.items() if process.poll() is not None] == []


def test_a_gateway_without_a_token_fails_with_a_message(bare_database: str, redis_url: str, tmp_path: Path) -> None:
    containers = Containers(read(), home=tmp_path, database_url=bare_database, redis_url=redis_url)
    ended = containers.run("gateway")
    assert ended.returncode == 1
    assert "switched off" in ended.stderr
