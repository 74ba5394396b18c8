"""The simulated BOAMP keeps the rules of the real interface."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from simulated_portals.boamp.portal import DATASET, BoampPortal
from simulated_portals.boamp.records import FIELDS
from simulated_portals.boamp.server import make_portal
from simulated_portals.messages import Answer, Request

TODAY = date(2026, 11, 18)


@pytest.fixture(scope="module")
def portal() -> BoampPortal:
    return make_portal(invented=160, seed=4, today=TODAY)


def ask(portal: BoampPortal, path: str = "records", **parameters: object) -> Answer:
    return portal.answer(Request("GET", DATASET + path, urlencode({key: str(v) for key, v in parameters.items()})))


def found(portal: BoampPortal, **parameters: object) -> dict[str, Any]:
    answer = ask(portal, **parameters)
    assert answer.status == 200, answer.body
    read: dict[str, Any] = json.loads(answer.body)
    return read


def keys(portal: BoampPortal, where: str) -> set[str]:
    return {row["idweb"] for row in found(portal, where=where, limit=100)["results"]}


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"limit": 101}, "InvalidRESTParameterError"),
        ({"limit": -2}, "InvalidRESTParameterError"),
        ({"limit": "many"}, "InvalidRESTParameterError"),
        ({"limit": 100, "offset": 9_901}, "InvalidRESTParameterError"),
        ({"limit": 10, "offset": -1}, "InvalidRESTParameterError"),
        ({"rows": 10}, "InvalidRESTParameterError"),
        ({"timezone": "Europe/Lutèce"}, "InvalidRESTParameterError"),
        ({"where": "siret = '21'"}, "ODSQLError"),
        ({"where": "cpv is null"}, "ODSQLError"),
        ({"where": "nature = 'APPEL_OFFRE'\nand etat = 'INITIAL'"}, "ODSQLError"),
        ({"where": "nature ="}, "ODSQLError"),
        ({"where": "nature = 'APPEL_OFFRE' etat"}, "ODSQLError"),
        ({"where": "(nature = 'APPEL_OFFRE'"}, "ODSQLError"),
        ({"select": "idweb,montant"}, "ODSQLError"),
        ({"order_by": "html desc"}, "ODSQLError"),
    ],
)
def test_what_the_interface_does_not_take_is_refused_with_its_code(
    portal: BoampPortal, parameters: dict[str, object], code: str
) -> None:
    answer = ask(portal, **parameters)
    told = json.loads(answer.body)
    assert (answer.status, told["error_code"]) == (400, code)
    assert told["message"]


def test_the_last_page_below_the_cap_is_served(portal: BoampPortal) -> None:
    assert found(portal, limit=100, offset=9_900)["results"] == []


def test_ten_rows_come_by_default_and_the_oldest_first(portal: BoampPortal) -> None:
    answer = found(portal)
    days = [row["dateparution"] for row in answer["results"]]
    assert (answer["total_count"], len(days)) == (160, 10)
    assert days == sorted(days)
    newest = found(portal, order_by="dateparution desc")["results"][0]
    assert newest["dateparution"] > days[-1]


def test_a_record_has_every_field_and_writes_two_of_them_as_json_in_a_text(portal: BoampPortal) -> None:
    row = found(portal, limit=1)["results"][0]
    assert tuple(row) == FIELDS
    assert isinstance(json.loads(row["donnees"]), dict)
    assert json.loads(row["gestion"])["REFERENCE"]["IDWEB"] == row["idweb"]
    assert isinstance(row["code_departement"], list)
    assert row["titulaire"] is None


def test_select_leaves_out_what_was_not_asked_for(portal: BoampPortal) -> None:
    assert set(found(portal, select="idweb, objet", limit=1)["results"][0]) == {"idweb", "objet"}


def test_times_are_utc_unless_a_zone_is_asked_for(portal: BoampPortal) -> None:
    where = "datelimitereponse is not null"
    utc = found(portal, where=where, limit=1)["results"][0]["datelimitereponse"]
    paris = found(portal, where=where, limit=1, timezone="Europe/Paris")["results"][0]["datelimitereponse"]
    assert utc.endswith("+00:00")
    assert paris[-6:] in ("+01:00", "+02:00")


def test_categorised_values_end_with_a_slash_and_are_not_found_without_it(portal: BoampPortal) -> None:
    assert found(portal, where="nature_categorise_libelle = 'Avis de marché'")["total_count"] == 0
    assert found(portal, where="nature_categorise_libelle = 'Avis de marché/'")["total_count"] > 0


def test_conditions_mean_what_they_say(portal: BoampPortal) -> None:
    drafts = {draft.idweb: draft for draft in portal.catalogue.drafts()}
    day = max(draft.published_on for draft in drafts.values() if draft.published_on < TODAY)
    of_day = {key for key, draft in drafts.items() if draft.published_on == day}
    assert keys(portal, f"dateparution = date'{day}'") == of_day
    later = day + timedelta(days=1)
    assert keys(portal, f'dateparution >= "{day}" and dateparution < "{later}"') == of_day
    some = sorted(of_day)[:2]
    assert keys(portal, f'idweb in ("{some[0]}", "{some[1]}")') == set(some)
    assert keys(portal, "code_departement = '94'") == {k for k, d in drafts.items() if d.buyer.departement == "94"}
    assert keys(portal, "'TRAVAUX' in type_marche and famille = 'MAPA'") == {
        key for key, draft in drafts.items() if draft.nature == "TRAVAUX" and draft.shape == "mapa"
    }
    assert keys(portal, "not (famille in ('JOUE', 'FNS', 'MAPA', 'DSP'))") == {
        key for key, draft in drafts.items() if draft.shape == "divers"
    }
    assert keys(portal, 'search(objet, "gymnase")') == {k for k, d in drafts.items() if "gymnase" in d.title}


def test_exports_have_no_cap_while_the_offset_is_zero() -> None:
    small = make_portal(invented=60, seed=4, today=TODAY, cap=20)
    lines = ask(small, "exports/jsonl").body.splitlines()
    assert len(lines) == len(json.loads(ask(small, "exports/json").body)) == 60
    assert ask(small, "exports/jsonl", offset=10).status == 400
    assert ask(small, "exports/csv").body.startswith(b"\xef\xbb\xbfidweb;")


def test_a_quota_is_told_and_then_refused() -> None:
    limited = make_portal(invented=5, today=TODAY, quota=1)
    first, second = ask(limited), ask(limited)
    assert (first.status, dict(first.headers)["X-RateLimit-Remaining"]) == (200, "0")
    assert second.status == 429
    assert json.loads(second.body)["reset_time"].startswith("2026-11-19")


def test_the_same_seed_and_day_invent_the_same_notices_on_a_later_day() -> None:
    one = make_portal(invented=50, seed=8, invented_on=TODAY, today=TODAY)
    other = make_portal(invented=50, seed=8, invented_on=TODAY, today=TODAY + timedelta(days=3))
    assert one.catalogue.drafts() == other.catalogue.drafts()
    assert one.catalogue.drafts() != make_portal(invented=50, seed=9, invented_on=TODAY).catalogue.drafts()


def test_invented_notices_have_every_shape_and_every_event() -> None:
    drafts = make_portal(invented=400, seed=1, today=TODAY).catalogue.drafts()
    assert {draft.shape for draft in drafts} == {"eforms", "fns", "mapa", "dsp", "divers", "legacy"}
    for shape in ("eforms", "fns", "mapa"):
        events = {draft.event for draft in drafts if draft.shape == shape}
        assert events == {"call", "award", "correction", "cancellation"}


def test_a_cancellation_keeps_the_deadline_of_its_call_and_ends_earlier(portal: BoampPortal) -> None:
    call = next(d for d in portal.catalogue.drafts() if d.event == "call" and d.deadline and d.deadline.date() > TODAY)
    key = portal.cancel(call.idweb)
    row = found(portal, where=f'idweb = "{key}"')["results"][0]
    assert row["datelimitereponse"] is not None
    assert row["datefindiffusion"] == str(TODAY + timedelta(days=6))
    assert (row["etat"], row["annonce_lie"]) == ("ANNULATION", [call.idweb])


def test_news_is_found_today(portal: BoampPortal) -> None:
    before = found(portal, where=f"dateparution = date'{TODAY}'")["total_count"]
    published = {portal.make_news() for _ in range(8)}
    assert found(portal, where=f"dateparution = date'{TODAY}'")["total_count"] == before + len(published) == before + 8


def test_the_simulator_is_told_what_to_do(portal: BoampPortal) -> None:
    key = portal.do({"do": "publish"})
    assert keys(portal, f'idweb = "{key}"') == {key}
    with pytest.raises(ValueError, match="no notice 26-0"):
        portal.do({"do": "cancel", "id": "26-0"})
    with pytest.raises(ValueError, match="unknown command"):
        portal.do({"do": "dance"})
