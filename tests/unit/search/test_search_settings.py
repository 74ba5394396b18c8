"""The settings of the cluster: what makes no sense is refused with the setting's name, and no secret is shown."""

from __future__ import annotations

import pytest

from core.errors import ConfigurationError
from core.settings import Settings, listed, load_settings


def test_addresses_are_given_as_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Settings().search.on_cluster
    monkeypatch.setenv("VIGIE_SEARCH__URLS", "https://one:9200, https://two:9200")
    assert load_settings().search.urls == ("https://one:9200", "https://two:9200")
    assert load_settings().search.on_cluster


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"URLS": "search.example:9200"}, "https://search.example:9200"),
        ({"URLS": "https://vigie:geheim@one:9200"}, "settings of their own"),
        ({"URLS": "https://one:9200", "CLOUD_ID": "x:y"}, "not both"),
        ({"API_KEY": "geheim", "USER": "vigie", "PASSWORD": "geheim"}, "not both"),
        ({"USER": "vigie"}, "belong together"),
        ({"PREFIX": "Vigie*"}, "prefix"),
        ({"REFRESH": "soon"}, "refresh"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_a_sentence_without_secrets(
    given: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"VIGIE_SEARCH__{name}", value)
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert "search" in str(refused.value)
    assert words in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_the_list_of_settings_masks_keys_and_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_SEARCH__API_KEY", "geheim")
    assert "geheim" not in str(listed(load_settings()))
