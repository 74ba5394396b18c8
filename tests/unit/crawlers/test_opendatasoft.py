"""Questions to an Opendatasoft data set: literals, shares of a long list, quotas."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import Mock
from urllib.parse import parse_qs, urlsplit

import pytest
from scrapy.http import Response, TextResponse

from crawlers.contract import LayoutError
from crawlers.engines import opendatasoft
from crawlers.engines.opendatasoft import BeyondCap, Dataset, Question, Share, day, one_of, text
from simulated_portals.boamp.portal import DATASET, BoampPortal
from simulated_portals.boamp.server import make_portal
from simulated_portals.messages import Request

TODAY = date(2026, 11, 18)


class InMemory:
    """Asks a simulated portal without a network."""

    def __init__(self, portal: BoampPortal) -> None:
        self.portal = portal
        self.asked: list[str] = []

    async def get(self, url: str) -> tuple[Any, bytes]:
        response = await self.download(Mock(url=url))
        assert response.status == 200, response.body
        return response.json(), response.body

    async def download(self, request: Any) -> TextResponse:
        self.asked.append(request.url)
        parts = urlsplit(request.url)
        answer = self.portal.answer(Request("GET", parts.path, parts.query))
        headers = {"Content-Type": answer.content_type or ""}
        return TextResponse(request.url, answer.status, headers, answer.body, encoding="utf-8")


def dataset(portal: BoampPortal, cap: int = 10_000) -> Dataset:
    service: Any = InMemory(portal)
    return Dataset(
        service, f"http://x{DATASET}records", f"http://x{DATASET}exports/jsonl", timezone="Europe/Paris", cap=cap
    )


def test_literals_cannot_break_out_of_a_condition() -> None:
    assert text('26-1") or (idweb is not null') == r'"26-1\") or (idweb is not null"'
    assert text("a\\b\nc") == r'"a\\b c"'
    assert day(TODAY) == "date'2026-11-18'"
    assert one_of("idweb", ["26-1", "26-2"]) == 'idweb in ("26-1", "26-2")'


@pytest.mark.parametrize("total_days", [2, 3, 40, 65, 9_000])
def test_shares_of_days_do_not_overlap_and_leave_nothing_out(total_days: int) -> None:
    first = date.fromordinal(TODAY.toordinal() - total_days)
    waiting, days = [Share("", "dateparution", first, TODAY)], []
    while waiting:
        share = waiting.pop()
        parts = share.parts()
        waiting += parts
        if not parts:
            days.append((share.first, share.end))
    assert sorted(days) == [
        (date.fromordinal(n), date.fromordinal(n + 1)) for n in range(first.toordinal(), TODAY.toordinal())
    ]


def test_a_day_is_divided_by_values_with_a_part_for_all_others() -> None:
    share = Share("", "dateparution", TODAY, date(2026, 11, 19), (("famille", ("JOUE", "FNS")),))
    assert [part.where for part in share.parts()] == [
        "(famille = \"JOUE\") and dateparution = date'2026-11-18'",
        "(famille = \"FNS\") and dateparution = date'2026-11-18'",
        '(not (famille in ("JOUE", "FNS"))) and dateparution = date\'2026-11-18\'',
    ]
    assert share.parts()[0].parts() == ()


def test_shares_below_the_cap_add_up_to_the_whole() -> None:
    asked = dataset(make_portal(invented=120, seed=2, today=TODAY, cap=25), cap=25)
    whole = Share("", "dateparution", date(2000, 1, 1), date(2026, 11, 20), (("famille", ("JOUE", "FNS", "MAPA")),))
    parts = asyncio.run(asked.shares_below_cap(whole, 120, "idweb"))
    assert len(parts) > 4
    assert all(size < 25 for _share, size in parts)
    assert sum(size for _share, size in parts) == 120


def test_a_share_that_cannot_be_divided_any_further_is_named() -> None:
    asked = dataset(make_portal(invented=5, today=TODAY))
    share = Share("", "dateparution", TODAY, date(2026, 11, 19))
    with pytest.raises(BeyondCap, match=r"The portal has 12000 notices of dateparution = date'2026-11-18'"):
        asyncio.run(asked.shares_below_cap(share, 12_000, "idweb"))


@pytest.mark.parametrize(("offset", "limit"), [(0, 101), (9_950, 100), (-1, 10), (0, 0)])
def test_a_page_that_would_be_refused_is_never_asked_for(offset: int, limit: int) -> None:
    asked = dataset(make_portal(invented=0, today=TODAY))
    with pytest.raises(ValueError, match="the service takes 100 records"):
        asyncio.run(asked.page(Question(""), offset=offset, limit=limit))


def test_a_page_says_its_zone_its_order_and_its_fields() -> None:
    asked = dataset(make_portal(invented=30, today=TODAY))
    page = asyncio.run(asked.page(Question("famille = 'JOUE'", ("idweb", "famille"), "idweb"), limit=7))
    sent = parse_qs(urlsplit(asked._service.asked[-1]).query)  # type: ignore[attr-defined]
    assert sent == {
        "select": ["idweb,famille"], "where": ["famille = 'JOUE'"], "order_by": ["idweb"],
        "timezone": ["Europe/Paris"], "limit": ["7"], "offset": ["0"],
    }  # fmt: skip
    assert {tuple(row) for row in page.rows} == {("idweb", "famille")}
    assert page.total >= len(page.rows)


def test_an_export_brings_every_record_whatever_the_cap() -> None:
    asked = dataset(make_portal(invented=60, today=TODAY, cap=20), cap=20)
    assert len(asyncio.run(asked.export(Question("", ("idweb",), "idweb")))) == 60


@pytest.mark.parametrize(("cuts", "whole"), [((True, False), True), ((True,) * 5, False)])
def test_an_export_whose_last_line_is_cut_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, cuts: tuple[bool, ...], whole: bool
) -> None:
    monkeypatch.setattr(opendatasoft, "back_off", lambda tries, delay: 0.0)
    asked, left = dataset(make_portal(invented=10, today=TODAY)), list(cuts)
    real = asked._service.download

    async def download(request: Any) -> Response:
        response = await real(request)
        return response.replace(body=response.body[:-9]) if left.pop(0) else response

    asked._service.download = download  # type: ignore[method-assign,assignment]
    if whole:
        assert len(asyncio.run(asked.export(Question("")))) == 10
        return
    with pytest.raises(LayoutError, match="lines that cannot be read"):
        asyncio.run(asked.export(Question("")))


@pytest.mark.parametrize(
    ("printed", "instant"),
    [
        ("1795046400", datetime(2026, 11, 19, 0, 0, tzinfo=UTC)),
        ("2026-11-19T00:00:00Z", datetime(2026, 11, 19, tzinfo=UTC)),
        ("2026-11-19 00:00:00", datetime(2026, 11, 19, tzinfo=UTC)),
        ("2026-11-19 00:00:00+00:00", datetime(2026, 11, 19, tzinfo=UTC)),
        ("", None),
        ("soon", None),
        ("9" * 30, None),
    ],
)
def test_the_reset_of_a_quota_is_read_as_it_is_printed(printed: str, instant: datetime | None) -> None:
    assert opendatasoft._instant(printed) == instant
