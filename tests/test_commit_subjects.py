"""`.ci/commits` rejects long and unfinished commit subjects after its marker."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / ".ci" / "commits"
UNKNOWN = "0" * 40
AUTHOR = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "commit.gpgsign=false")

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def _commit(folder: Path, subject: str, date: str = "2026-12-02T00:00:00Z") -> str:
    command = ["git", *AUTHOR, "commit", "--quiet", "--allow-empty", "--message", subject]
    subprocess.run(
        command, cwd=folder, check=True, env=os.environ | {"GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date}
    )
    return _git(folder, "rev-parse", "HEAD")


def _check(folder: Path, marker: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(SCRIPT), marker, "2026-12-01T00:00:00Z"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    _git(tmp_path, "init", "--quiet")
    return tmp_path


@pytest.mark.parametrize("subject", ["x" * 73, "queue: wip", "WIP: Schedule turns", "queue: Schedule turns (wip)"])
def test_a_long_or_unfinished_subject_after_the_marker_is_rejected(repository: Path, subject: str) -> None:
    marker = _commit(repository, "y" * 80)
    _commit(repository, subject)
    checked = _check(repository, marker)
    assert checked.returncode == 1
    assert subject in checked.stderr
    assert "y" * 80 not in checked.stderr


@pytest.mark.parametrize("subject", ["x" * 72, "é" * 72, "docs: Explain how to swipe"])
def test_a_short_finished_subject_is_accepted(repository: Path, subject: str) -> None:
    marker = _commit(repository, "first")
    _commit(repository, subject)
    assert _check(repository, marker).returncode == 0


def test_only_later_commits_are_checked_when_the_marker_is_unknown(repository: Path) -> None:
    _commit(repository, "y" * 80, "2026-11-01T00:00:00Z")
    assert _check(repository, UNKNOWN).returncode == 0
    _commit(repository, "x" * 80)
    checked = _check(repository, UNKNOWN)
    assert checked.returncode == 1
    assert "y" not in checked.stderr.partition("\n")[2]


def test_a_folder_without_git_is_accepted(tmp_path: Path) -> None:
    assert _check(tmp_path, UNKNOWN).returncode == 0
