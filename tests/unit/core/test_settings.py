"""Settings: one place, typed, and never ignored in silence."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core import clock
from core.errors import ConfigurationError
from core.settings import SmtpSecurity, listed, load_settings


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("VIGIE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_a_variable_wins_over_the_file_and_the_file_over_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "vigie.toml").write_text('[smtp]\nhost = "mail.example"\nport = 25\nsecurity = "starttls"\n')
    monkeypatch.setenv("VIGIE_SMTP__PORT", "587")
    smtp = load_settings().smtp
    assert (smtp.host, smtp.port, smtp.security) == ("mail.example", 587, SmtpSecurity.STARTTLS)
    assert smtp.timeout == 30.0


def test_a_secret_can_come_from_a_file_and_is_never_listed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "VIGIE_SMTP__PASSWORD").write_text("hunter2")
    monkeypatch.setenv("VIGIE_SECRETS_DIR", str(folder))
    settings = load_settings()
    assert settings.smtp.password is not None
    assert settings.smtp.password.get_secret_value() == "hunter2"
    assert "hunter2" not in str(listed(settings))


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("VIGIE_SMPT__HOST", "mail.example", "VIGIE_SMPT__HOST"),
        ("VIGIE_SMTP__PORT", "many", "smtp.port"),
        ("VIGIE_LOG_LEVEL", "loud", "log_level"),
        ("VIGIE_CONFIG", "nowhere.toml", "nowhere.toml"),
        ("VIGIE_LANGUAGE", "xx", "language: .*fr, en"),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=told):
        load_settings()


def test_a_settings_file_that_is_broken_is_told_with_its_name_and_line(tmp_path: Path) -> None:
    (tmp_path / "vigie.toml").write_text('language = "fr"\n[smtp\nport = 25\n')
    with pytest.raises(ConfigurationError, match=r"vigie\.toml cannot be read: .*line 2"):
        load_settings()


def test_a_settings_file_that_is_no_text_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b'language = "\xff\xfe"\n')
    monkeypatch.setenv("VIGIE_CONFIG", "mine.toml")
    with pytest.raises(ConfigurationError, match=r"mine\.toml cannot be read"):
        load_settings()


def test_a_language_is_taken_in_either_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_LANGUAGE", "EN")
    assert load_settings().language == "en"


def test_the_base_url_of_a_portal_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_PORTALS__BE_BDA__BASE_URL", "http://127.0.0.1:9")
    assert load_settings().portal("be_bda").base_url == "http://127.0.0.1:9"


def test_the_signing_key_is_made_once_and_readable_by_the_owner_only(tmp_path: Path) -> None:
    first = load_settings(data_dir=tmp_path / "data").signing_key
    assert load_settings(data_dir=tmp_path / "data").signing_key == first
    assert len(first) > 40
    assert (tmp_path / "data" / "secret.key").stat().st_mode & 0o077 == 0


def test_the_clock_refuses_a_naive_instant() -> None:
    with pytest.raises(ValueError, match="aware"), clock.frozen_at(datetime(2026, 1, 1)):  # noqa: DTZ001
        pass
    with clock.frozen_at(datetime(2026, 1, 1, tzinfo=UTC)):
        assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
