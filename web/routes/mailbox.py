"""The demonstration's mailbox: what its local mail server accepted, shown like a mail reader would."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from alerts.mailbox import Mailbox, OpenedMail, mailbox_of
from web.rendering import render, site_of

router = APIRouter()
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; form-action 'none'; frame-ancestors 'self'"
)
_SHOWN_FIRST = ("From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id")


def _mailbox(request: Request) -> Mailbox:
    """The mailbox, for operators of a demonstration only."""
    site = site_of(request)
    if not site.settings.demo:
        raise HTTPException(404)
    site.gate.check(request)
    return mailbox_of(site.settings)


def _mail(request: Request, mail_id: str) -> OpenedMail:
    mail = _mailbox(request).get(mail_id)
    if mail is None:
        raise HTTPException(404)
    return mail


@router.get("/mailbox")
def mails(request: Request) -> HTMLResponse:
    """The messages, newest first."""
    return render(request, "mailbox.html", mails=_mailbox(request).list())


@router.get("/mailbox/{mail_id}")
def mail_page(request: Request, mail_id: str) -> HTMLResponse:
    """One message with its headers."""
    mail = _mail(request, mail_id)
    headers = dict(mail.headers)
    first = [(name, headers.pop(name)) for name in _SHOWN_FIRST if name in headers]
    return render(request, "mail.html", mail=mail, first=first, others=list(headers.items()))


@router.get("/mailbox/{mail_id}/html")
def mail_html(request: Request, mail_id: str) -> Response:
    """The HTML part alone, for the frame: no script, nothing loaded, links open in a new tab."""
    html = _mail(request, mail_id).html
    if html is None:
        raise HTTPException(404)
    base = '<base target="_blank">'
    framed = _HEAD.sub(lambda found: found.group() + base, html, count=1) if _HEAD.search(html) else base + html
    return HTMLResponse(framed, headers={"Content-Security-Policy": _FRAME_POLICY})


@router.get("/mailbox/{mail_id}/source")
def mail_source(request: Request, mail_id: str) -> Response:
    """The message as it arrived."""
    raw = _mailbox(request).raw(mail_id)
    if raw is None:
        raise HTTPException(404)
    return Response(raw, media_type="text/plain; charset=utf-8")
