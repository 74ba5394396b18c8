"""`vigie procedures`: why notices are one tender, and what to do when they are not."""

from __future__ import annotations

import json

import pytest

from monitoring import incidents
from notices.model import Notice
from store import procedure_decisions
from store.records import Saving
from tests.support.command import Vigie
from tests.support.store_examples import notice

UUID = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"


def on(portal: str, native_id: str) -> Notice:
    return notice(native_id, id=f"{portal}:{native_id}", portal=portal, notice_uuid=UUID)


def save(vigie: Vigie, *notices: Notice) -> None:
    with vigie.store() as store:
        store.notices.save_many([Saving(notice=item) for item in notices])


def test_what_makes_two_notices_one_tender_is_shown_and_can_be_refused(empty: Vigie) -> None:
    save(empty, on("be_bda", "1"), on("eu_ted", "2-2026"))
    shown = empty("procedures", "show", "eu_ted:2-2026").stdout
    assert "procedure be_bda:1: 2 notices" in shown
    assert f"eforms-notice-id {UUID}: 2 notices (be_bda:1, eu_ted:2-2026)" in shown
    assert "because eu_ted:2-2026 brings" in shown
    empty("procedures", "refuse", "eforms-notice-id", UUID, "--reason", "typed twice", "--by", "Ada")
    (after,) = empty.lines("procedures", "show", "eu_ted:2-2026", "--json")
    assert after["notice_ids"] == ["eu_ted:2-2026"]
    assert "typed twice (Ada," in empty("procedures", "show", "be_bda:1").stdout
    assert empty("procedures", "refuse", "x", "y", code=2).stderr
    missing = ("procedures", "refuse", "notice", "be_bda:1", "--reason", "z", "--notice", "be_bda:9")
    assert "no notice be_bda:9" in empty(*missing, code=1).stderr
    assert "there are: procedure-key" in empty("procedures", "refuse", "x", "y", "--reason", "z", code=1).stderr


def test_a_rebuild_says_what_it_would_do_and_what_it_did(empty: Vigie) -> None:
    save(empty, on("be_bda", "1"), on("eu_ted", "2-2026"))
    empty("procedures", "refuse", "eforms-notice-id", UUID, "--reason", "typed twice")
    empty("procedures", "allow", "eforms-notice-id", UUID, "--reason", "it is the same")
    assert "1 would be merged into another" in empty("procedures", "rebuild", "--dry-run").stdout
    assert json.loads(empty("procedures", "rebuild", "--json").stdout)["merged"] == 1
    assert "0 were merged into another" in empty("procedures", "rebuild").stdout


def test_an_identifier_that_is_everywhere_is_told_until_somebody_decides(
    empty: Vigie, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procedure_decisions, "MOST_NOTICES", 3)
    save(empty, *(on("be_bda", str(number)) for number in range(5)))
    with empty.store() as store:
        incidents.watch(store, portals=())
    assert "identifier-set-aside" in empty("status", code=1).stdout
    (decision,) = empty.lines("procedures", "decisions", "--json", code=1)
    assert (decision["by"], decision["value"]) == ("vigie", UUID)
    empty("procedures", "refuse", "eforms-notice-id", UUID, "--reason", "the portal prints it everywhere")
    assert "everywhere" in empty("procedures", "decisions").stdout
    assert "identifier-set-aside" not in empty("status", code=1).stdout  # exit 1: no portal has been read yet


def test_a_procedure_that_is_not_there_is_said(empty: Vigie) -> None:
    assert "no notice and no procedure be_bda:9" in empty("procedures", "show", "be_bda:9", code=1).stderr
