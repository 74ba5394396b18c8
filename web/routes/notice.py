"""The page of one notice, with its versions and its procedure."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from store.records import StoredNotice
from web.rendering import render, site_of, speaker_of
from web.services import Services, asking_store
from web.views import notice as view

router = APIRouter()
LONGEST_ID = 300


def stored_notice(services: Services, notice_id: str) -> StoredNotice:
    """The notice, or 404."""
    if len(notice_id) > LONGEST_ID or "\x00" in notice_id:
        raise HTTPException(404)
    with asking_store():
        stored = services.store.notices.get(notice_id)
    if stored is None:
        raise HTTPException(404)
    return stored


@router.get("/notices/{notice_id:path}")
def notice_page(request: Request, notice_id: str, text: str | None = None) -> HTMLResponse:
    """All that Vigie knows of a notice; `text` chooses the language of its own texts."""
    services = site_of(request).services
    stored = stored_notice(services, notice_id)
    with asking_store():
        versions = services.store.notices.versions(notice_id)
        procedure = services.store.notices.of_procedure(stored.procedure_key)
        together = services.store.notices.links_of_procedure(stored.procedure_key)
    notice, say = stored.notice, speaker_of(request)
    reader = view.reader_of(notice, say, text)
    return render(
        request,
        "notice.html",
        stored=stored,
        notice=notice,
        reader=reader,
        shown_languages=view.languages_of(notice),
        flags=view.flags(notice),
        history=view.history(versions, say, reader.zone),
        neighbours=view.neighbours(stored, procedure),
        why_together=together,
        safe_url=view.safe_url,
    )
