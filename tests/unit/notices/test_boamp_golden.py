"""Golden notices of BOAMP: invented records and dumps in the real structures, each beside the notice it must become."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notices.formats.boamp import read_boamp, read_boamp_xml
from notices.formats.reading import Reading, ReadingContext
from notices.model import Notice
from tests.support.golden_files import GOLDEN, agreed, as_json, golden_documents

CONTEXT = ReadingContext(portal="fr_boamp", zone=ZoneInfo("Europe/Paris"), country="FR")
RECORDS = sorted((GOLDEN / "boamp_records").glob("*.payload.json"))
FILES = [*RECORDS, *golden_documents("boamp_dumps")]


def read(path: Path) -> Reading:
    if path.suffix == ".xml":
        return read_boamp_xml(path.read_bytes(), context=CONTEXT)
    return read_boamp(json.loads(path.read_text(encoding="utf-8")), context=CONTEXT)


def expected(path: Path) -> Path:
    return path.with_name(path.name.replace(".payload.json", ".json"))


def test_there_are_golden_records() -> None:
    assert RECORDS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_golden_notice_reads_as_a_person_agreed(path: Path) -> None:
    found = as_json(read(path).notice)
    assert found == agreed(expected(path), found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_of_a_golden_notice_is_left_unread(path: Path) -> None:
    assert read(path).unread == ()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_notice_survives_its_json(path: Path) -> None:
    notice = read(path).notice
    assert Notice.model_validate_json(notice.model_dump_json()) == notice


def test_a_dump_and_the_interface_say_the_same_of_a_notice() -> None:
    pairs = {
        "schema_325_mapa_call": "mapa_call_in_local_time",
        "schema_325_eforms_award": "eforms_award",
        "schema_325_prose_award": "fns_award_in_prose",
    }
    for dump, record in pairs.items():
        one = read(GOLDEN / "boamp_dumps" / f"{dump}.xml").notice
        other = read(GOLDEN / "boamp_records" / f"{record}.payload.json").notice
        for name in ("id", "kind", "title", "description", "deadlines", "lots", "results", "places", "links", "buyers"):
            assert getattr(one, name) == getattr(other, name), (dump, name)
