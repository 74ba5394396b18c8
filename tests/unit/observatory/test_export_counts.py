"""Numbers of tenders in an export, as a spreadsheet shows them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from notices.model import LotResult, Notice, NoticeKind
from observatory.exports import COLUMNS, harmless, row
from store.records import StoredNotice


def received(*results: LotResult) -> str:
    notice = Notice(
        id="fr_boamp:26-1", portal="fr_boamp", country="FR", kind=NoticeKind.RESULT, format="test",
        title={"fr": "Haies"}, results=results,
    )  # fmt: skip
    seen = datetime(2026, 11, 20, tzinfo=UTC)
    stored = StoredNotice.model_construct(notice=notice, version=1, first_seen_at=seen)
    return row(stored)["tenders_received"]


def test_a_number_of_tenders_without_a_lot_is_no_formula() -> None:
    assert "tenders_received" in COLUMNS
    told = received(LotResult(tenders_received=13))
    assert told == "13"
    assert harmless(told) == told


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ((LotResult(lot_id="LOT-0001", tenders_received=13), LotResult(id="RES-2", tenders_received=0)),
         "LOT-0001=13; RES-2=0"),
        ((LotResult(tenders_received=4), LotResult(tenders_received=4)), "4; 4"),
        ((LotResult(lot_id="1"), LotResult(lot_id="2", tenders_received=1)), "2=1"),
        ((), ""),
    ],
)  # fmt: skip
def test_each_result_has_its_number(results: tuple[LotResult, ...], told: str) -> None:
    assert received(*results) == told
