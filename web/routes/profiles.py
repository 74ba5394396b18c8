"""Alerts for people: make one from a search, confirm, unsubscribe.

Links in mails are capabilities, signed by `alerts.links`. A GET never changes anything. Forms carry a token against
forgery, except unsubscribing, which mail programs post without cookies (RFC 8058).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from alerts import links, owed, profiles
from alerts.addresses import AddressError
from alerts.confirmation import Asked
from alerts.preview import Preview, preview
from alerts.profiles import ProfileError, ProfileRequest
from alerts.queries import criteria
from core import clock
from core.i18n import LANGUAGES
from search.query import NoticeQuery
from web.forms import own_form, plain_form
from web.rendering import language_of, render, site_of, speaker_of
from web.services import Services, Unavailable, asking_store
from web.texts import Speaker
from web.views import alert_forms, coverage, filters, reading

router = APIRouter()


@dataclass(frozen=True)
class OwnForm:
    """The form of somebody who came by the signed link of their own page: no address to type, none to confirm."""

    email: str
    base: str
    """Address of the owner's page."""


Form = Annotated[FormData, Depends(own_form)]


# -- making one ---------------------------------------------------------------------------------------------------


@router.get("/profiles/new")
def new_profile(request: Request) -> HTMLResponse:
    """The form, with what the alert would have found."""
    return empty_form(request, request.url.query)


@router.post("/profiles")
def create_profile(request: Request, form: Form) -> HTMLResponse:
    """Save the alert and ask for confirmation; with an error, the form again."""
    site, language = site_of(request), language_of(request)
    if site.requests.full():
        raise HTTPException(429)
    query = NoticeQuery.from_url(str(form.get("query", "")), beside=reading.BESIDE)
    entered = alert_forms.entered(form, language)
    try:
        wanted = ProfileRequest(email=entered.email, name=entered.name, query=query, wishes=alert_forms.wishes(entered))
        with asking_store():
            services = site.services
            store, index = services.store, services.index_if_any
            saved = profiles.create(store, site.settings, index, wanted, clock.now(), turn=services.turn)
    except (AddressError, ProfileError) as error:
        return form_page(request, query, entered, error=alert_forms.told(error, language), status=400)
    site.requests.note()
    return _saved_page(request, saved.asked)


def empty_form(request: Request, query_string: str, own: OwnForm | None = None) -> HTMLResponse:
    """The form for the query of an address, narrowed to open calls unless told otherwise."""
    asked = reading.read(query_string)
    language = language_of(request)
    if asked.errors:
        error = asked.errors[0].told(language)
        return form_page(request, asked.query, alert_forms.Entered(language=language), own, error=error, status=400)
    entered = alert_forms.Entered(name=_proposed_name(asked.query, speaker_of(request)), language=language)
    keeps_all = request.query_params.get("scope") == "all"
    query = asked.query if keeps_all else profiles.open_calls(asked.query)
    return form_page(request, query, entered, own, narrowed=query != asked.query, wide=asked.query)


def form_page(
    request: Request,
    query: NoticeQuery,
    entered: alert_forms.Entered,
    own: OwnForm | None = None,
    *,
    error: str | None = None,
    status: int = 200,
    narrowed: bool = False,
    wide: NoticeQuery | None = None,
) -> HTMLResponse:
    say, services = speaker_of(request), site_of(request).services
    refusal = _refusal(query, say.language)
    found = None if refusal else _preview(services, query)
    return render(
        request,
        "profile_new.html",
        status=status,
        sentence=query.describe(say.language),
        refusal=refusal,
        preview=found.sentence(say.language) if found else None,
        uncounted=not refusal and found is None,
        preview_coverage=[coverage.sentence(item, say) for item in found.coverages] if found else [],
        query_url=query.to_url(),
        own=own,
        back=own.base if own else filters.address(wide or query),
        only_open_added=narrowed,
        all_address=filters.address(wide or query, f"{own.base}/new" if own else "/profiles/new", scope="all"),
        form=entered,
        error=error,
        zones=alert_forms.zones(say),
        mail_languages=LANGUAGES,
    )


def _preview(services: Services, query: NoticeQuery) -> Preview | None:
    """None while no search answers: the alert can be saved all the same."""
    try:
        with asking_store(), services.asking_index():
            return preview(services.store, services.index, query, clock.now())
    except Unavailable as error:
        if error.part != "index":
            raise
        return None


def _refusal(query: NoticeQuery, language: str) -> str | None:
    """Why the query cannot be an alert."""
    try:
        profiles.check("-", query, language)
    except ProfileError as error:
        return alert_forms.told(error, language)
    return None


def _saved_page(request: Request, asked: Asked) -> HTMLResponse:
    _ = speaker_of(request).translate
    if asked is Asked.RECENT:
        sentence = _(
            "Une demande de confirmation est déjà partie vers cette adresse il y a moins de dix minutes ; "
            "son lien confirme cette alerte aussi."
        )
    else:
        sentence = _("Un message est parti vers cette adresse : suivez son lien pour confirmer.")
    return render(
        request,
        "message.html",
        title=_("Alerte enregistrée"),
        sentences=[
            sentence,
            _("Rien d'autre n'est envoyé avant cette confirmation. Le lien est valable sept jours."),
            _("Si l'adresse a déjà des alertes, leurs jours, leur heure et leur langue valent pour celle-ci aussi."),
        ],
        manage=None,
        mailbox=_shows_mailbox(request),
    )


