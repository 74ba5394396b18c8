"""Golden payloads of French award data: invented lines and files, each beside the notice it must become.

A new `<name>.payload.json` or `.payload.xml` needs no code: the first run writes `<name>.proposed.json` and fails. A
person reads the proposal against the payload and renames it to `<name>.json`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawlers.contract import Parsing
from crawlers.portals.fr_decp.parse import FORMS, parse, split
from notices.model import Notice

GOLDEN = Path(__file__).parents[2] / "golden" / "fr_decp"
FILES = sorted(GOLDEN.glob("*.payload.*"))
CONTEXT = Parsing(portal="fr_decp", base_url="https://donnees.example")
UNREAD = {"lines_of_a_framework": ["marche.nouvelle_colonne"]}


def name_of(path: Path) -> str:
    return path.name.partition(".")[0]


def test_there_are_golden_payloads() -> None:
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_golden_payload_reads_as_a_person_agreed(path: Path) -> None:
    notice = parse(path.read_bytes(), CONTEXT).notice
    read = json.loads(notice.model_dump_json(exclude_defaults=True))
    expected_file = path.with_name(f"{name_of(path)}.json")
    if not expected_file.exists():
        proposal = path.with_name(f"{name_of(path)}.proposed.json")
        proposal.write_text(json.dumps(read, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        pytest.fail(f"{proposal.name} was written: read it against {path.name} and rename it to {expected_file.name}.")
    assert read == json.loads(expected_file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_what_a_golden_payload_leaves_unread_is_known(path: Path) -> None:
    assert [item.path for item in parse(path.read_bytes(), CONTEXT).unread] == UNREAD.get(name_of(path), [])


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_golden_notice_survives_its_json_and_a_second_split(path: Path) -> None:
    notice = parse(path.read_bytes(), CONTEXT).notice
    assert Notice.model_validate_json(notice.model_dump_json()) == notice
    [unit] = split(path.read_bytes())
    assert parse(unit, CONTEXT).notice == notice


def test_every_form_is_named_with_what_it_is() -> None:
    assert set(FORMS) == {"raw-unit", "json-2019", "json-2022", "xml-2022", "table-json", "table-csv"}
