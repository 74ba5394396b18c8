"""A search server of one's own stands for both of the tests, and a process that a test starts reaches it too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.settings import load_settings
from tests.support.search_index import settings_for, variables_of
from tests.support.search_servers import GIVEN, Product, SearchServer, fixtures


def test_every_test_of_a_server_runs_once_on_one_s_own_and_otherwise_on_each_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(GIVEN, raising=False)
    assert set(fixtures().values()) == {"text_server", "core_server"}
    monkeypatch.setenv(GIVEN, "https://search.invalid:9200")
    assert fixtures() == {"elasticsearch": "text_server"}


@pytest.mark.parametrize("secured", [{}, {"user": "vigie", "password": "a, b", "ca": Path("/etc/vigie/ca.pem")}])
def test_another_process_gets_all_settings_of_a_server_from_its_environment(
    secured: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = SearchServer(Product.ELASTICSEARCH, "https://search.invalid:9200", **secured)
    settings = settings_for(server, "vigietest")
    for name, value in variables_of(settings).items():
        monkeypatch.setenv(name, value)
    assert load_settings().search == settings
