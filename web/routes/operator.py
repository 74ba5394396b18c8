"""What only operators see beside the sources page: the password's door, and raw payloads as they were archived."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from notices.model import RawAddress
from store import Archive, ArchiveError
from web.rendering import Site, site_of
from web.routes.notice import stored_notice
from web.services import asking_store

router = APIRouter(prefix="/operator")


@router.get("")
def operator(request: Request) -> Response:
    """Ask for the operator's password where there is one, then show the sources with all details."""
    site_of(request).gate.check(request)
    return RedirectResponse("/sources", status_code=303)


@router.get("/raw/{notice_id:path}")
def raw_notice(request: Request, notice_id: str) -> Response:
    """The payload that the current version of a notice was read from."""
    site = site_of(request)
    site.gate.check(request)
    return _payload(site, stored_notice(site.services, notice_id).notice.raw)


@router.get("/quarantine/{entry_id}")
def raw_quarantined(request: Request, entry_id: str) -> Response:
    """A payload that could not be read."""
    site = site_of(request)
    site.gate.check(request)
    with asking_store():
        number = int(entry_id) if entry_id.isdecimal() and len(entry_id) < 16 else 0
        entry = site.services.store.quarantine.get(number)
    return _payload(site, entry.raw if entry else None)


def _payload(site: Site, address: RawAddress | None) -> Response:
    """A file to keep, never a page to show: payloads are hostile."""
    if address is None:
        raise HTTPException(404)
    settings = site.settings
    try:
        with Archive.open(settings, site.services.store.payloads, reading=True) as archive:
            content = archive.read(address)
    except ArchiveError as error:
        raise HTTPException(404, "payload-gone") from error
    headers = {"Content-Disposition": f'attachment; filename="{address.digest}.bin"'}
    return Response(content, media_type="application/octet-stream", headers=headers)
