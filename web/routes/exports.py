"""The current query as a file: CSV or JSON Lines."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.exceptions import HTTPException

from core import clock
from observatory.exports import Export, ExportFormat
from search.query import NoticeQuery
from web.rendering import language_of, site_of
from web.services import asking_store
from web.views import reading

router = APIRouter()


@router.get("/export.{extension}")
def export(request: Request, extension: str) -> StreamingResponse:
    """Stream every notice of the query, with the query, the time and the coverage in the file."""
    if extension not in {fmt.value for fmt in ExportFormat}:
        raise HTTPException(404)
    query = NoticeQuery.from_url(request.url.query, beside=reading.BESIDE)
    services, now, fmt = site_of(request).services, clock.now(), ExportFormat(extension)
    with asking_store(), services.asking_index():
        work = Export(services.store, services.index, query, fmt, now, language_of(request))
    name = f"vigie-{now:%Y%m%d-%H%M}.{fmt.value}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_encoded(work.lines()), media_type=fmt.media_type, headers=headers)


def _encoded(lines: Iterator[str]) -> Iterator[bytes]:
    """Pieces of some size: one network packet per line would be slow."""
    buffer: list[str] = []
    size = 0
    for line in lines:
        buffer.append(line)
        size += len(line)
        if size > 32_768:
            yield "".join(buffer).encode("utf-8", errors="replace")
            buffer, size = [], 0
    yield "".join(buffer).encode("utf-8", errors="replace")
