"""Golden notices before eForms: invented files in the real structure, each beside the notice it must become."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notices.formats.ted_export import ReadingContext, read_ted_export
from notices.model import Notice
from tests.support.golden_files import agreed, as_json, golden_documents

FILES = golden_documents("ted_export")
CONTEXT = ReadingContext(portal="eu_ted", zone=ZoneInfo("Europe/Brussels"), url="https://ted.example/notice")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_notice_reads_as_a_person_agreed(path: Path) -> None:
    read = as_json(read_ted_export(path.read_bytes(), context=CONTEXT).notice)
    assert read == agreed(path, read)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_of_a_golden_notice_is_left_unread(path: Path) -> None:
    assert read_ted_export(path.read_bytes(), context=CONTEXT).unread == ()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_notice_survives_its_json(path: Path) -> None:
    notice = read_ted_export(path.read_bytes(), context=CONTEXT).notice
    assert Notice.model_validate_json(notice.model_dump_json()) == notice
