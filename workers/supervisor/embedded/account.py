"""The user that the embedded Postgres runs as: it refuses to run as root."""

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from workers.supervisor.errors import CannotStart

# The name that the wheel's own launcher uses.
_NAME = "pgserver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A system user."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, entry: pwd.struct_passwd) -> Self:
        return cls(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)

    def can_read(self, path: Path) -> bool:
        """Whether this user can read `path`, judged by its owner and the permission bits for others."""
        status = path.stat()
        wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(status.st_mode) else 0)
        enterable = all(self.can_enter(parent) for parent in path.absolute().parents)
        return enterable and (status.st_uid == self.uid or status.st_mode & wanted == wanted)

    def can_enter(self, folder: Path) -> bool:
        """Whether this user can traverse the folder."""
        status = folder.stat()
        return bool(status.st_mode & (stat.S_IXUSR if status.st_uid == self.uid else stat.S_IXOTH))


def server_account(data: Path) -> Account | None:
    """Return the user that owns or will own `data`, `None` for the current user.

    As root it is the owner of existing data, otherwise the user `pgserver`, created when missing. Raises
    `CannotStart` when the current user cannot serve the data.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            reason = f"the data in {str(data)!r} belongs to {_name(owner)!r}: run as that user or as root"
            raise CannotStart(reason, server="postgres")
        return None
    return Account.of(pwd.getpwuid(owner)) if owner and _exists(owner) else _find_or_create()


def _find_or_create() -> Account:
    try:
        return Account.of(pwd.getpwnam(_NAME))
    except KeyError:
        pass
    try:
        subprocess.run(["useradd", "--system", "--no-create-home", _NAME], check=True, capture_output=True)  # noqa: S603, S607 - found on PATH because its folder differs between systems; constant arguments
    except (OSError, subprocess.CalledProcessError) as error:
        reason = f"Postgres does not run as root: create a user named {_NAME!r}, or run as an ordinary user"
        raise CannotStart(reason, server="postgres") from error
    return Account.of(pwd.getpwnam(_NAME))


def _exists(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _name(uid: int | None) -> str:
    return pwd.getpwuid(uid).pw_name if uid is not None and _exists(uid) else str(uid)
