"""A house on one machine: up, kept up, and down."""

import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from tests.workers.conftest import HouseProcess, environment, eventually
from workers.supervisor.home_lock import find_running
from workers.supervisor.process_record import is_alive

_ROOT = Path(__file__).parents[3]


def _up(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "workers", "up", "--home", str(home), *options]
    return subprocess.run(argv, cwd=_ROOT, env=environment(), capture_output=True, text=True, timeout=30)


def _urls(house: HouseProcess) -> tuple[str, str]:
    running = find_running(house.home)
    assert running
    return running.database_url, running.redis_url


def test_other_commands_find_the_servers_with_vectors_and_durable_commits(running: HouseProcess) -> None:
    database_url, redis_url = _urls(running)
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        assert connection.execute("SELECT '[1,2]'::vector <-> '[1,4]'::vector").fetchone() == (2.0,)
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {name}".encode()).fetchone() == ("on",)
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()


def test_other_users_get_at_neither_the_servers_nor_their_passwords(running: HouseProcess) -> None:
    _, redis_url = _urls(running)
    without = redis_url.split("@")[1]
    with redis.Redis.from_url(f"redis://{without}") as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in running.home.rglob("*") if not path.is_socket()}
    readable = [path for path, mode in modes.items() if path.parent == running.home and mode & 0o044]
    assert readable == []
    assert all(
        process.net_connections("tcp") == [] for process in running.descendants() if process.name() == "postgres"
    )
    assert not any(redis_url[9:40] in " ".join(process.cmdline()) for process in running.descendants())


def test_it_says_what_is_on_and_why_something_is_off(running: HouseProcess) -> None:
    assert "web chat       on   http://127.0.0.1:" in running.said
    assert "telegram       off  TELEGRAM_BOT_TOKEN is not set" in running.said


def test_a_second_start_on_the_same_home_says_who_holds_it(running: HouseProcess) -> None:
    second = _up(running.home, "--port", "0")
    assert second.returncode == 1
    assert f"process {running.pid} runs it on port" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_port_that_is_taken_is_said_plainly(running: HouseProcess, tmp_path: Path) -> None:
    port = running.hears(r"ready: http://127\.0\.0\.1:(\d+)")[0]
    other = _up(tmp_path / "home", "--port", port)
    assert other.returncode == 1
    assert f"port {port} cannot be listened on (Address already in use)" in other.stderr


def test_a_killed_process_comes_back(running: HouseProcess) -> None:
    pid = int(running.hears(r"working as (\d+)")[-1])
    count = len(running.hears(r"working as (\d+)"))
    psutil.Process(pid).kill()
    assert int(running.hears(r"working as (\d+)", count + 1)[-1]) != pid
    assert "worker | ended (by SIGKILL), starts again in 0.5 s" in running.said


def test_a_killed_valkey_comes_back_under_the_same_address(running: HouseProcess) -> None:
    _, redis_url = _urls(running)
    next(process for process in running.descendants() if process.name() == "valkey-server").kill()

    def answers() -> bool:
        try:
            with redis.Redis.from_url(redis_url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    eventually(lambda: not answers() or "valkey | ended" in running.said)
    eventually(answers)


def test_a_killed_house_takes_everything_with_it_and_the_next_keeps_the_data(folder: Path) -> None:
    home = folder / "home with spaces"
    first = HouseProcess(home, folder / "first.txt")
    first.ready()
    with psycopg.connect(_urls(first)[0]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    left = first.descendants()
    first.tell(signal.SIGKILL)
    first.ended()
    second = HouseProcess(home, folder / "second.txt")
    try:
        second.ready()
        assert not any(is_alive(process) for process in left)
        with psycopg.connect(_urls(second)[0]) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    finally:
        second.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_in_order(folder: Path, number: signal.Signals) -> None:
    house = HouseProcess(folder / "home with spaces", folder / f"{number.name}.txt")
    house.ready()
    house.hears(r"working as (\d+)")
    started = house.descendants()
    house.tell(number)
    assert house.ended() == 0
    assert not any(is_alive(process) for process in started)
    assert "worker leaves" in house.said
    assert house.said.index("worker leaves") < house.said.index("sona | stopped")
    assert find_running(house.home) is None
    assert not (house.home / "run.json").exists()
    assert not (house.home / "postgres" / "postmaster.pid").exists()
