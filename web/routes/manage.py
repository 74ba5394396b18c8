"""The page of an owner, reached by a signed link: alerts, how they are told, and what was told."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from alerts import links, owed, profiles
from alerts.profiles import ProfileError, ProfileRequest, Wishes
from alerts.queries import criteria, readable
from alerts.snapshots import NoticeSnapshot
from core import clock
from core.i18n import LANGUAGES
from search.errors import QueryError
from search.query import NoticeQuery
from store.records import Owner, Profile, ProfileState
from web.forms import own_form
from web.rendering import language_of, render, site_of, speaker_of
from web.routes.profiles import OwnForm, empty_form, form_page
from web.services import asking_store
from web.texts import N_
from web.views import alert_forms, filters, reading

router = APIRouter()
STATES = {
    ProfileState.ACTIVE: N_("active"),
    ProfileState.PAUSED: N_("en pause"),
    ProfileState.UNSUBSCRIBED: N_("désinscrite"),
    ProfileState.WAITING: N_("à confirmer"),
}
_MOST_MESSAGES = 20
Form = Annotated[FormData, Depends(own_form)]


def _owner_of(request: Request, token: str) -> Owner:
    owner_id = alert_forms.linked(links.verify_manage, request, token)
    with asking_store():
        owner = site_of(request).services.store.profiles.owner(owner_id)
    if owner is None:
        raise HTTPException(404, "link-expired")
    return owner


def _own_profile(request: Request, owner: Owner, profile_id: str) -> Profile:
    try:
        with asking_store():
            return profiles.of_owner(site_of(request).services.store, owner.id, profile_id)
    except links.LinkError as error:
        raise HTTPException(404, "link-expired") from error


def _manage_page(request: Request, token: str, owner: Owner, error: str | None = None) -> HTMLResponse:
    say = speaker_of(request)
    with asking_store():
        store = site_of(request).services.store
        kept = store.profiles.of_owner(owner.id)
        messages = store.digests.recent(owner.id, _MOST_MESSAGES)
        hits = {profile.id: store.hits.of_profile(profile.id, 5) for profile in kept}
        is_owed = owed.any_owed(store, kept)
    entered = alert_forms.Entered("", owner.email, owner.hour, owner.weekdays, owner.zone, owner.language)
    return render(
        request,
        "manage.html",
        status=400 if error else 200,
        owner=owner,
        base=_base(token),
        alerts=[(profile, readable(profile), criteria(profile, say.language), hits[profile.id]) for profile in kept],
        states=STATES,
        messages=[(digest, digest.created_at.astimezone(ZoneInfo(owner.zone)).date()) for digest in messages],
        most_messages=_MOST_MESSAGES,
        is_owed=is_owed,
        form=entered,
        error=error,
        zones=alert_forms.zones(say),
        mail_languages=LANGUAGES,
        filters=filters,
    )


@router.get("/alerts/manage/{token}")
def manage(request: Request, token: str) -> HTMLResponse:
    """An owner's alerts and how they are told."""
    return _manage_page(request, token, _owner_of(request, token))


@router.get("/alerts/manage/{token}/new")
def new_alert(request: Request, token: str) -> HTMLResponse:
    """The form of a new alert for the owner's own address; `search` holds words or the address of a search page."""
    owner = _owner_of(request, token)
    wanted = request.query_params.get("search")
    query_string = request.url.query if wanted is None else reading.typed(wanted)
    return empty_form(request, query_string, OwnForm(owner.email, _base(token)))


