"""BOAMP's short fields may stay while the notice itself is corrected: records are read whole again at certain ages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from crawlers.portals.fr_boamp.listing import LISTED, fingerprint
from simulated_portals.boamp.server import make_portal
from tests.support.boamp import TODAY, Boamp, boamp, busiest_day, live_on_today

ROW = {"idweb": "26-1", "dateparution": "2026-11-10", "titulaire": None, "type_marche": ["SERVICES", "TRAVAUX"]}


@pytest.fixture
def vigie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Boamp]:
    live_on_today(monkeypatch)
    with boamp(tmp_path, make_portal(invented=70, seed=11, today=TODAY), monkeypatch) as made:
        yield made


def test_a_correction_that_no_short_field_tells_is_found_some_days_later(
    vigie: Boamp, monkeypatch: pytest.MonkeyPatch
) -> None:
    day, listed = busiest_day(vigie)
    monkeypatch.setattr("crawlers.portals.fr_boamp.spider.fingerprint", lambda row, today: fingerprint(row, day))
    assert vigie.crawl(day).complete
    title = {item.notice.id: item.notice.buyers[0].name for item in vigie.store.notices.iterate()}
    corrected = next(draft for draft in vigie.control.catalogue.drafts() if draft.published_on == day)
    answer = vigie.control.answer

    def with_another_telephone(request: object) -> object:
        found = answer(request)  # type: ignore[arg-type]
        if b'"donnees"' not in (found.body or b""):
            return found
        whole = json.loads(found.body)
        for record in whole["results"]:
            if record["idweb"] == corrected.idweb:
                record["donnees"] = record["donnees"].replace(corrected.buyer.name, "SYNDICAT DE LA LUNE")
        return replace(found, body=json.dumps(whole).encode())

    monkeypatch.setattr(vigie.control, "answer", with_another_telephone)
    assert vigie.crawl(day).run.counts.changed == 0, "the list alone does not tell it"
    later = day + timedelta(days=2)
    monkeypatch.setattr("crawlers.portals.fr_boamp.spider.fingerprint", lambda row, today: fingerprint(row, later))
    fetched = vigie.requests("records")
    report = vigie.crawl(day)
    stored = vigie.store.notices.get(f"fr_boamp:{corrected.idweb}")
    assert stored is not None
    assert (report.run.counts.changed, stored.version) == (1, 2)
    assert stored.notice.buyers[0].name == {"fr": "SYNDICAT DE LA LUNE"} != title[stored.notice.id]
    assert vigie.requests("records") > fetched
    again = vigie.requests("records")
    assert vigie.crawl(day).run.counts.unchanged == listed
    assert vigie.requests("records") == again


@pytest.mark.parametrize(
    ("first", "second", "again"),
    [(0, 1, False), (1, 2, True), (2, 6, False), (6, 7, True), (7, 400, False), (-1, 0, False)],
)
def test_a_record_is_read_again_at_two_ages_and_never_later(first: int, second: int, again: bool) -> None:
    published = date(2026, 11, 10)
    one, other = (fingerprint(ROW, published + timedelta(days=age)) for age in (first, second))
    assert (one != other) is again


def test_the_order_of_a_list_is_no_change_and_every_short_field_is() -> None:
    today = date(2026, 11, 12)
    turned = {**ROW, "type_marche": ["TRAVAUX", "SERVICES"]}
    assert fingerprint(ROW, today) == fingerprint(turned, today)
    assert {"code_departement_prestation", "perimetre", "soustype_procedure", "sousnature", "type_avis"} <= set(LISTED)
