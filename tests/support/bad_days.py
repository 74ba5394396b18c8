"""What tests of a portal on a bad day share: how answers are lost, and what a window that failed says."""

from __future__ import annotations

from typing import Literal

import pytest

from store.records import Verdict, WindowRecord

LostPage = Literal["repeat", "empty"]
"""What is served in place of a page of a list: the one before it, or none."""
lost_pages = pytest.mark.parametrize("how", ["repeat", "empty"])

CutAnswer = Literal["connection", "payload"]
"""How an answer breaks off: with its connection, or short of its end."""
cut_answers = pytest.mark.parametrize("how", ["connection", "payload"])


def assert_failed(window: WindowRecord, *words: str) -> None:
    """Fail unless a window failed for a reason that says all of `words`."""
    assert window.verdict is Verdict.FAILED, f"{window.verdict}: {window.reason}"
    for said in words:
        assert said in (window.reason or ""), f"not said: {said!r}, but: {window.reason}"
