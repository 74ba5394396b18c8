"""Alerts on the site: preview, confirmation, unsubscribing, the owner's page, and nothing by accident."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from html import unescape

import httpx
import pytest

from alerts import links, owed
from search.errors import IndexUnavailable
from search.query import NoticeQuery
from store.records import Profile, ProfileState
from tests.unit.web import invented
from tests.unit.web.conftest import NOW, Made
from web.views import reading

SEARCH = NoticeQuery(text="voirie", cpv=("45",)).to_url()
WISHES = {
    "email": "anne@entreprise.example",
    "hour": "8",
    "weekday": ["0", "2"],
    "zone": "Europe/Paris",
    "language": "fr",
}


@pytest.fixture
def own(made: Callable[..., Made]) -> Made:
    """A site with a few notices."""
    return made([invented.call_for_roads(NOW), invented.notice(1, NOW)])


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, f"no field {name}"
    return unescape(found.group(1))


async def create(client: httpx.AsyncClient, **fields: object) -> httpx.Response:
    page = await client.get(f"/profiles/new?{SEARCH}")
    form = {"token": hidden(page, "token"), "query": hidden(page, "query"), "name": "Voirie", **WISHES, **fields}
    return await client.post("/profiles", data=form)


def mailed_links(own: Made, path: str) -> list[str]:
    found: list[str] = []
    for message in own.store.outbox.recent():
        body = message_from_bytes(message.payload, policy=policy.default).get_body(("plain",))
        assert body is not None
        found += re.findall(rf"http://127\.0\.0\.1:8080({path}/[\w.~-]+)", body.get_content())
    return found


async def only_profile(own: Made) -> Profile:
    owner = own.store.profiles.owner_by_email("anne@entreprise.example")
    assert owner
    return own.store.profiles.of_owner(owner.id)[0]


async def confirmed(own: Made, client: httpx.AsyncClient) -> None:
    await create(client)
    link = mailed_links(own, "/alerts/confirm")[0]
    page = await client.get(link)
    await client.post(link, data={"token": hidden(page, "token")})


async def test_the_form_says_what_the_alert_would_have_found(own: Made) -> None:
    async with own.browser() as client:
        page = await client.get(f"/profiles/new?{SEARCH}")
    assert "1 avis des 90 derniers jours aurait répondu" in page.text.replace("&#39;", "'")
    assert "texte « voirie »" in page.text
    assert "appels ouverts" in page.text


@pytest.mark.parametrize("query", ["version=1", "text=*", "text=-voirie", "deadline_open=true", "kinds=competition"])
async def test_a_search_that_matches_everything_cannot_become_an_alert(own: Made, query: str) -> None:
    async with own.browser() as client:
        page = await client.get(f"/profiles/new?{query}")
    assert "Ce profil correspondrait" in page.text
    assert 'action="/profiles"' not in page.text


async def test_saving_an_alert_sends_one_request_for_confirmation_and_nothing_else(own: Made) -> None:
    async with own.browser() as client:
        page = await create(client)
        assert "suivez son lien pour confirmer" in page.text
        await create(client, name="Encore")
    messages = own.store.outbox.recent()
    assert [message.purpose for message in messages] == ["confirmation"]
    owner = own.store.profiles.owner_by_email("anne@entreprise.example")
    assert owner
    assert (owner.hour, owner.weekdays, owner.zone, owner.confirmed_at) == (8, (0, 2), "Europe/Paris", None)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"email": "anne"}, "adresse de courriel"),
        ({"email": "a@b.example\nBcc: c@d.example"}, "adresse de courriel"),
        ({"name": "  "}, "Donnez un nom"),
        ({"weekday": []}, "au moins un jour"),
        ({"zone": "Mars/Base"}, "fuseau horaire"),
    ],
)
async def test_a_form_with_an_error_says_so_and_keeps_what_was_typed(
    own: Made, fields: dict[str, object], sentence: str
) -> None:
    async with own.browser() as client:
        page = await create(client, **fields)
    assert page.status_code == 400
    assert sentence in page.text
    assert '<option value="8" selected>' in page.text
    assert own.store.outbox.recent() == []


async def test_looking_at_the_confirmation_page_confirms_nothing(own: Made) -> None:
    async with own.browser() as client:
        await create(client)
        link = mailed_links(own, "/alerts/confirm")[0]
        page = await client.get(link)
    owner = own.store.profiles.owner_by_email("anne@entreprise.example")
    assert 'method="post"' in page.text
    assert owner
    assert owner.confirmed_at is None


async def test_confirming_sends_what_is_open_now(own: Made) -> None:
    async with own.browser() as client:
        await confirmed(own, client)
    assert sorted(message.purpose for message in own.store.outbox.recent()) == ["confirmation", "digest"]
    owner = own.store.profiles.owner_by_email("anne@entreprise.example")
    assert owner
    assert owner.confirmed_at == NOW


async def test_unsubscribing_works_by_post_without_cookies_and_get_changes_nothing(own: Made) -> None:
    async with own.browser() as client:
        await confirmed(own, client)
    profile = await only_profile(own)
    link = links.unsubscribe_url(own.settings, profile.owner_id, profile.id)
    async with own.browser() as mail_program:
        looked = await mail_program.get(link)
        assert "Me désinscrire" in looked.text
        assert (await only_profile(own)).state is ProfileState.ACTIVE
    async with own.browser() as mail_program:
        done = await mail_program.post(link, data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200
        assert (await only_profile(own)).state is ProfileState.UNSUBSCRIBED
        assert (await mail_program.post(link)).status_code == 200


async def test_a_link_of_an_alert_that_is_gone_does_not_speak_of_the_others(own: Made) -> None:
    async with own.browser() as client:
        await confirmed(own, client)
        profile = await only_profile(own)
        own.store.profiles.create(profile.owner_id, "Autre", profile.query)
        own.store.profiles.delete(profile.id)
        page = await client.get(links.unsubscribe_url(own.settings, profile.owner_id, profile.id))
    assert "Cette alerte n&#39;existe plus" in page.text
    assert "Toutes les alertes" not in page.text


async def test_an_owner_can_pause_resume_rename_and_delete_an_alert(own: Made) -> None:
    async with own.browser() as client:
        await confirmed(own, client)
        profile = await only_profile(own)
        base = f"/alerts/manage/{links.manage_token(own.settings, profile.owner_id)}"
        token = {"token": hidden(await client.get(base), "token")}
        for action, state in (("pause", ProfileState.PAUSED), ("resume", ProfileState.ACTIVE)):
            answer = await client.post(f"{base}/profiles/{profile.id}/{action}", data=token)
            assert answer.status_code == 303
            assert (await only_profile(own)).state is state
        pasted = f"http://127.0.0.1:8080/?{NoticeQuery(text='égouts').to_url()}"
        await client.post(f"{base}/profiles/{profile.id}/edit", data=token | {"name": "Égouts", "search": pasted})
        changed = await only_profile(own)
        assert (changed.name, changed.query["text"]) == ("Égouts", "égouts")
        await client.post(f"{base}/profiles/{profile.id}/delete", data=token)
        assert own.store.profiles.get(profile.id) is None


async def test_an_owner_can_change_hour_days_and_language(own: Made) -> None:
    async with own.browser() as client:
        await confirmed(own, client)
        profile = await only_profile(own)
        base = f"/alerts/manage/{links.manage_token(own.settings, profile.owner_id)}"
        form = {
            "token": hidden(await client.get(base), "token"),
            **WISHES,
            "hour": "18",
            "weekday": "6",
            "language": "en",
        }
        await client.post(f"{base}/wishes", data=form)
    owner = own.store.profiles.owner(profile.owner_id)
    assert owner
    assert (owner.hour, owner.weekdays, owner.language) == (18, (6,), "en")


async def test_the_page_of_a_message_lists_everything_it_told(own: Made) -> None:
    async with own.browser() as client:
        await confirmed(own, client)
        profile = await only_profile(own)
        latest = own.store.digests.latest(profile.owner_id)
        assert latest
        page = await client.get(links.digest_url(own.settings, profile.owner_id, latest.id))
    assert "Réfection de la voirie communale" in page.text


async def test_nobody_changes_the_alert_of_another_owner(own: Made) -> None:
    async with own.browser() as client:
        await confirmed(own, client)
        profile = await only_profile(own)
        other = own.store.profiles.ensure_owner("autre@entreprise.example", "fr", "Europe/Brussels", 7, (0,))
        base = f"/alerts/manage/{links.manage_token(own.settings, other.id)}"
        token = {"token": hidden(await client.get(base), "token")}
        answer = await client.post(f"{base}/profiles/{profile.id}/delete", data=token)
    assert answer.status_code == 404
    assert own.store.profiles.get(profile.id) is not None


@pytest.mark.parametrize("path", ["/alerts/confirm/x", "/alerts/manage/x.y.z", "/alerts/unsubscribe/" + "a" * 3000])
async def test_a_link_that_is_not_ours_is_refused_in_words(own: Made, path: str) -> None:
    async with own.browser() as client:
        page = await client.get(path)
    assert page.status_code == 404
    assert "Ce lien n&#39;est pas valable" in page.text


async def test_a_link_of_one_purpose_serves_no_other(own: Made) -> None:
    async with own.browser() as client:
        await create(client)
        token = mailed_links(own, "/alerts/confirm")[0].rpartition("/")[2]
        assert (await client.get(f"/alerts/manage/{token}")).status_code == 404


@pytest.mark.parametrize("change", [{"token": "forged"}, {"token": ""}], ids=["forged", "missing"])
async def test_a_forged_form_changes_nothing(own: Made, change: dict[str, str]) -> None:
    async with own.browser() as client:
        answer = await create(client, **change)
    assert answer.status_code == 403
    assert own.store.profiles.count() == 0


async def test_a_form_sent_from_another_site_is_refused(own: Made) -> None:
    async with own.browser() as client:
        page = await client.get(f"/profiles/new?{SEARCH}")
        form = {"token": hidden(page, "token"), "query": hidden(page, "query"), "name": "Voirie", **WISHES}
        answer = await client.post("/profiles", data=form, headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 403


async def test_a_token_of_another_visitor_is_refused(own: Made) -> None:
    async with own.browser() as one, own.browser() as other:
        page = await one.get(f"/profiles/new?{SEARCH}")
        await other.get("/")
        form = {"token": hidden(page, "token"), "query": hidden(page, "query"), "name": "Voirie", **WISHES}
        assert (await other.post("/profiles", data=form)).status_code == 403


async def test_nobody_can_make_the_site_write_to_thousands_of_addresses(own: Made) -> None:
    async with own.browser() as client:
        answers = [(await create(client, email=f"a{number}@b.example")).status_code for number in range(31)]
    assert answers == [200] * 30 + [429]
    assert len(own.store.outbox.recent()) == 30


async def test_an_index_that_is_down_keeps_nobody_from_saving_confirming_and_changing_alerts(
    own: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise IndexUnavailable("gone")

    with monkeypatch.context() as broken:
        for name in ("scan", "count", "search"):
            broken.setattr(type(own.index), name, refuse)
        async with own.browser() as client:
            form = await client.get(f"/profiles/new?{SEARCH}")
            assert form.status_code == 200
            assert "ne peut pas compter les avis" in form.text
            assert "Alerte enregistrée" in (await create(client)).text
            link = mailed_links(own, "/alerts/confirm")[0]
            asked = {"token": hidden(await client.get(link), "token")}
            confirmed = await client.post(link, data=asked)
            assert "votre adresse est confirmée" in confirmed.text
            assert "vous seront écrits dès qu&#39;elle répond" in confirmed.text
            profile = await only_profile(own)
            base = f"/alerts/manage/{links.manage_token(own.settings, profile.owner_id)}"
            change = {**asked, "name": "Égouts", "search": "égouts"}
            assert (await client.post(f"{base}/profiles/{profile.id}/edit", data=change)).status_code == 303
            for action in ("pause", "resume"):
                done = await client.post(f"{base}/profiles/{profile.id}/{action}", data=asked)
                assert done.status_code == 303
            assert "ce qui est déjà ouvert aujourd&#39;hui vous sera écrit" in (await client.get(base)).text
    assert (await only_profile(own)).name == "Égouts"
    assert owed.settle(own.store, own.settings, NOW) == 1
    async with own.browser() as client:
        assert "ce qui est déjà ouvert" not in (await client.get(base)).text


async def test_the_confirmation_page_names_every_alert_that_it_starts(own: Made) -> None:
    async with own.browser() as client:
        await create(client)
        second = await create(client, name="Égouts de la ville")
        assert "son lien confirme cette alerte aussi" in second.text
        page = await client.get(mailed_links(own, "/alerts/confirm")[0])
    assert "Voirie" in page.text
    assert "Égouts de la ville" in page.text


async def test_an_owner_adds_an_alert_from_their_page_without_confirming_again(own: Made) -> None:
    async with own.browser() as client:
        await confirmed(own, client)
        profile = await only_profile(own)
        base = f"/alerts/manage/{links.manage_token(own.settings, profile.owner_id)}"
        form = await client.get(f"{base}/new", params={"search": "voirie"})
        assert "anne@entreprise.example" in form.text
        assert 'name="email"' not in form.text
        data = {"token": hidden(form, "token"), "query": hidden(form, "query"), "name": "De ma page"}
        assert (await client.post(f"{base}/profiles", data=data)).status_code == 303
        page = await client.get(base)
    assert "De ma page" in page.text
    kept = own.store.profiles.of_owner(profile.owner_id)
    assert [item.state for item in kept] == [ProfileState.ACTIVE, ProfileState.ACTIVE]
    assert [item.purpose for item in own.store.outbox.recent()].count("confirmation") == 1
    owner = own.store.profiles.owner(profile.owner_id)
    assert owner
    assert (owner.hour, owner.zone) == (8, "Europe/Paris")


async def test_nobody_adds_an_alert_with_a_link_of_another_purpose_or_a_foreign_form(own: Made) -> None:
    async with own.browser() as client:
        await confirmed(own, client)
        profile = await only_profile(own)
        stop = links.unsubscribe_url(own.settings, profile.owner_id).rpartition("/")[2]
        assert (await client.get(f"/alerts/manage/{stop}/new?text=voirie")).status_code == 404
        base = f"/alerts/manage/{links.manage_token(own.settings, profile.owner_id)}"
        foreign = await client.post(f"{base}/profiles", data={"query": SEARCH, "name": "x"})
    assert foreign.status_code == 403
    assert len(own.store.profiles.of_owner(profile.owner_id)) == 1


@pytest.mark.parametrize(
    ("typed", "query_string"),
    [
        ("toiture plate", "text=toiture+plate"),
        ("qui répare ?", "text=qui+r%C3%A9pare+%3F"),
        (" https://vigie.example/?text=pont&cpv=45#resultats ", "text=pont&cpv=45"),
        ("/?text=pont", "text=pont"),
        ("https://vigie.example/", ""),
    ],
)
def test_words_and_addresses_of_search_pages_are_told_apart(typed: str, query_string: str) -> None:
    assert reading.typed(typed) == query_string
