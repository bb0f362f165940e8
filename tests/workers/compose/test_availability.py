"""Which platforms are on and why."""

import pytest

from workers.compose.availability import availabilities, gateways
from workers.settings import Settings, variables


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)


def _why(settings: Settings) -> dict[str, tuple[str, str]]:
    return {entry.name: (entry.state, entry.why) for entry in availabilities(settings)}


def test_without_secrets_everything_is_off_and_names_what_is_missing() -> None:
    why = _why(Settings())
    assert why["telegram"] == ("off", "TELEGRAM_BOT_TOKEN is not set")
    assert why["slack"] == ("off", "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are not set")
    assert gateways(Settings()) == ()


def test_telegram_is_polled_without_a_public_address() -> None:
    settings = Settings(telegram_bot_token="1:T")
    assert _why(settings)["telegram"] == ("on", "listens by itself, as SONA_PUBLIC_URL is not set")
    assert gateways(settings) == ("telegram",)


def test_telegram_is_called_at_a_public_address() -> None:
    settings = Settings(telegram_bot_token="1:T", public_url="https://sona.example")
    assert _why(settings)["telegram"] == ("on", "called at https://sona.example")
    assert gateways(settings) == ()


def test_discord_needs_its_gateway_even_with_a_public_address() -> None:
    settings = Settings(discord_bot_token="private", public_url="https://sona.example")
    assert _why(settings)["discord"] == ("on", "listens by itself")
    assert gateways(settings) == ("discord",)
    assert "private" not in str(_why(settings))


def test_slack_needs_its_signing_secret_only_for_webhooks() -> None:
    by_socket = Settings(slack_bot_token="xoxb-1", slack_app_token="xapp-1")
    assert gateways(by_socket) == ("slack",)
    called = Settings(slack_bot_token="xoxb-1", public_url="https://sona.example")
    assert _why(called)["slack"] == ("off", "SLACK_SIGNING_SECRET is not set")
    signed = called.model_copy(update={"slack_signing_secret": "s"})
    assert _why(signed)["slack"] == ("on", "called at https://sona.example")


def test_slack_needs_no_token_when_workspaces_install_it() -> None:
    chosen = Settings(slack_client_id="1.2", slack_client_secret="c", slack_signing_secret="s")
    assert _why(chosen.model_copy(update={"public_url": "https://sona.example"}))["slack"][0] == "on"
    assert _why(chosen)["slack"] == ("off", "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are not set")


def test_a_platform_without_a_folder_is_off() -> None:
    settings = Settings(slack_bot_token="private", slack_app_token="private")
    assert _why(settings)["slack"] in (
        ("off", "not supported by this version"),
        ("on", "listens by itself, as SONA_PUBLIC_URL is not set"),
    )
    assert "private" not in str(_why(settings))
