"""Golden payloads of TED: invented units in the portal's real structure, each beside its notice.

A new `<name>.payload.json` needs no code: the first run writes `<name>.proposed.json` and fails. A person reads the
proposal against the payload and renames it to `<name>.json`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawlers.contract import Parsing
from crawlers.portals.eu_ted.parse import parse
from notices.model import Notice

GOLDEN = Path(__file__).parents[2] / "golden" / "eu_ted"
FILES = sorted(GOLDEN.glob("*.payload.json"))
CONTEXT = Parsing(portal="eu_ted", base_url="https://ted.example")
UNREAD = {"sparse_row_of_two_buyers": ["row.buyer-city"]}


def test_there_are_golden_payloads() -> None:
    assert len(FILES) >= 7


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_a_golden_payload_reads_as_a_person_agreed(path: Path) -> None:
    notice = parse(path.read_bytes(), CONTEXT).notice
    read = json.loads(notice.model_dump_json(exclude_defaults=True))
    name = path.name.removesuffix(".payload.json")
    expected_file = path.with_name(f"{name}.json")
    if not expected_file.exists():
        proposal = path.with_name(f"{name}.proposed.json")
        proposal.write_text(json.dumps(read, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        pytest.fail(f"{proposal.name} was written: read it against {path.name} and rename it to {expected_file.name}.")
    assert read == json.loads(expected_file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_what_a_golden_payload_leaves_unread_is_known(path: Path) -> None:
    name = path.name.removesuffix(".payload.json")
    assert [item.path for item in parse(path.read_bytes(), CONTEXT).unread] == UNREAD.get(name, [])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_a_golden_notice_survives_its_json(path: Path) -> None:
    notice = parse(path.read_bytes(), CONTEXT).notice
    assert Notice.model_validate_json(notice.model_dump_json()) == notice
