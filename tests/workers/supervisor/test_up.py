"""`sona up`: start, restart, recovery and stop."""

import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from tests.workers.conftest import SonaProcess, environment, eventually
from workers.supervisor.home_lock import find_running
from workers.supervisor.process_record import is_alive

_ROOT = Path(__file__).parents[3]


def _up(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "workers", "up", "--home", str(home), *options]
    return subprocess.run(argv, cwd=_ROOT, env=environment(), capture_output=True, text=True, timeout=30)


def _urls(process: SonaProcess) -> tuple[str, str]:
    running = find_running(process.home)
    assert running
    return running.database_url, running.redis_url


def test_other_commands_find_the_servers_with_vectors_and_durable_commits(running: SonaProcess) -> None:
    database_url, redis_url = _urls(running)
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        assert connection.execute("SELECT '[1,2]'::vector <-> '[1,4]'::vector").fetchone() == (2.0,)
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {name}".encode()).fetchone() == ("on",)
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()


def test_other_users_can_reach_neither_the_servers_nor_their_passwords(running: SonaProcess) -> None:
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


def test_platforms_are_listed_with_state_and_reason(running: SonaProcess) -> None:
    assert "web chat       on   http://127.0.0.1:" in running.output
    assert "telegram       off  TELEGRAM_BOT_TOKEN is not set" in running.output


def test_a_second_start_on_the_same_home_names_the_owner(running: SonaProcess) -> None:
    second = _up(running.home, "--port", "0")
    assert second.returncode == 1
    assert f"process {running.pid} runs it on port" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_port_in_use_is_reported(running: SonaProcess, tmp_path: Path) -> None:
    port = running.wait_for(r"ready: http://127\.0\.0\.1:(\d+)")[0]
    other = _up(tmp_path / "home", "--port", port)
    assert other.returncode == 1
    assert f"port {port} (Address already in use)" in other.stderr


def test_a_killed_process_is_restarted(running: SonaProcess) -> None:
    pid = int(running.wait_for(r"working as (\d+)")[-1])
    count = len(running.wait_for(r"working as (\d+)"))
    psutil.Process(pid).kill()
    assert int(running.wait_for(r"working as (\d+)", count + 1)[-1]) != pid
    assert "worker | exited (killed by SIGKILL), restarting in 0.5 s" in running.output


def test_a_killed_valkey_is_restarted_at_the_same_address(running: SonaProcess) -> None:
    _, redis_url = _urls(running)
    next(process for process in running.descendants() if process.name() == "valkey-server").kill()

    def answers() -> bool:
        try:
            with redis.Redis.from_url(redis_url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    eventually(lambda: not answers() or "valkey | exited" in running.output)
    eventually(answers)


def test_killing_the_supervisor_stops_everything_and_the_next_start_has_the_data(folder: Path) -> None:
    home = folder / "home with spaces"
    first = SonaProcess(home, folder / "first.txt")
    first.wait_until_ready()
    with psycopg.connect(_urls(first)[0]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    left = first.descendants()
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = SonaProcess(home, folder / "second.txt")
    try:
        second.wait_until_ready()
        assert not any(is_alive(process) for process in left)
        with psycopg.connect(_urls(second)[0]) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    finally:
        second.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_in_order(folder: Path, number: signal.Signals) -> None:
    process = SonaProcess(folder / "home with spaces", folder / f"{number.name}.txt")
    process.wait_until_ready()
    process.wait_for(r"working as (\d+)")
    started = process.descendants()
    process.send_signal(number)
    assert process.wait() == 0
    assert not any(is_alive(process) for process in started)
    assert "worker stops" in process.output
    assert process.output.index("worker stops") < process.output.index("sona | stopped")
    assert find_running(process.home) is None
    assert not (process.home / "run.json").exists()
    assert not (process.home / "postgres" / "postmaster.pid").exists()
