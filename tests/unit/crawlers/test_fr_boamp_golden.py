"""Golden payloads of BOAMP: invented notices in the portal's real structure, each beside its notice.

A new `<name>.payload.json` or `.payload.xml` needs no code: the first run writes `<name>.proposed.json` and fails. A
person reads the proposal against the payload and renames it to `<name>.json`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawlers.contract import Parsing
from crawlers.portals.fr_boamp.parse import parse, split
from notices.model import Notice

GOLDEN = Path(__file__).parents[2] / "golden" / "fr_boamp"
FILES = sorted((*GOLDEN.glob("*.payload.json"), *GOLDEN.glob("*.payload.xml")))
CONTEXT = Parsing(portal="fr_boamp", base_url="https://portail.example")
UNREAD = {"divers_call_with_a_new_field": ["record.nouveau_champ"]}


def name_of(path: Path) -> str:
    return path.name.partition(".")[0]


def test_there_are_golden_payloads_of_every_shape() -> None:
    assert {name_of(path).partition("_")[0] for path in FILES} == {
        "eforms", "fns", "mapa", "dsp", "divers", "old", "record", "dump",
    }  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_golden_payload_reads_as_a_person_agreed(path: Path) -> None:
    (payload,) = split(path.read_bytes())
    read = json.loads(parse(payload, CONTEXT).notice.model_dump_json(exclude_defaults=True))
    expected = path.with_name(f"{name_of(path)}.json")
    if not expected.exists():
        proposal = path.with_name(f"{name_of(path)}.proposed.json")
        proposal.write_text(json.dumps(read, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        pytest.fail(f"{proposal.name} was written: read it against {path.name} and rename it to {expected.name}.")
    assert read == json.loads(expected.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_what_a_golden_payload_leaves_unread_is_known(path: Path) -> None:
    (payload,) = split(path.read_bytes())
    assert [item.path for item in parse(payload, CONTEXT).unread] == UNREAD.get(name_of(path), [])


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_golden_notice_survives_its_json(path: Path) -> None:
    (payload,) = split(path.read_bytes())
    notice = parse(payload, CONTEXT).notice
    assert Notice.model_validate_json(notice.model_dump_json()) == notice
