"""Golden payloads of Morocco's purchase orders: invented pages and cards, each beside its notice.

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
FILES = sorted(path for key in ("ma_bdc", "ma_bdc_results") for path in (GOLDEN / key).glob("*.payload.json"))
UNREAD = {
    "call_in_arabic_with_labels_nobody_knows": ["show.Budget prévisionnel", "show.Nature de la prestation"],
    "outcome_nobody_knows": ["card.(no label)", "card.Délai d'exécution"],
}


def name_of(path: Path) -> str:
    return path.name.removesuffix(".payload.json")


def context_of(path: Path) -> Parsing:
    return Parsing(portal=path.parent.name, base_url="https://portail.example")


def test_there_are_golden_payloads_of_both_lists() -> None:
    assert {path.parent.name for path in FILES} == {"ma_bdc", "ma_bdc_results"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_golden_payload_reads_as_a_person_agreed(path: Path) -> None:
    notice = parser(path.parent.name)(path.read_bytes(), context_of(path)).notice
    read = json.loads(notice.model_dump_json(exclude_defaults=True))
    expected_file = path.with_name(f"{name_of(path)}.json")
    if not expected_file.exists():
        proposal = path.with_name(f"{name_of(path)}.proposed.json")
        proposal.write_text(json.dumps(read, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        pytest.fail(f"{proposal.name} was written: read it against {path.name} and rename it to {expected_file.name}.")
    assert read == json.loads(expected_file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_what_a_golden_payload_leaves_unread_is_known(path: Path) -> None:
    reading = parser(path.parent.name)(path.read_bytes(), context_of(path))
    assert [item.path for item in reading.unread] == UNREAD.get(name_of(path), [])


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_golden_notice_survives_its_json(path: Path) -> None:
    notice = parser(path.parent.name)(path.read_bytes(), context_of(path)).notice
    assert Notice.model_validate_json(notice.model_dump_json()) == notice
