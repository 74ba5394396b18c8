"""What Elasticsearch's errors are told as has a translation."""

from __future__ import annotations

import pytest

from search.elasticsearch import errors
from search.errors import IndexUnavailable

SENTENCES = {name: value for name, value in vars(errors).items() if isinstance(value, str) and " " in value}


@pytest.mark.parametrize("name", [name for name in SENTENCES if name != "__doc__"])
def test_every_sentence_is_told_in_english_too(name: str) -> None:
    told = IndexUnavailable(SENTENCES[name], detail="x").told("en")
    assert told != IndexUnavailable(SENTENCES[name], detail="x").sentence
    assert "{" not in told
