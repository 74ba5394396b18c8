"""Golden notices: invented files in the portal's real structure, each beside the notice it must become."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notices.formats.eforms import ReadingContext, read_eforms
from notices.model import Notice
from tests.support.golden_files import agreed, as_json, golden_documents

FILES = golden_documents("eforms")
CONTEXT = ReadingContext(portal="be_bda", zone=ZoneInfo("Europe/Brussels"), url="https://portail.example/avis")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_notice_reads_as_a_person_agreed(path: Path) -> None:
    read = as_json(read_eforms(path.read_bytes(), context=CONTEXT).notice)
    assert read == agreed(path, read)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_of_a_golden_notice_is_left_unread(path: Path) -> None:
    assert read_eforms(path.read_bytes(), context=CONTEXT).unread == ()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_notice_survives_its_json(path: Path) -> None:
    notice = read_eforms(path.read_bytes(), context=CONTEXT).notice
    assert Notice.model_validate_json(notice.model_dump_json()) == notice
