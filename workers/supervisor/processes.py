"""Sona's own processes as programs."""

import sys
from collections.abc import Mapping

from workers.compose.availability import gateways
from workers.settings import Settings
from workers.supervisor.program import Program

# A worker lets turns under way finish for 20 seconds and then gives their leases back.
_GRACE, _WORKER_GRACE = 12.0, 32.0


def all_parts(settings: Settings, environment: Mapping[str, str]) -> tuple[Program, ...]:
    """Everything that `sona up` runs; the web server first, as people wait for it."""
    listening = tuple(_part(environment, name, "gateway", name) for name in gateways(settings))
    return (
        _part(environment, "web", "web"),
        *thinking_parts(environment),
        *listening,
    )


def thinking_parts(environment: Mapping[str, str]) -> tuple[Program, ...]:
    """What answers and reads, for a command that needs a house for its own time."""
    return (
        _part(environment, "worker", "worker"),
        _part(environment, "ingest", "worker", "--ingest"),
        _part(environment, "beat", "beat"),
    )


def _part(environment: Mapping[str, str], name: str, *arguments: str) -> Program:
    return Program(
        name=name,
        argv=(sys.executable, "-m", "workers", *arguments),
        env=environment,
        grace=_WORKER_GRACE if "worker" in arguments else _GRACE,
    )
