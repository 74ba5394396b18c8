"""Golden payloads of AWS-Achat and achatpublic: invented units in the portals' structure, each beside its notice.

A new `<name>.payload.json` needs no code: the first run writes `<name>.proposed.json` and fails. A person reads the
proposal against the payload and renames it to `<name>.json`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawlers.contract import Parsing
from crawlers.portals.loading import parser
from notices.model import Notice

GOLDEN = Path(__file__).parents[2] / "golden"
FILES = [path for key in ("fr_aws", "fr_achatpublic") for path in sorted((GOLDEN / key).glob("*.payload.json"))]
UNREAD = {
    "call_with_lots_corrected": ["detail.Clause nouvelle"],
    "call_with_lots": ["page.Visite du site"],
    "card_of_an_older_layout": ["card.Aspect social", "page.Visite du site"],
    "scraped_row": ["scraped.new_value"],
}

by_name = pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name.partition('.')[0]}")


def context(path: Path) -> Parsing:
    return Parsing(portal=path.parent.name, base_url="https://portail.example")


@by_name
def test_a_golden_payload_reads_as_a_person_agreed(path: Path) -> None:
    reading = parser(path.parent.name)(path.read_bytes(), context(path))
    read = json.loads(reading.notice.model_dump_json(exclude_defaults=True))
    name = path.name.removesuffix(".payload.json")
    expected = path.with_name(f"{name}.json")
    if not expected.exists():
        proposal = path.with_name(f"{name}.proposed.json")
        proposal.write_text(json.dumps(read, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        pytest.fail(f"{proposal.name} was written: read it against {path.name} and rename it to {expected.name}.")
    assert read == json.loads(expected.read_text(encoding="utf-8"))
    assert Notice.model_validate_json(reading.notice.model_dump_json()) == reading.notice


@by_name
def test_what_a_golden_payload_leaves_unread_is_known(path: Path) -> None:
    unread = parser(path.parent.name)(path.read_bytes(), context(path)).unread
    assert [item.path for item in unread] == UNREAD.get(path.name.removesuffix(".payload.json"), [])
