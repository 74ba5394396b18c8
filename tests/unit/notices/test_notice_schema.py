"""The published schema and the coverage table follow the model."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

from jsonschema import Draft202012Validator

from notices.coverage import coverage_table, field_coverage
from notices.formats.eforms import ReadingContext, read_eforms
from notices.model import Notice
from notices.schema import SCHEMA_FILE, notice_schema

GOLDEN = Path(__file__).parents[2] / "golden" / "eforms"


def golden_notices() -> list[Notice]:
    context = ReadingContext(portal="be_bda", zone=ZoneInfo("Europe/Brussels"))
    return [read_eforms(path.read_bytes(), context=context).notice for path in sorted(GOLDEN.glob("*.xml"))]


def test_the_published_schema_is_that_of_the_model() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == notice_schema(), "run `python -m notices.schema`"


def test_notices_as_json_fit_the_published_schema() -> None:
    validator = Draft202012Validator(json.loads(notice_schema()))
    for notice in golden_notices():
        assert not list(validator.iter_errors(notice.model_dump(mode="json")))


def test_coverage_counts_a_field_once_per_notice_and_keeps_empty_ones() -> None:
    notices = golden_notices()
    rows = {row.path: row for row in field_coverage(notices)}
    assert rows["title"].filled == rows["title"].notices == len(notices)
    assert rows["lots[].deadlines[].at"].filled == 1
    assert rows["results[].tenders[].tenderers[].name"].filled == 2
    assert rows["raw"].filled == 0
    assert rows["lots[].flags.green"].filled == 1


def test_the_coverage_page_says_how_many_notices_were_counted() -> None:
    page = coverage_table(field_coverage(golden_notices()), title="Fields of be_bda", source="Invented notices.")
    assert "Notices counted: 6." in page
    assert "| `lots[].deadlines` | 1 | 17% |" in page


def test_coverage_of_no_notices_is_a_table_of_zeros() -> None:
    rows = field_coverage([])
    assert rows
    assert all(row.share == 0 for row in rows)
