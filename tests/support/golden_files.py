"""Golden files: invented documents in a portal's real structure, each beside the notice it must become.

A new XML file needs no code: the first run writes `<name>.proposed.json` and fails. A person reads the proposal against
the XML and renames it to `<name>.json`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notices.model import Notice

GOLDEN = Path(__file__).parents[1] / "golden"


def golden_documents(folder: str) -> list[Path]:
    """The XML files of a folder of `tests/golden`; an empty folder is an error, not a pass."""
    files = sorted((GOLDEN / folder).glob("*.xml"))
    assert files, f"tests/golden/{folder} has no XML file"
    return files


def as_json(notice: Notice) -> object:
    """What a golden file holds: the notice without what is at its default."""
    return json.loads(notice.model_dump_json(exclude_defaults=True))


def agreed(path: Path, read: object) -> object:
    """What a person agreed that a document says; without it a proposal is written and the test fails."""
    expected = path.with_suffix(".json")
    if not expected.exists():
        proposal = path.with_suffix(".proposed.json")
        proposal.write_text(json.dumps(read, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        pytest.fail(f"{proposal.name} was written: read it against {path.name} and rename it to {expected.name}.")
    return json.loads(expected.read_text(encoding="utf-8"))
