"""Exports: the query, the time and the coverage are in the file, nothing personal is, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from itertools import takewhile

import httpx
import pytest

from observatory.exports import COLUMNS, ExportFormat, export, harmless
from search.query import NoticeQuery
from tests.unit.web import invented
from tests.unit.web.conftest import NOW, Made


def table(text: str) -> tuple[dict[str, str], list[dict[str, str]], list[str]]:
    """Head, rows and last line of a CSV export."""
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    above = list(takewhile(lambda line: line[0].startswith("#"), lines))
    columns = lines[len(above)]
    assert tuple(columns) == COLUMNS
    rows = [dict(zip(columns, line, strict=True)) for line in lines[len(above) + 1 : -1]]
    return {line[0]: line[1] for line in above}, rows, lines[-1]


async def test_a_csv_export_holds_the_query_the_time_and_the_coverage(site: httpx.AsyncClient) -> None:
    answer = await site.get("/export.csv", params={"natures": "supplies"})
    head, rows, last = table(answer.content.decode("utf-8"))
    assert answer.headers["content-disposition"].endswith('.csv"')
    assert json.loads(head["# query"]) == NoticeQuery(natures=("supplies",)).to_dict()
    assert head["# exported_at"] == NOW.isoformat()
    assert head["# announced"] == str(len(rows))
    assert "# coverage" in head
    assert last == ["# end", f"rows {len(rows)}", "gone 0"]
    assert {row["nature"] for row in rows} <= {"supplies", "works"}


async def test_page_interface_and_exports_agree_on_the_same_search(site: httpx.AsyncClient) -> None:
    search = NoticeQuery(text="mobilier OR voirie").to_url()
    total = (await site.get(f"/api/notices?{search}")).json()["total"]
    rows = table((await site.get(f"/export.csv?{search}")).content.decode())[1]
    lines = [json.loads(line) for line in (await site.get(f"/export.jsonl?{search}")).text.splitlines()]
    assert lines[0]["type"] == "export"
    assert lines[-1] == {"type": "end", "rows": total, "gone": 0}
    assert {row["id"] for row in rows} == {line["notice"]["id"] for line in lines[1:-1]}
    assert len(rows) == total > 5
    assert f"{total} avis" in (await site.get(f"/?{search}")).text


@pytest.mark.parametrize("start", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
async def test_no_cell_is_a_formula(made: Callable[..., Made], start: str) -> None:
    own = made([invented.notice(1, NOW, title={"fr": start}, references=[start])])
    out = io.StringIO(newline="")
    report = export(own.store, own.index, NoticeQuery(), ExportFormat.CSV, out, NOW)
    rows = table(out.getvalue())[1]
    assert report.rows == 1
    assert rows[0]["title"] == f"'{start}"
    assert rows[0]["references"] == f"'{start}"


def test_an_ordinary_cell_stays_as_it_is() -> None:
    assert harmless("Réfection – lot 1") == "Réfection – lot 1"
    assert harmless("") == ""


def test_what_the_index_names_and_the_store_lacks_is_counted(
    made: Callable[..., Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = made([invented.notice(1, NOW), invented.notice(2, NOW)])
    ids = [*own.index.scan(NoticeQuery(), now=NOW), "be_bda:removed"]
    monkeypatch.setattr(type(own.index), "scan", lambda *_, **__: iter(ids))
    out = io.StringIO()
    report = export(own.store, own.index, NoticeQuery(), ExportFormat.JSONL, out, NOW)
    assert (report.rows, report.gone) == (2, 1)
    assert json.loads(out.getvalue().splitlines()[-1]) == {"type": "end", "rows": 2, "gone": 1}


async def test_a_search_that_cannot_be_read_is_not_exported(site: httpx.AsyncClient) -> None:
    assert (await site.get("/export.csv", params={"cpv": "abc"})).status_code == 400
    assert (await site.get("/export.xls", params={"text": "voirie"})).status_code == 404


async def test_an_export_of_a_query_that_means_nothing_says_what_is_wrong(made: Callable[..., Made]) -> None:
    own = made([])
    async with own.browser() as client:
        answer = await client.get("/export.csv?colour=blue", headers={"accept-language": "en"})
    assert answer.status_code == 400
    assert "colour" in answer.text
    assert "Content-Disposition" not in answer.headers


async def test_an_export_says_how_its_sources_are_to_be_cited(site: httpx.AsyncClient) -> None:
    answer = await site.get("/export.csv", params={"portals": "be_bda"})
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8").removeprefix("\ufeff"))))
    (source,) = [line for line in lines if line[0] == "# source"]
    assert source[1:3] == ["be_bda", "Source : e-Procurement (BDA), SPF BOSA"]
    assert "royal decree" in source[3]
