"""Reading forms: small, flat, and only from our own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from web.rendering import site_of
from web.security import COOKIE

MAX_FIELDS = 400


async def plain_form(request: Request) -> FormData:
    """The fields of a form, files refused."""
    return await request.form(max_files=0, max_fields=MAX_FIELDS)


async def own_form(request: Request) -> FormData:
    """The fields of a form that one of our pages made; 403 for any other."""
    form = await plain_form(request)
    origin = request.headers.get("origin")
    foreign = origin not in (None, "null") and urlsplit(str(origin)).netloc != request.headers.get("host")
    token = str(form.get("token", ""))
    if foreign or not site_of(request).tokens.holds(token, request.cookies.get(COOKIE, "")):
        raise HTTPException(403, "form-expired")
    return form
