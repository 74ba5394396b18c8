"""Golden payloads of the announcements of Morocco's national portal: invented units, each beside its notice.

A new `<name>.payload.json` needs no code: the first run writes `<name>.proposed.json` and fails. A person reads the
proposal against the payload and renames it to `<name>.json`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawlers.contract import Parsing
from crawlers.portals.ma_pmmp_results.parse import parse
from notices.model import Notice

GOLDEN = Path(__file__).parents[2] / "golden" / "ma_pmmp_results"
FILES = sorted(GOLDEN.glob("*.payload.json"))
CONTEXT = Parsing(portal="ma_pmmp_results", base_url="https://portail.example")
UNREAD = {"opening_with_a_new_column": ["suivi.Observations"]}


def name_of(path: Path) -> str:
    return path.name.removesuffix(".payload.json")


def test_there_are_golden_payloads_of_every_kind() -> None:
    kinds = {json.loads(path.read_text(encoding="utf-8"))["type"] for path in FILES}
    wanted = {"extrait-pv", "resultat-definitif", "information", "achevement", "presentation", "resiliation"}
    assert wanted | {"annulation", "programme"} == kinds


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_golden_payload_reads_as_a_person_agreed(path: Path) -> None:
    reading = parse(path.read_bytes(), CONTEXT)
    read = json.loads(reading.notice.model_dump_json(exclude_defaults=True))
    assert [element.path for element in reading.unread] == UNREAD.get(name_of(path), [])
    expected_file = path.with_name(f"{name_of(path)}.json")
    if not expected_file.exists():
        proposal = path.with_name(f"{name_of(path)}.proposed.json")
        proposal.write_text(json.dumps(read, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        pytest.fail(f"{proposal.name} was written: read it against {path.name} and rename it to {expected_file.name}.")
    assert read == json.loads(expected_file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_golden_notice_passes_through_json_unchanged(path: Path) -> None:
    notice = parse(path.read_bytes(), CONTEXT).notice
    assert Notice.model_validate_json(notice.model_dump_json()) == notice