def _shows_mailbox(request: Request) -> bool:
    site = site_of(request)
    return site.settings.demo and site.gate.admits(request)


def _proposed_name(query: NoticeQuery, say: Speaker) -> str:
    """A name from what the search says first."""
    if query.text:
        return query.text[:80]
    named = [chip.text for chip in filters.chips(query.model_copy(update={"deadline": None}), say)]
    return " · ".join(named)[:80] or say.translate("Mon alerte")


# -- confirming ---------------------------------------------------------------------------------------------------


@router.get("/alerts/confirm/{token}")
def ask_confirmation(request: Request, token: str) -> HTMLResponse:
    """A button: mail programs that follow links confirm nothing."""
    named = alert_forms.linked(links.verify_confirmation, request, token)
    _ = speaker_of(request).translate
    with asking_store():
        store = site_of(request).services.store
        owner = store.profiles.owner(named.owner_id)
        waiting = profiles.awaiting(store, owner) if owner else []
    if owner is None:
        raise HTTPException(404, "link-expired")
    sentences = [_("Vigie écrira à {email}.", email=owner.email)]
    if not waiting:
        sentences.append(_("Aucune alerte n'attend de confirmation."))
    told = ((_("Alerte : {name}.", name=item.name), criteria(item, language_of(request))) for item in waiting)
    sentences += [" ".join(parts) for parts in told]
    return render(
        request,
        "ask.html",
        title=_("Confirmer votre adresse"),
        sentences=sentences,
        button=_("Confirmer"),
        guarded=True,
        danger=False,
    )


@router.post("/alerts/confirm/{token}")
def confirm(request: Request, token: str, form: Form) -> HTMLResponse:
    """Confirm; what is open now goes out at once."""
    named = alert_forms.linked(links.verify_confirmation, request, token)
    site, say = site_of(request), speaker_of(request)
    _ = say.translate
    try:
        with asking_store():
            store, index, turn = site.services.store, site.services.index_if_any, site.services.turn
            sent = profiles.confirm(
                store, site.settings, index, named.owner_id, clock.now(), named.profile_id, turn=turn
            )
            is_owed = owed.any_owed(store, store.profiles.of_owner(named.owner_id))
    except links.LinkError as error:
        raise HTTPException(404, "link-expired") from error
    sentences = [_("Merci, votre adresse est confirmée.")]
    if sent:
        sentences.append(_("Un premier message part avec les marchés ouverts aujourd'hui."))
    if is_owed:
        sentences.append(
            _(
                "La recherche ne peut pas répondre en ce moment : les marchés ouverts aujourd'hui vous seront écrits "
                "dès qu'elle répond."
            )
        )
    sentences.append(_("Ensuite, Vigie écrit à l'heure choisie quand il y a du nouveau, et se tait sinon."))
    manage = f"/alerts/manage/{links.manage_token(site.settings, named.owner_id)}"
    title = _("Adresse confirmée")
    return render(
        request, "message.html", title=title, sentences=sentences, manage=manage, mailbox=_shows_mailbox(request)
    )


# -- unsubscribing ------------------------------------------------------------------------------------------------


@router.get("/alerts/unsubscribe/{token}")
def ask_unsubscribe(request: Request, token: str) -> HTMLResponse:
    """A button; looking at the page changes nothing."""
    stop = alert_forms.linked(links.verify_unsubscribe, request, token)
    _ = speaker_of(request).translate
    with asking_store():
        store = site_of(request).services.store
        profile = store.profiles.get(stop.profile_id) if stop.profile_id else None
    if profile is not None:
        sentences = [_("L'alerte « {name} » n'enverra plus de message.", name=profile.name)]
    elif stop.profile_id is not None:
        sentences = [_("Cette alerte n'existe plus : elle n'envoie plus rien.")]
    else:
        sentences = [_("Toutes les alertes de cette adresse cesseront d'envoyer des messages.")]
    return render(
        request,
        "ask.html",
        title=_("Se désinscrire"),
        sentences=sentences,
        button=_("Me désinscrire"),
        guarded=False,
        danger=True,
    )


@router.post("/alerts/unsubscribe/{token}")
async def unsubscribe(request: Request, token: str) -> HTMLResponse:
    """Unsubscribe at once, also for mail programs that post `List-Unsubscribe=One-Click` without cookies."""
    await plain_form(request)
    stop = alert_forms.linked(links.verify_unsubscribe, request, token)
    site, _ = site_of(request), speaker_of(request).translate
    sentences = [_("C'est fait : vous ne recevrez plus ces messages.")]
    try:
        with asking_store():
            profiles.unsubscribe(site.services.store, stop)
    except links.LinkError:  # gone already: for the person the same
        sentences = [_("Cette alerte n'existe plus : elle n'envoie plus rien.")]
    return render(request, "message.html", title=_("Désinscription"), sentences=sentences, manage=None, mailbox=False)
