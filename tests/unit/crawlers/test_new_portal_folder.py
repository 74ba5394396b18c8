"""What `vigie new-portal` leaves behind: a whole folder or none, and a portal that nobody asks before it was seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import VigieError
from crawlers import new_portal
from crawlers.portals.loading import read_definition

GIVEN = {"name": "Marchés de Lune", "base_url": "https://lune.example", "country": "FR", "zone": "Europe/Paris"}
BEGUN = [None, *new_portal.engines()]


@pytest.mark.parametrize("engine", BEGUN)
def test_a_disk_that_fills_up_leaves_no_half_portal_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str | None
) -> None:
    last = "portal.yml" if engine else "parse.py"
    whole = Path.write_text

    def full(path: Path, text: str, **how: object) -> int:
        if path.name == last:
            raise OSError(28, "No space left on device")
        return whole(path, text, **how)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="No space left"):
            new_portal.write("fr_lune", **GIVEN, engine=engine, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
    written = new_portal.write("fr_lune", **GIVEN, engine=engine, folder=tmp_path)
    assert all(path.is_file() for path in written)
    assert [path.name for path in tmp_path.iterdir()] == ["fr_lune"]


@pytest.mark.parametrize("engine", BEGUN)
def test_the_scheduler_leaves_a_new_portal_alone_until_somebody_gives_it_hours(
    tmp_path: Path, engine: str | None
) -> None:
    new_portal.write("fr_lune", **GIVEN, engine=engine, folder=tmp_path)
    portal = read_definition(tmp_path / "fr_lune" / "portal.yml")
    assert portal.calendar.at == ()


def test_a_spider_that_knows_no_days_yet_is_not_asked_for_any(tmp_path: Path) -> None:
    """The begun spider walks one list; every day asked for would be complete with all notices of the portal."""
    new_portal.write("fr_lune", **GIVEN, folder=tmp_path)
    assert read_definition(tmp_path / "fr_lune" / "portal.yml").scopes == ("open",)


def test_what_was_not_read_yet_can_be_filled_in_one_by_one(tmp_path: Path) -> None:
    new_portal.write("fr_lune", **GIVEN, engine="atexo_fr", folder=tmp_path)
    path = tmp_path / "fr_lune" / "portal.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Not read yet.", "Licence Ouverte 2.0", 1), encoding="utf-8")
    portal = read_definition(path)
    assert (portal.licence.text, portal.terms.text, portal.robots.text) == (
        "Licence Ouverte 2.0",
        "Not read yet.",
        "Not read yet.",
    )
    assert set(portal.name) == {"fr", "en"}


def test_what_a_probe_can_look_for_by_itself_comes_with_the_software(tmp_path: Path) -> None:
    new_portal.write("fr_lune", **GIVEN, engine="atexo_fr", folder=tmp_path)
    portal = read_definition(tmp_path / "fr_lune" / "portal.yml")
    assert any(item.check and "PopUpDetailLots" in item.check.page for item in portal.unverified)
    assert portal.unverified[0].what == "everything about this portal"


def test_an_engine_without_a_parser_is_not_offered(tmp_path: Path) -> None:
    with pytest.raises(VigieError, match="There is no engine bdc; there are: atexo_fr, atexo_ma"):
        new_portal.write("fr_lune", **GIVEN, engine="bdc", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
