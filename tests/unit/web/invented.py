"""Invented notices for the tests of the site: every kind of page content, several languages, hostile texts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from notices.model import Notice

HOSTILE_TITLE = '<script>alert("x")</script> Travaux <b>urgents</b>'


def notice(number: int, now: datetime, **fields: Any) -> Notice:
    """A call of an invented commune, published some days ago, open for some more."""
    values: dict[str, Any] = {
        "id": f"be_bda:00000000-0000-4000-8000-{number:012d}",
        "portal": "be_bda",
        "country": "BE",
        "url": f"https://www.publicprocurement.be/publication-workspaces/{number}/general",
        "kind": "competition",
        "subtype": "16",
        "notice_type": "cn-standard",
        "form_type": "competition",
        "legal_basis": "32014L0024",
        "format": "eforms-sdk-1.13",
        "notice_uuid": f"10000000-0000-4000-8000-{number:012d}",
        "notice_version": "01",
        "procedure_id": f"20000000-0000-4000-8000-{number:012d}",
        "references": [f"INV-2026-{number:03d}"],
        "published_at": (now - timedelta(days=number % 40, hours=3)).isoformat(),
        "languages": ["fr"],
        "title": {"fr": f"Entretien des abords du bâtiment {number}"},
        "description": {"fr": "Le marché porte sur l'entretien des abords, tonte et taille comprises."},
        "buyers": [buyer()],
        "nature": "services",
        "classifications": [{"code": "77310000", "main": True}],
        "places": [{"country": "BE", "nuts": "BE352", "locality": "Namur", "postal_code": "5000"}],
        "procedure_type": {"code": "open", "printed": ["OPEN"]},
        "deadlines": [{"kind": "tenders", "at": (now + timedelta(days=number % 30 + 1)).isoformat()}],
        "electronic_submission": True,
        "flags": {"sme_suitable": number % 2 == 0},
    }
    return Notice.model_validate(values | fields)


def buyer(**fields: Any) -> dict[str, Any]:
    """An invented commune with a valid number, and contact data that no page may show."""
    return {
        "name": {"fr": "Commune de Valombre", "nl": "Gemeente Valombre"},
        "identifiers": [{"scheme": "KBO", "value": "0207437468", "valid": True, "printed": "0207.437.468"}],
        "place": {"country": "BE", "nuts": "BE352", "locality": "Valombre", "postal_code": "5999"},
        "website": "https://www.valombre.example",
        "email": "secretaire.dupont@valombre.example",
        "phone": "+32 81 00 00 00",
        "legal_type": "la",
        "activity": "gen-pub",
    } | fields


def call_for_roads(now: datetime) -> Notice:
    """A large call in four languages with lots, criteria, accreditations and two deadlines."""
    return notice(
        101,
        now,
        title={
            "fr": "Réfection de la voirie communale et de l'éclairage",
            "nl": "Herstelling van de gemeentewegen en de verlichting",
            "de": "Erneuerung der Gemeindestraßen und der Beleuchtung",
            "en": "Repair of municipal roads and lighting",
        },
        description={
            "fr": "Réfection complète de la voirie en béton et en asphalte, pose d'égouts et éclairage LED.",
            "nl": "Volledige herstelling van de wegen in beton en asfalt, riolering en ledverlichting.",
        },
        languages=["fr", "nl"],
        nature="works",
        additional_natures=["supplies"],
        classifications=[{"code": "45233140", "main": True}, {"code": "34928530"}],
        values=[{"amount": "1250000.50", "currency": "EUR", "kind": "estimated", "tax_basis": "excluded"}],
        procedure_type={"code": "restricted", "printed": ["S_NEG_W_CALL_24_81"], "accelerated": True},
        framework={"technique": "fa-wo-rc", "maximum_participants": 3},
        duration={"amount": "24", "unit": "MONTH"},
        deadlines=[
            {"kind": "requests", "at": (now + timedelta(days=5)).isoformat()},
            {"kind": "tenders", "at": (now + timedelta(days=40)).isoformat()},
        ],
        question_period={"start": now.date().isoformat(), "end": (now + timedelta(days=3)).date().isoformat()},
        accreditations=[{"category": "C", "level": 5}, {"category": "P2", "level": 2}],
        documents=[
            {"url": "https://docs.valombre.example/dossier", "restricted": False, "title": "Cahier des charges"},
            {"url": "javascript:alert(1)"},
        ],
        flags={"sme_suitable": True, "green": True, "eu_funds": False},
        lots=[_lot(1, now), _lot(2, now)],
        notes=[{"path": "lots[1]", "message": "Montant illisible", "printed": "NC"}],
        raw={
            "segment": "2026/11/vigie-1.warc.gz",
            "offset": 4096,
            "length": 900,
            "digest": "ab" * 32,
            "media_type": "application/json",
        },
    )


def _lot(number: int, now: datetime) -> dict[str, Any]:
    return {
        "id": f"LOT-{number:04d}",
        "internal_id": str(number),
        "title": {"fr": f"Lot {number} : tronçon {'nord' if number == 1 else 'sud'}", "nl": f"Perceel {number}"},
        "description": {"fr": "Terrassements, fondations et revêtement."},
        "classifications": [{"code": "45233120", "main": True}],
        "places": [{"country": "BE", "nuts": "BE352"}],
        "values": [{"amount": str(600000 * number), "currency": "EUR", "kind": "estimated", "tax_basis": "excluded"}],
        "deadlines": [{"kind": "tenders", "at": (now + timedelta(days=40 + number)).isoformat()}],
        "award_criteria": [
            {"type": "price", "name": {"fr": "Prix"}, "weight": "60", "weight_kind": "per-exa"},
            {"type": "quality", "name": {"fr": "Qualité du chantier"}, "weight": "40", "weight_kind": "per-exa"},
        ],
        "variants_allowed": False,
        "submission_languages": ["fr", "nl"],
    }


def result_for_roads(now: datetime) -> Notice:
    """The result of an earlier call of the same procedure as `call_for_roads`."""
    money = {"amount": "1100000", "currency": "EUR", "kind": "awarded", "tax_basis": "excluded"}
    winner = {
        "name": {"fr": "Routes & Fils SA"},
        "identifiers": [{"scheme": "KBO", "value": "0123456789", "valid": False, "printed": "0123.456.789"}],
        "size": "sme",
        "email": "patron@routes.example",
    }
    return notice(
        102,
        now,
        kind="result",
        subtype="29",
        notice_type="can-standard",
        form_type="result",
        title={"fr": "Attribution : réfection de la voirie communale"},
        procedure_id="20000000-0000-4000-8000-000000000101",
        nature="works",
        deadlines=[],
        values=[money],
        lots=[{"id": "LOT-0001", "title": {"fr": "Tronçon nord"}}],
        results=[
            {
                "id": "RES-0001",
                "lot_id": "LOT-0001",
                "status": "selec-w",
                "tenders_received": 4,
                "tenders_received_basis": "empty-code",
                "tenders": [
                    {"id": "TEN-0001", "tenderers": [winner], "value": money, "rank": 1, "winner": True},
                    {"id": "TEN-0002", "tenderers": [{"name": {"fr": "Béton du Sud"}}], "winner": False},
                ],
                "contracts": [{"id": "CON-1", "reference": "2026/17", "concluded_on": "2026-11-01"}],
            },
            {"id": "RES-0002", "lot_id": "LOT-0002", "status": "clos-nw", "non_award_reason": "no-rece"},
        ],
        links=[{"relation": "previous", "scheme": "eforms-notice-id", "value": "abc-01"}],
    )


def everything(now: datetime) -> list[Notice]:
    """Some sixty notices."""
    found = [notice(number, now) for number in range(1, 41)]
    found += [
        notice(
            200 + number,
            now,
            title={"nl": f"Levering van schoolmeubilair {number}", "fr": f"Fourniture de mobilier scolaire {number}"},
            description={"nl": "Tafels en stoelen voor basisscholen."},
            languages=["nl"],
            nature="supplies",
            classifications=[{"code": "39160000", "main": True}],
            places=[{"country": "BE", "nuts": "BE211"}],
            buyers=[buyer(name={"nl": "Stad Havendonk"}, identifiers=[])],
            values=[{"amount": str(20000 * number), "currency": "EUR", "kind": "estimated", "tax_basis": "excluded"}],
            procedure_type={"code": "neg-w-call", "printed": ["S_NEG_W_CALL_24_81"]},
        )
        for number in range(1, 9)
    ]
    return [
        *found,
        call_for_roads(now),
        result_for_roads(now),
        notice(103, now, title={"fr": HOSTILE_TITLE}, nature="works"),
        notice(104, now, title={"ar": "أشغال تهيئة الطرق"}, languages=["ar"], nature=None, places=[], buyers=[]),
        notice(105, now, title={"fr": "Extension de l'école du Parc"}, cancelled=True, nature="works"),
        notice(
            106, now, title={"fr": "Dossier ancien sans XML"}, partial="Le portail n'a pas gardé le XML.", deadlines=[]
        ),
        notice(107, now, title={"fr": "Réunion de marché : chauffage urbain"}, kind="consultation", subtype="E1"),
    ]
