"""The operators' manual keeps up with the code: every setting and every kind of incident stands in it."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from cli import main
from core.settings import PortalSettings, Settings
from store.records import IncidentKind

MANUAL = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `(VIGIE_[A-Z_]+)` \|(.*)\|$", MANUAL, re.MULTILINE))
NOT_IN_THE_TABLE = {"VIGIE_CONFIG", "VIGIE_SECRETS_DIR"}


def _variables(model: type[BaseModel], prefix: str) -> dict[str, object]:
    """Every variable of a settings model, with its default."""
    found: dict[str, object] = {}
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= _variables(field.annotation, f"{variable}__")
        elif variable == "VIGIE_PORTALS":
            found |= _variables(PortalSettings, f"{variable}__BE_BDA__")
        else:
            found[variable] = field.default
    return found


def test_every_setting_is_in_the_manual_with_its_meaning_and_no_other() -> None:
    assert set(ROWS) == set(_variables(Settings, "VIGIE_"))
    for variable, row in ROWS.items():
        assert len(row.rpartition("|")[2].split()) >= 2, f"{variable} has no meaning"


def test_vigie_settings_lists_what_the_manual_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIGIE_PORTALS__BE_BDA__ENABLED", "true")
    listed = CliRunner().invoke(main, ["settings"]).stdout.splitlines()
    names = {line.partition(" = ")[0] for line in listed}
    assert {f"VIGIE_{name.replace('.', '__').upper()}" for name in names} == set(ROWS)


@pytest.mark.parametrize(
    ("variable", "default"),
    [(name, value) for name, value in _variables(Settings, "VIGIE_").items() if isinstance(value, int | float | str)],
)
def test_the_manual_tells_the_default_in_force(variable: str, default: object) -> None:
    told = ROWS[variable].split("|")[0].strip().strip("`")
    spellings = {str(default), str(default).lower(), "a placeholder"}
    assert told in spellings | ({f"{default:g}"} if isinstance(default, float) else set())


def test_variables_named_elsewhere_in_the_manual_exist() -> None:
    known = set(_variables(Settings, "VIGIE_")) | NOT_IN_THE_TABLE
    named = {name.rstrip("_") for name in re.findall(r"VIGIE_[A-Z][A-Z_]*", MANUAL)} - {"VIGIE_SMTP"}
    assert named <= known


@pytest.mark.parametrize("kind", list(IncidentKind))
def test_every_kind_of_incident_has_symptom_meaning_and_action(kind: IncidentKind) -> None:
    (row,) = re.findall(rf"^\| `{kind.value}` \|(.*)\|$", MANUAL, re.MULTILINE)
    assert all(len(cell.split()) >= 3 for cell in row.split("|"))


def _commands() -> list[tuple[str, ...]]:
    """What the manual types after `vigie`, up to the first word that is no command."""
    typed = re.findall(r"(?:^|[`;&] ?|[a-z0-9'] )vigie ([a-z][a-z-]*(?: [a-z]+)?)", MANUAL, re.MULTILINE)
    return sorted({tuple(words.split()) for words in typed})


@pytest.mark.parametrize("words", _commands(), ids=" ".join)
def test_every_command_in_the_manual_exists(words: tuple[str, ...]) -> None:
    command = main.commands[words[0]]
    if isinstance(command, click.Group):
        assert words[1] in command.commands
