"""The order of versions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from store.columns import printable
from store.ordering import order_key

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


def test_versions_are_ordered_by_publication_and_then_by_their_own_number() -> None:
    in_order = [
        (None, None),
        (None, "7"),
        (EARLY, None),
        (EARLY, "draft"),
        (EARLY, "02"),
        (EARLY, "9"),
        (EARLY, "10"),
        (EARLY, "9" * 5000),
        (LATE, "1"),
    ]
    keys = [order_key(*version) for version in in_order]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_leading_zeros_make_no_other_version() -> None:
    assert order_key(EARLY, "01") == order_key(EARLY, "1")


@pytest.mark.parametrize(("text", "kept"), [("a\x00b", "a\ufffdb"), ("\ud800x", "\ufffdx"), ("é🏛", "é🏛")])
def test_words_of_a_portal_lose_only_what_no_database_takes(text: str, kept: str) -> None:
    assert printable(text) == kept
