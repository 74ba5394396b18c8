"""The page of a notice: every field, every language, what changed, and no personal data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from store.records import Saving
from tests.unit.web import invented
from tests.unit.web.conftest import NOW, Made

ROADS = "/notices/be_bda:00000000-0000-4000-8000-000000000101"
RESULT = "/notices/be_bda:00000000-0000-4000-8000-000000000102"


@pytest.mark.parametrize(
    "said",
    [
        "Demandes de participation",
        "Remise des offres",
        "mercredi 25 novembre 2026, 10:00 (Bruxelles)",
        "Période des questions",
        "catégorie C, classe 5",
        "45233140-2",
        "Travaux routiers",
        "Arr. Namur",
        "1\u202f250\u202f000,50\xa0€ hors TVA",
        "0207.437.468",
        "numéro vérifié",
        "imprimé : S_NEG_W_CALL_24_81",
        "accélérée",
        "24 mois",
        "tronçon nord",
        "Qualité du chantier",
        "Montant illisible",
        "2026/11/vigie-1.warc.gz",
    ],
)
async def test_a_call_shows_what_it_says(site: httpx.AsyncClient, said: str) -> None:
    assert said in (await site.get(ROADS)).text.replace("&#39;", "'")


@pytest.mark.parametrize(
    "said", ["Routes &amp; Fils SA", "numéro invalide", "nombre publié sans type", "rang 1", "2026/17", "Béton du Sud"]
)
async def test_a_result_shows_who_won_and_how_tenders_were_counted(site: httpx.AsyncClient, said: str) -> None:
    assert said in (await site.get(RESULT)).text


@pytest.mark.parametrize("address", [ROADS, RESULT, f"/api{ROADS}", f"/api{RESULT}", "/export.jsonl?text=voirie"])
async def test_no_page_shows_the_contacts_of_people(site: httpx.AsyncClient, address: str) -> None:
    answer = await site.get(address)
    assert answer.status_code == 200
    for personal in ("dupont", "+32 81", "patron@"):
        assert personal not in answer.text


async def test_contacts_inside_a_text_are_left_out_too(made: Callable[..., Made]) -> None:
    text = {"fr": "Questions à anne.martin@valombre.example ou au tél. 081/12.34.56."}
    own = made([invented.notice(1, NOW, description=text)])
    async with own.browser() as client:
        page = await client.get("/notices/be_bda:00000000-0000-4000-8000-000000000001")
    assert "Questions à" in page.text
    assert "anne.martin" not in page.text
    assert "12.34.56" not in page.text


async def test_a_mail_address_in_the_place_of_a_web_address_is_left_out(made: Callable[..., Made]) -> None:
    own = made([invented.notice(1, NOW, buyers=[invented.buyer(website="anne.martin@valombre.example")])])
    identity = "/notices/be_bda:00000000-0000-4000-8000-000000000001"
    async with own.browser() as client:
        for address in (identity, f"/api{identity}", "/export.jsonl?version=1"):
            assert "anne.martin" not in (await client.get(address)).text, address


async def test_texts_can_be_read_in_every_language_of_the_notice(site: httpx.AsyncClient) -> None:
    page = await site.get(ROADS, params={"text": "nl"})
    assert '<h1 lang="nl" dir="ltr">Herstelling van de gemeentewegen' in page.text
    assert "Perceel 2" in page.text


async def test_an_address_that_is_no_web_address_is_never_a_link(site: httpx.AsyncClient) -> None:
    page = await site.get(ROADS)
    assert "javascript:alert(1)" in page.text
    assert 'href="javascript:' not in page.text


async def test_the_other_notices_of_the_procedure_are_linked(site: httpx.AsyncClient) -> None:
    assert "Attribution : réfection de la voirie communale" in (await site.get(ROADS)).text


async def test_a_new_version_shows_what_changed_in_words(made: Callable[..., Made]) -> None:
    first = invented.notice(1, NOW)
    moved = first.model_copy(
        update={
            "notice_version": "02",
            "published_at": NOW,
            "deadlines": (first.deadlines[0].model_copy(update={"at": NOW + timedelta(days=20)}),),
            "buyers": (first.buyers[0].model_copy(update={"email": "autre.personne@valombre.example"}),),
        }
    )
    own = made([first])
    own.store.notices.save_many([Saving(notice=moved)])
    async with own.browser() as client:
        page = await client.get(f"/notices/{first.id}")
    text = page.text.replace("&#39;", "'")
    assert "<del>Remise des offres : dimanche 22 novembre 2026, 10:00 (Bruxelles)</del>" in text
    assert "<ins>Remise des offres : jeudi 10 décembre 2026, 10:00 (Bruxelles)</ins>" in text
    assert "autre.personne" not in text


async def test_a_partial_reading_says_why(site: httpx.AsyncClient) -> None:
    page = await site.get("/notices/be_bda:00000000-0000-4000-8000-000000000106")
    assert "Le portail n&#39;a pas gardé le XML." in page.text


@pytest.mark.parametrize("unknown", ["be_bda:nothing", "x" * 400, "../../etc/passwd", "be_bda:%00"])
async def test_an_unknown_notice_is_a_page_that_says_so(site: httpx.AsyncClient, unknown: str) -> None:
    page = await site.get(f"/notices/{unknown}")
    assert page.status_code == 404
    assert "introuvable" in page.text
