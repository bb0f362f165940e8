"""Reading settings from the environment."""

import stat
from pathlib import Path
from threading import Thread

import pytest

from core.errors import Malformed
from workers.settings import Settings, load, variables

_EXAMPLE = Path(__file__).parents[2] / ".env.example"


def _documented() -> dict[str, str]:
    lines = [line for line in _EXAMPLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Remove our variables from the environment; run in a folder without `.env`."""
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_example_documents_every_variable_and_no_other() -> None:
    assert set(_documented()) == set(variables())


def test_an_unedited_copy_of_the_example_changes_nothing(tmp_path: Path) -> None:
    plain = Settings()
    (tmp_path / ".env").write_text(_EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    assert Settings() == plain


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONA_PORT", "")
    assert Settings().port == 8080


def test_the_environment_overrides_the_file_and_an_option_overrides_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("SONA_PORT=1111\nSONA_HOST=::1\n", encoding="utf-8")
    monkeypatch.setenv("SONA_PORT", "2222")
    settings = load(home=tmp_path / "home")
    assert (settings.port, settings.host) == (2222, "::1")
    assert load(home=tmp_path / "home", port=3333).port == 3333
    assert load(home=tmp_path / "home", port=None).port == 2222


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1  # type: ignore[misc] - the test assigns to a frozen field


def test_an_invalid_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONA_PORT", "private-things")
    with pytest.raises(Malformed, match="SONA_PORT") as failure:
        load()
    assert "private-things" not in str(failure.value)


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:private")
    monkeypatch.setenv("SONA_DATABASE_URL", "postgresql://u:private@h/d")
    assert "private" not in repr(Settings())


def test_a_home_that_cannot_be_created_is_reported_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Malformed, match="SONA_HOME"):
        load(home=tmp_path / "file" / "home")


def test_the_secret_key_is_created_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first, second = load(home=tmp_path / "home"), load(home=tmp_path / "home")
    assert len(first.secret_key) >= 48
    assert first.secret_key == second.secret_key
    assert stat.S_IMODE((tmp_path / "home" / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret.key"]


def test_processes_that_start_together_agree_on_the_secret_key(tmp_path: Path) -> None:
    keys: list[str] = []
    threads = [Thread(target=lambda: keys.append(load(home=tmp_path / "home").secret_key)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
