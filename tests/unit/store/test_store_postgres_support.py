"""Tests that need PostgreSQL say what is missing."""

from __future__ import annotations

import pytest

from tests.support import postgres


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIGIE_TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr(postgres, "_binaries", lambda: None)


@pytest.mark.usefixtures("nothing_installed")
def test_a_skip_says_what_is_missing() -> None:
    with pytest.raises(pytest.skip.Exception, match="install the server"), postgres.server():
        pass
