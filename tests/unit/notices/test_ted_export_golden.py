"""Golden notices before eForms: invented files in the real structure, each beside the notice it must become.

A new XML file needs no code: the first run writes `<name>.proposed.json` and fails. A person reads the proposal against
the XML and renames it to `<name>.json`.
"""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notices.formats.ted_export import ReadingContext, read_ted_export
from notices.model import Notice

GOLDEN = Path(__file__).parents[2] / "golden" / "ted_export"
FILES = sorted(GOLDEN.glob("*.xml"))
CONTEXT = ReadingContext(portal="eu_ted", zone=ZoneInfo("Europe/Brussels"), url="https://ted.example/notice")


def test_there_are_golden_notices() -> None:
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_notice_reads_as_a_person_agreed(path: Path) -> None:
    notice = read_ted_export(path.read_bytes(), context=CONTEXT).notice
    read = json.loads(notice.model_dump_json(exclude_defaults=True))
    expected_file = path.with_suffix(".json")
    if not expected_file.exists():
        proposal = path.with_suffix(".proposed.json")
        proposal.write_text(json.dumps(read, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        pytest.fail(f"{proposal.name} was written: read it against {path.name} and rename it to {expected_file.name}.")
    assert read == json.loads(expected_file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_of_a_golden_notice_is_left_unread(path: Path) -> None:
    assert read_ted_export(path.read_bytes(), context=CONTEXT).unread == ()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_notice_survives_its_json(path: Path) -> None:
    notice = read_ted_export(path.read_bytes(), context=CONTEXT).notice
    assert Notice.model_validate_json(notice.model_dump_json()) == notice
