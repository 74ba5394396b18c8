"""Golden payloads of Atexo platforms: invented consultations in the software's structure, each beside its notice.

A new `<name>.payload.json` needs no code: the first run writes `<name>.proposed.json` and fails. A person reads the
proposal against the payload and renames it to `<name>.json`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawlers.contract import Parsing
from crawlers.portals import parser
from notices.model import Notice

GOLDEN = Path(__file__).parents[2] / "golden"
FILES = sorted(path for key in ("fr_place", "fr_maximilien") for path in (GOLDEN / key).glob("*.payload.json"))
UNREAD = {"label_of_tomorrow": ["detail.visite des lieux", "lots.variante"]}


def read(path: Path) -> Notice:
    return parser(path.parent.name)(path.read_bytes(), Parsing(path.parent.name, "https://portail.example")).notice


def test_both_platforms_have_golden_payloads() -> None:
    assert {path.parent.name for path in FILES} == {"fr_place", "fr_maximilien"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_a_golden_payload_reads_as_a_person_agreed(path: Path) -> None:
    told = json.loads(read(path).model_dump_json(exclude_defaults=True))
    name = path.name.removesuffix(".payload.json")
    expected_file = path.with_name(f"{name}.json")
    if not expected_file.exists():
        proposal = path.with_name(f"{name}.proposed.json")
        proposal.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        pytest.fail(f"{proposal.name} was written: read it against {path.name} and rename it to {expected_file.name}.")
    assert told == json.loads(expected_file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_what_a_golden_payload_leaves_unread_is_known(path: Path) -> None:
    name = path.name.removesuffix(".payload.json")
    context = Parsing(path.parent.name, "https://portail.example")
    found = parser(path.parent.name)(path.read_bytes(), context).unread
    assert [item.path for item in found] == UNREAD.get(name, [])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_a_golden_notice_survives_its_json(path: Path) -> None:
    notice = read(path)
    assert Notice.model_validate_json(notice.model_dump_json()) == notice
