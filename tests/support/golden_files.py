"""Golden files: invented documents in a portal's real structure, each beside the notice it must become.

A new document (`<name>.xml` of a format, `<name>.payload.<type>` of a portal) needs no code: the first run writes
`<name>.proposed.json` and fails. A person reads the proposal against the document and renames it to `<name>.json`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notices.model import Notice

GOLDEN = Path(__file__).parents[1] / "golden"


def golden_documents(folder: str) -> list[Path]:
    """The XML files of a folder of `tests/golden`; an empty folder is an error, not a pass."""
    return _documents(folder, "*.xml")


def golden_payloads(folder: str) -> list[Path]:
    """The payloads of a folder of `tests/golden`, of any type; an empty folder is an error, not a pass."""
    return _documents(folder, "*.payload.*")


def _documents(folder: str, pattern: str) -> list[Path]:
    files = sorted((GOLDEN / folder).glob(pattern))
    assert files, f"tests/golden/{folder} has no {pattern}"
    return files


def name_of(path: Path) -> str:
    """The name of a golden document, without its type."""
    return path.name.partition(".")[0]


def full_name(path: Path) -> str:
    """The same with its folder, as tests call it."""
    return f"{path.parent.name}/{name_of(path)}"


def as_json(notice: Notice) -> object:
    """What a golden file holds: the notice without what is at its default."""
    return json.loads(notice.model_dump_json(exclude_defaults=True))


def agreed(path: Path, read: object) -> object:
    """What a person agreed that a document says; without it a proposal is written and the test fails."""
    expected = path.with_name(f"{name_of(path)}.json")
    if not expected.exists():
        proposal = path.with_name(f"{name_of(path)}.proposed.json")
        proposal.write_text(json.dumps(read, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        pytest.fail(f"{proposal.name} was written: read it against {path.name} and rename it to {expected.name}.")
    return json.loads(expected.read_text(encoding="utf-8"))
