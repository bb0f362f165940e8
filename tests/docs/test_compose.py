"""`docker-compose.yml` and the Dockerfile, checked without a container engine."""

import os
import re
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from tests.docs.compose import ROOT, Compose, Container, filled, read
from workers.compose.availability import gateways
from workers.settings import Settings, variables

GATEWAYS = {"telegram": "gateway", "discord": "gateway-discord", "slack": "gateway-slack"}
ALWAYS = ("web", "worker", "ingest", "beat")
LONG_RUNNING = (*ALWAYS, *GATEWAYS.values())
OURS = ("migrate", *LONG_RUNNING)
_WRITTEN = re.compile(r"\$\{([A-Z_]+)")


@pytest.fixture(scope="module")
def compose() -> Compose:
    return read()


def _stages() -> list[list[str]]:
    """Return the Dockerfile's instructions by stage, with continued lines joined and comments removed."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    starts = [number for number, line in enumerate(lines) if line.startswith("FROM ")]
    return [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]


def test_every_process_has_a_service(compose: Compose) -> None:
    assert set(compose.services) == {"postgres", "valkey", *OURS}


def test_an_unknown_key_is_an_error(compose: Compose) -> None:
    web = compose.services["web"].model_dump(exclude_none=True)
    assert Container.model_validate(web)
    with pytest.raises(ValidationError, match="dependson"):
        Container.model_validate({**web, "dependson": []})


def test_the_image_is_built_once_and_shared(compose: Compose) -> None:
    assert [name for name, service in compose.services.items() if service.build] == ["migrate"]
    assert len({compose.services[name].image for name in OURS}) == 1


def test_the_image_carries_the_projects_version(compose: Compose) -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.+)"$', project, re.MULTILINE)
    assert version
    assert compose.services["web"].image == f"sona:{version[1]}"


def test_every_image_has_a_fixed_tag(compose: Compose) -> None:
    bases = [stage[0].split()[1] for stage in _stages()]
    tags = [image.partition(":")[2] for image in (*bases, *(service.image for service in compose.services.values()))]
    assert all(tag and tag != "latest" for tag in tags)


def test_no_service_runs_as_root_or_has_a_writable_file_system(compose: Compose) -> None:
    for name, service in compose.services.items():
        assert service.user.split(":")[0] not in ("", "0", "root"), name
        assert service.read_only, name
        assert service.cap_drop == ["ALL"], name
        assert "no-new-privileges:true" in service.security_opt, name
        assert not service.build or service.build == ".", name


def test_long_running_services_restart_and_have_health_checks(compose: Compose) -> None:
    for name in ("postgres", "valkey", *LONG_RUNNING):
        service = compose.services[name]
        assert service.restart == "unless-stopped", name
        assert service.healthcheck.test[0] == "CMD", name
        assert service.healthcheck.interval, name
        assert service.healthcheck.timeout, name


def test_dependencies_exist_and_can_be_waited_for(compose: Compose) -> None:
    for name, service in compose.services.items():
        for other, dependency in service.depends_on.items():
            awaited = compose.services[other]
            if dependency.condition == "service_healthy":
                assert awaited.healthcheck.test, f"{name} waits for {other}"
            if dependency.condition == "service_completed_successfully":
                assert awaited.restart == "no", f"{name} waits for {other}"


def test_services_start_after_the_migrations(compose: Compose) -> None:
    assert compose.services["migrate"].command == ["migrate"]
    assert compose.services["migrate"].depends_on["postgres"].condition == "service_healthy"
    for name in LONG_RUNNING:
        conditions = {other: one.condition for other, one in compose.services[name].depends_on.items()}
        assert conditions["migrate"] == "service_completed_successfully", name
        assert conditions["postgres"] == conditions["valkey"] == "service_healthy", name


def test_all_processes_share_one_key_and_one_home(compose: Compose) -> None:
    chosen = {"POSTGRES_PASSWORD": "p4ss", "SONA_SECRET_KEY": "k3y"}
    for name in OURS:
        service = compose.services[name]
        given = {key: filled(value, chosen) for key, value in service.environment.items()}
        assert given.keys() <= variables().keys(), name
        assert given["SONA_SECRET_KEY"] == "k3y", name
        assert given["SONA_DATABASE_URL"] == "postgresql://sona:p4ss@postgres/sona", name
        assert service.env_file == ".env", name
        assert [place.partition(":")[2] for place in service.volumes] == [given["SONA_HOME"]], name


@pytest.mark.parametrize("missing", ["SONA_SECRET_KEY", "POSTGRES_PASSWORD"])
def test_a_missing_secret_is_reported_before_anything_starts(compose: Compose, missing: str) -> None:
    chosen = {"POSTGRES_PASSWORD": "p4ss", "SONA_SECRET_KEY": "k3y"} | {missing: ""}
    with pytest.raises(KeyError, match=f"set {missing} in .env"):
        [filled(value, chosen) for value in compose.services["web"].environment.values()]


def test_no_secret_is_in_the_file(compose: Compose) -> None:
    for name, service in compose.services.items():
        for key, value in service.environment.items():
            if re.search(r"PASSWORD|KEY|TOKEN|SECRET", key):
                assert _WRITTEN.match(value), f"{name}: {key}"


def test_the_servers_are_not_reachable_from_outside(compose: Compose) -> None:
    inside = compose.networks["inside"]
    assert inside is not None
    assert inside.internal
    for name in ("postgres", "valkey"):
        assert compose.services[name].networks == ["inside"]
        assert not compose.services[name].ports
    assert [port.split(":")[0] for port in compose.services["web"].ports] == ["127.0.0.1"]


def test_volumes_and_networks_are_declared(compose: Compose) -> None:
    for name, service in compose.services.items():
        assert {place.partition(":")[0] for place in service.volumes} <= compose.volumes.keys(), name
        assert set(service.networks) <= compose.networks.keys(), name


def test_every_platform_with_a_gateway_has_an_optional_service(compose: Compose) -> None:
    tokens: dict[str, Any] = {name: "t" for name in variables().values() if name.endswith(("_token", "_key"))}
    assert set(gateways(Settings(**tokens))) == GATEWAYS.keys()
    for platform, name in GATEWAYS.items():
        assert compose.services[name].command == ["gateway", platform]
        assert compose.services[name].profiles == [platform]
    assert not any(compose.services[name].profiles for name in ("migrate", *ALWAYS))


def test_every_gateway_is_documented_for_operators() -> None:
    told = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    for platform in GATEWAYS:
        assert f"`sona gateway {platform}`" in told
        assert f"`docker compose --profile {platform} up -d`" in told


def test_the_image_runs_as_the_user_that_owns_its_home(compose: Compose) -> None:
    final = _stages()[-1]
    assert f"USER {compose.services['web'].user}" in final
    assert any("--uid 10001" in line and "--home-dir /var/lib/sona" in line for line in final)
    assert final.index("USER 10001:10001") > max(n for n, line in enumerate(final) if line.startswith(("RUN", "COPY")))


def test_packages_are_installed_by_hash_and_the_image_has_no_build_tools() -> None:
    first, final = _stages()
    installing = [line for line in first if " install " in line]
    assert installing
    assert all("--require-hashes" in line and "--no-deps" in line for line in installing)
    assert not any(re.search(r"\b(pip|apt|apt-get|gcc|uv)\b", line) for line in final)


def test_copied_paths_exist_and_are_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    copied = [line.split()[1:-1] for stage in _stages() for line in stage if re.match(r"COPY (?!--from)", line)]
    for source in (name for names in copied for name in names):
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored, source


def test_the_image_runs_the_python_that_ci_tests() -> None:
    running = f"python:{sys.version_info[0]}.{sys.version_info[1]}-slim"
    images = {stage[0].split()[1] for stage in _stages()}
    if images != {running} and "CI" not in os.environ:
        pytest.skip("outside CI the tests may run on another supported Python")
    assert images == {running}


def test_the_image_holds_every_package_of_the_project() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^packages = \[(.+)\]$", project, re.MULTILINE)
    assert listed
    copied = {line.split()[1] for line in _stages()[-1] if re.match(r"COPY (?!--from)", line)}
    assert copied == {*re.findall(r'"(\w+)"', listed[1]), "courses"}
