"""Tests that need PostgreSQL say what is missing, and fail where nothing may be missing."""

from __future__ import annotations

import pytest

from tests.support import postgres


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIGIE_TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr(postgres, "_binaries", lambda: None)


@pytest.mark.usefixtures("nothing_installed")
def test_a_skip_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIGIE_TEST_REQUIRE_ALL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="install the server"), postgres.server():
        pass


@pytest.mark.usefixtures("nothing_installed")
def test_nothing_is_skipped_where_everything_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_TEST_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="allows no skip"), postgres.server():
        pass
