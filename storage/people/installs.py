"""Workspaces that installed an app: tokens are stored sealed and renewed by one process at a time."""

import json
import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from core import wire
from core.clock import Clock
from core.errors import Malformed, Unreachable
from core.ports.installs import Install, Renew
from storage.engine.database import Database
from storage.engine.sealing import SealedBox

_log = logging.getLogger(__name__)

_PUT = text(
    """
    INSERT INTO installs (platform, workspace, name, sealed_tokens, expires_at, installed_at)
    VALUES (:platform, :workspace, :name, :sealed, :expires, :now)
    ON CONFLICT (platform, workspace) DO UPDATE SET name = excluded.name, sealed_tokens = excluded.sealed_tokens,
        expires_at = excluded.expires_at, installed_at = excluded.installed_at
    """
)
_GET = text("SELECT * FROM installs WHERE platform = :platform AND workspace = :workspace")
# A refresh token can be used once: the lock is held while the platform answers, and the other processes then find the
# new token.
_LOCK = text("SELECT * FROM installs WHERE platform = :platform AND workspace = :workspace FOR UPDATE")
_RENEW = text(
    """
    UPDATE installs SET sealed_tokens = :sealed, expires_at = :expires
    WHERE platform = :platform AND workspace = :workspace
    """
)
_FORGET = text(
    """
    DELETE FROM installs WHERE platform = :platform AND workspace = :workspace AND installed_at <= :until RETURNING *
    """
)


class PostgresInstalls:
    """`core.ports.installs.Installs` on the table `installs`."""

    def __init__(self, database: Database, clock: Clock, *, secret_key: bytes) -> None:
        self._database = database
        self._clock = clock
        self._box = SealedBox(secret_key, purpose="installs")

    async def put(self, install: Install) -> None:
        parameters = self._parameters(install) | {"name": wire.clean(install.name), "now": self._clock.now()}
        await self._database.run(_PUT, parameters)

    async def get(self, platform: str, workspace: str) -> Install | None:
        rows = await self._database.run(_GET, {"platform": platform, "workspace": wire.clean(workspace)})
        return self._install(rows[0]) if rows else None

    async def renewed(self, platform: str, workspace: str, before: datetime, renew: Renew) -> Install | None:
        fresh: Install | None = None
        try:
            async with self._database.begin() as connection:
                key = {"platform": platform, "workspace": wire.clean(workspace)}
                row = (await connection.execute(_LOCK, key)).one_or_none()
                install = self._install(row) if row else None
                if install is None or install.expires is None or install.expires > before:
                    return install
                fresh = replace(await renew(install), platform=platform, workspace=workspace, name=install.name)
                await connection.execute(_RENEW, self._parameters(fresh))
        except Unreachable:
            if fresh is None:
                raise
            # The platform has invalidated the old refresh token: losing the new one would end the installation.
            await self._database.run_with_retry(_RENEW, self._parameters(fresh))
        return fresh

    async def forget(self, platform: str, workspace: str, *, until: datetime) -> Install | None:
        parameters = {"platform": platform, "workspace": wire.clean(workspace), "until": until}
        rows = await self._database.run(_FORGET, parameters)
        return self._install(rows[0]) if rows else None

    def _parameters(self, install: Install) -> dict[str, Any]:
        secret = json.dumps({"token": install.token, "refresh": install.refresh}).encode()
        return {
            "platform": install.platform,
            "workspace": install.workspace,
            "sealed": self._box.seal(secret, context=f"{install.platform}:{install.workspace}"),
            "expires": install.expires,
        }

    def _install(self, row: Row[Any]) -> Install | None:
        try:
            secret = json.loads(self._box.unseal(bytes(row.sealed_tokens), context=f"{row.platform}:{row.workspace}"))
        except Malformed:
            _log.warning("tokens of %s for %s are sealed with another SONA_SECRET_KEY", row.workspace, row.platform)
            return None
        return Install(
            platform=row.platform,
            workspace=row.workspace,
            name=row.name,
            token=secret["token"],
            refresh=secret["refresh"],
            expires=row.expires_at,
        )
