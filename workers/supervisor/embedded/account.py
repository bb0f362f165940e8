"""Which user the embedded Postgres runs as: it refuses to be root."""

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from core.errors import Malformed

_NAME = "pgserver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of(cls, entry: pwd.struct_passwd) -> Self:
        return cls(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)

    def can_read(self, path: Path) -> bool:
        """Whether this user may walk to `path` and read it, going by owner and the bits for everyone."""
        status = path.stat()
        wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(status.st_mode) else 0)
        walkable = all(self.can_enter(parent) for parent in path.absolute().parents)
        return walkable and (status.st_uid == self.uid or status.st_mode & wanted == wanted)

    def can_enter(self, folder: Path) -> bool:
        """Whether this user may walk through the folder."""
        status = folder.stat()
        return bool(status.st_mode & (stat.S_IXUSR if status.st_uid == self.uid else stat.S_IXOTH))


def server_account(data: Path) -> Account | None:
    """The user that owns or will own `data`; `None` when that is simply the one who asks.

    As root it is the owner of data already there, else the user `pgserver`, made when there is none (the same
    name that the wheel's own launcher uses). Raises `Malformed` when this user cannot serve the data.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise Malformed(f"the data in {str(data)!r} belongs to {_name(owner)!r}: run as that user or as root")
        return None
    return Account.of(pwd.getpwuid(owner)) if owner and _exists(owner) else _find_or_create()


def _find_or_create() -> Account:
    try:
        return Account.of(pwd.getpwnam(_NAME))
    except KeyError:
        pass
    try:
        # By its bare name: wherever this system keeps it.
        subprocess.run(["useradd", "--system", "--no-create-home", _NAME], check=True, capture_output=True)  # noqa: S603, S607 - as said above, with nothing from outside
    except (OSError, subprocess.CalledProcessError) as error:
        raise Malformed(
            f"Postgres does not run as root: make a user called {_NAME!r}, or be an ordinary user"
        ) from error
    return Account.of(pwd.getpwnam(_NAME))


def _exists(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _name(uid: int | None) -> str:
    return pwd.getpwuid(uid).pw_name if uid is not None and _exists(uid) else str(uid)
