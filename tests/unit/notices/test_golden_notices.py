"""Golden notices: invented files in the formats' real structures, each beside the notice it must become."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notices.formats.boamp import read_boamp, read_boamp_xml
from notices.formats.eforms import read_eforms
from notices.formats.reading import Reading, ReadingContext
from notices.formats.ted_export import read_ted_export
from notices.model import Notice
from tests.support.golden_files import (
    GOLDEN,
    agreed,
    as_json,
    full_name,
    golden_documents,
    golden_payloads,
)

FILES = [
    *golden_documents("eforms"),
    *golden_documents("ted_export"),
    *golden_documents("boamp_dumps"),
    *golden_payloads("boamp_records"),
]
BRUSSELS = ZoneInfo("Europe/Brussels")
BELGIUM = ReadingContext(portal="be_bda", zone=BRUSSELS, url="https://portail.example/avis")
TED = ReadingContext(portal="eu_ted", zone=BRUSSELS, url="https://ted.example/notice")
FRANCE = ReadingContext(portal="fr_boamp", zone=ZoneInfo("Europe/Paris"), country="FR")

every_file = pytest.mark.parametrize("path", FILES, ids=full_name)


def read(path: Path) -> Reading:
    content = path.read_bytes()
    match path.parent.name:
        case "eforms":
            return read_eforms(content, context=BELGIUM)
        case "ted_export":
            return read_ted_export(content, context=TED)
        case "boamp_dumps":
            return read_boamp_xml(content, context=FRANCE)
        case _:
            return read_boamp(json.loads(content), context=FRANCE)


@every_file
def test_a_golden_notice_reads_as_a_person_agreed(path: Path) -> None:
    found = as_json(read(path).notice)
    assert found == agreed(path, found)


@every_file
def test_nothing_of_a_golden_notice_is_left_unread(path: Path) -> None:
    assert read(path).unread == ()


@every_file
def test_a_notice_survives_its_json(path: Path) -> None:
    notice = read(path).notice
    assert Notice.model_validate_json(notice.model_dump_json()) == notice


@pytest.mark.parametrize(
    ("dump", "record"),
    [
        ("schema_325_mapa_call", "mapa_call_in_local_time"),
        ("schema_325_eforms_award", "eforms_award"),
        ("schema_325_prose_award", "fns_award_in_prose"),
    ],
)
def test_a_dump_of_boamp_and_its_interface_say_the_same_of_a_notice(dump: str, record: str) -> None:
    one = read(GOLDEN / "boamp_dumps" / f"{dump}.xml").notice
    other = read(GOLDEN / "boamp_records" / f"{record}.payload.json").notice
    for name in ("id", "kind", "title", "description", "deadlines", "lots", "results", "places", "links", "buyers"):
        assert getattr(one, name) == getattr(other, name), name