@router.post("/alerts/manage/{token}/profiles")
def create_alert(request: Request, token: str, form: Form) -> Response:
    """Save an alert for the owner; what is open now goes out at once, as the signed link proves the address."""
    owner, site = _owner_of(request, token), site_of(request)
    query = NoticeQuery.from_url(str(form.get("query", "")), beside=reading.BESIDE)
    entered = alert_forms.entered(form, owner.language)
    own = Wishes(language=owner.language, zone=owner.zone, hour=owner.hour, weekdays=owner.weekdays)
    wanted = ProfileRequest(email=owner.email, name=entered.name, query=query, wishes=own)
    try:
        with asking_store():
            services = site.services
            store, index = services.store, services.index_if_any
            profiles.create(store, site.settings, index, wanted, clock.now(), proven=owner, turn=services.turn)
    except ProfileError as error:
        told = alert_forms.told(error, language_of(request))
        return form_page(request, query, entered, OwnForm(owner.email, _base(token)), error=told, status=400)
    return _back(token)


@router.post("/alerts/manage/{token}/wishes")
def change_wishes(request: Request, token: str, form: Form) -> Response:
    """Change hour, weekdays, zone and language."""
    owner = _owner_of(request, token)
    try:
        with asking_store():
            profiles.change_wishes(
                site_of(request).services.store, owner.id, alert_forms.wishes(alert_forms.entered(form, owner.language))
            )
    except ProfileError as error:
        return _manage_page(request, token, owner, alert_forms.told(error, language_of(request)))
    return _back(token)


@router.post("/alerts/manage/{token}/profiles/{profile_id}/{action}")
def change_profile(request: Request, token: str, profile_id: str, action: str, form: Form) -> Response:
    """Rename or re-aim, pause, resume or delete one alert."""
    owner = _owner_of(request, token)
    profile = _own_profile(request, owner, profile_id)
    services = site_of(request).services
    try:
        with asking_store():
            if action == "pause":
                profiles.pause(services.store, profile.id)
            elif action == "resume":
                _resume(request, profile)
            elif action == "delete":
                profiles.delete(services.store, profile.id)
            elif action == "edit":
                _edit(request, profile, form)
            else:
                raise HTTPException(404)
    except (ProfileError, QueryError) as error:
        language = language_of(request)
        sentence = error.told(language) if isinstance(error, QueryError) else alert_forms.told(error, language)
        return _manage_page(request, token, owner, sentence)
    return _back(token)


def _resume(request: Request, profile: Profile) -> None:
    site = site_of(request)
    store, index = site.services.store, site.services.index_if_any
    profiles.resume(store, site.settings, index, profile.id, clock.now(), turn=site.services.turn)


def _edit(request: Request, profile: Profile, form: FormData) -> None:
    """New name, and a new query when words or the address of a search were given."""
    site, language = site_of(request), language_of(request)
    store, index = site.services.store, site.services.index_if_any
    pasted = str(form.get("search", "")).strip()
    if pasted:
        query = NoticeQuery.from_url(reading.typed(pasted), beside=reading.BESIDE)
    else:
        query = NoticeQuery.from_json(profile.query)
    name, now = str(form.get("name", "")), clock.now()
    profiles.edit(store, site.settings, index, profile.id, name, query, now, language, turn=site.services.turn)


def _back(token: str) -> RedirectResponse:
    return RedirectResponse(_base(token), status_code=303)


def _base(token: str) -> str:
    return f"/alerts/manage/{quote(token)}"


@router.get("/alerts/manage/{token}/digests/{digest_id}")
def digest_page(request: Request, token: str, digest_id: str) -> HTMLResponse:
    """Everything that one message told of."""
    owner = _owner_of(request, token)
    with asking_store():
        store = site_of(request).services.store
        digest = store.digests.get(digest_id)
        hits = store.hits.of_digest(digest_id) if digest and digest.owner_id == owner.id else []
        names = {profile.id: profile.name for profile in store.profiles.of_owner(owner.id)}
    if digest is None or digest.owner_id != owner.id:
        raise HTTPException(404)
    return render(
        request,
        "digest.html",
        day=digest.created_at.astimezone(ZoneInfo(owner.zone)).date(),
        base=_base(token),
        entries=[(hit, NoticeSnapshot.model_validate(hit.snapshot)) for hit in hits],
        names=names,
    )
