"""The environment, read once into a frozen object that is passed to its users."""

import os
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import Malformed
from core.providers.models.effort import Effort

Url = Annotated[str, StringConstraints(pattern=r"^$|^[a-z+]+://.+", strip_whitespace=True)]
TrimmedText = Annotated[str, StringConstraints(strip_whitespace=True)]


def _variable(name: str, default: Any, **more: Any) -> Any:
    return Field(default, validation_alias=name, validate_default=True, **more)


def _secret(name: str) -> Any:
    return _variable(name, "", repr=False)


class Settings(BaseSettings):
    """Every setting with its environment variable; an empty variable counts as unset. `.env` is read from the working folder."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        case_sensitive=True,
        hide_input_in_errors=True,
    )

    home: Path = _variable("SONA_HOME", Path(".sona"))
    database_url: Url = _variable("SONA_DATABASE_URL", "", repr=False)
    redis_url: Url = _variable("SONA_REDIS_URL", "", repr=False)
    public_url: Url = _variable("SONA_PUBLIC_URL", "")
    secret_key: TrimmedText = _secret("SONA_SECRET_KEY")
    host: TrimmedText = _variable("SONA_HOST", "127.0.0.1")
    port: int = _variable("SONA_PORT", 8080, ge=0, le=65535)

    worker_slots: int = _variable("SONA_WORKER_SLOTS", 2000, ge=1)
    lease_seconds: float = _variable("SONA_LEASE_SECONDS", 30.0, ge=1)

    model: TrimmedText = _variable("SONA_MODEL", "")
    effort: Effort = _variable("SONA_EFFORT", "")
    anthropic_api_key: TrimmedText = _secret("ANTHROPIC_API_KEY")
    anthropic_base_url: Url = _variable("ANTHROPIC_BASE_URL", "")
    openai_api_key: TrimmedText = _secret("OPENAI_API_KEY")
    openai_base_url: Url = _variable("OPENAI_BASE_URL", "")
    embeddings: TrimmedText = _variable("SONA_EMBEDDINGS", "local")

    speech: Literal["auto", "edge", "espeak", "off"] = _variable("SONA_SPEECH", "auto")
    edge_tts_url: Url = _variable("EDGE_TTS_URL", "")
    whisper_model: TrimmedText = _variable("SONA_WHISPER_MODEL", "")
    transcription_model: TrimmedText = _variable("SONA_TRANSCRIPTION_MODEL", "")

    seed: int | None = _variable("SONA_SEED", None)

    telegram_bot_token: TrimmedText = _secret("TELEGRAM_BOT_TOKEN")
    telegram_webhook_secret: TrimmedText = _secret("TELEGRAM_WEBHOOK_SECRET")
    telegram_api_url: Url = _variable("TELEGRAM_API_URL", "")

    discord_bot_token: TrimmedText = _secret("DISCORD_BOT_TOKEN")
    discord_application_id: TrimmedText = _variable("DISCORD_APPLICATION_ID", "")
    discord_public_key: TrimmedText = _variable("DISCORD_PUBLIC_KEY", "")
    discord_api_url: Url = _variable("DISCORD_API_URL", "")

    slack_bot_token: TrimmedText = _secret("SLACK_BOT_TOKEN")
    slack_signing_secret: TrimmedText = _secret("SLACK_SIGNING_SECRET")
    slack_app_token: TrimmedText = _secret("SLACK_APP_TOKEN")
    slack_client_id: TrimmedText = _variable("SLACK_CLIENT_ID", "")
    slack_client_secret: TrimmedText = _secret("SLACK_CLIENT_SECRET")
    slack_api_url: Url = _variable("SLACK_API_URL", "")

    twilio_account_sid: TrimmedText = _variable("TWILIO_ACCOUNT_SID", "")
    twilio_auth_token: TrimmedText = _secret("TWILIO_AUTH_TOKEN")
    twilio_phone_number: TrimmedText = _variable("TWILIO_PHONE_NUMBER", "")
    twilio_api_url: Url = _variable("TWILIO_API_URL", "")
    sms_daily_segments: int = _variable("SONA_SMS_DAILY_SEGMENTS", 300, ge=1)
    sms_segment_price: float = _variable("SONA_SMS_SEGMENT_PRICE", 0.0, ge=0, le=1)

    youtube_api_key: TrimmedText = _secret("YOUTUBE_API_KEY")
    youtube_api_url: Url = _variable("YOUTUBE_API_URL", "")
    youtube_url: Url = _variable("YOUTUBE_URL", "")


def variables() -> dict[str, str]:
    """Map each environment variable to its setting's name."""
    return {str(field.validation_alias): name for name, field in Settings.model_fields.items()}


def load(**overrides: Any) -> Settings:
    """Return the settings; `overrides` (by setting name, `None` = not given) take precedence over the environment.

    `home` is absolute and exists, readable by its owner only. `secret_key` is never empty: when unset, one is
    generated and stored in the home. Raises `Malformed` naming the invalid variables, without their values.
    """
    try:
        settings = Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        raise Malformed(_describe(error)) from error
    home = settings.home.expanduser().absolute()
    _create_home(home)
    key = settings.secret_key or _read_or_create_key(home / "secret.key")
    return settings.model_copy(update={"home": home, "secret_key": key})


def _describe(error: ValidationError) -> str:
    names = {name: variable for variable, name in variables().items()}
    lines = [f"{names.get(str(e['loc'][0]), e['loc'][0])}: {e['msg']}" for e in error.errors() if e["loc"]]
    return "invalid setting: " + "; ".join(lines)


def _create_home(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(home, os.W_OK | os.X_OK):
            raise PermissionError(13, "not writable by this user", str(home))
    except OSError as error:
        raise Malformed(f"SONA_HOME {str(home)!r} cannot be used: {error.strerror}") from error


def _read_or_create_key(path: Path) -> str:
    """Return the stored key; of several processes creating it, the first to link its file wins."""
    if not path.exists():
        candidate = path.with_name(f"{path.name}.{secrets.token_hex(6)}")
        with os.fdopen(os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(candidate, path)
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
    return path.read_text().strip()
