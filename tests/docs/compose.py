"""The subset of the Compose specification that our file may use; anything else is an error."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ROOT = Path(__file__).parents[2]
Duration = Annotated[str, StringConstraints(pattern=r"^\d+(s|m|h)$")]
Condition = Literal["service_started", "service_healthy", "service_completed_successfully"]
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?P<how>:-|:\?)?(?P<rest>[^}]*)\}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dependency(_Strict):
    condition: Condition


class Healthcheck(_Strict):
    test: list[str] = Field(default_factory=list)
    interval: Duration | None = None
    timeout: Duration | None = None
    start_period: Duration | None = None
    retries: int | None = Field(default=None, gt=0)
    disable: bool = False


class Logging(_Strict):
    driver: Literal["local", "json-file"]


class Container(_Strict):
    image: Annotated[str, StringConstraints(pattern=r"^[a-z0-9./_-]+:[A-Za-z0-9._-]+$")]
    build: str | None = None
    user: str
    command: list[str] = Field(default_factory=list)
    environment: Mapping[str, str] = Field(default_factory=dict)
    env_file: str | None = None
    depends_on: Mapping[str, Dependency] = Field(default_factory=dict)
    healthcheck: Healthcheck
    restart: Literal["no", "always", "on-failure", "unless-stopped"]
    ports: list[Annotated[str, StringConstraints(pattern=r"^[0-9.]+:(\d+|\$\{[A-Z_]+:-\d+\}):\d+$")]] = Field(
        default_factory=list
    )
    volumes: list[Annotated[str, StringConstraints(pattern=r"^[a-z]+:/[a-z/]+$")]] = Field(default_factory=list)
    networks: list[str]
    profiles: list[str] = Field(default_factory=list)
    tmpfs: list[Annotated[str, StringConstraints(pattern=r"^/")]] = Field(default_factory=list)
    read_only: bool = False
    init: bool = False
    cap_drop: list[str] = Field(default_factory=list)
    security_opt: list[str] = Field(default_factory=list)
    shm_size: Annotated[str, StringConstraints(pattern=r"^\d+mb$")] | None = None
    stop_grace_period: Duration | None = None
    logging: Logging


class Network(_Strict):
    internal: bool = False


class Compose(_Strict):
    name: str
    services: Mapping[str, Container]
    volumes: Mapping[str, None]
    networks: Mapping[str, Network | None]


def read(path: Path = ROOT / "docker-compose.yml") -> Compose:
    """Read the file without its `x-` parts. Raises pydantic's `ValidationError` with every mistake."""
    data = cast("dict[str, object]", yaml.safe_load(path.read_text(encoding="utf-8")))
    return Compose.model_validate({key: value for key, value in data.items() if not key.startswith("x-")})


def filled(text: str, variables: Mapping[str, str]) -> str:
    """Substitute variables as Compose does. Raises `KeyError` with the message of a missing required variable."""

    def value(found: re.Match[str]) -> str:
        given = variables.get(found["name"], "")
        if given or not found["how"]:
            return given
        if found["how"] == ":?":
            raise KeyError(found["rest"])
        return found["rest"]

    return _VARIABLE.sub(value, text)
