"""Raw payloads in files to notices, without a store: what `vigie parse` prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from core.errors import VigieError
from core.settings import CrawlSettings
from crawlers.contract import Parsing
from crawlers.portals import forms, load, parser, splitter
from notices.formats.errors import NoticeFormatError
from notices.formats.reading import Reading
from pipelines.reading import Refusal, read

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class ParsedFile(NamedTuple):
    """One notice of a file, or the sentence that says why there is none."""

    path: Path
    reading: Reading | None
    problem: str | None = None


def parse_files(
    portal: str, paths: Iterable[Path], crawl: CrawlSettings | None = None, form: str | None = None
) -> Iterator[ParsedFile]:
    """Read files one after the other; one that cannot be read does not keep the others back.

    `form` says in which of the portal's forms they come; without it the content tells. An unknown one raises
    `VigieError`.

    A bare document named after the portal's key (`<uuid>.xml`) gets the id of that notice. A search answer yields one
    result per row.
    """
    load(portal)
    limits = crawl or CrawlSettings()
    if form is not None and form not in forms(portal):
        raise VigieError(f"{portal} has no form {form}; there are: {', '.join(forms(portal))}.")
    for path in paths:
        try:
            if path.stat().st_size > limits.max_response_bytes:
                raise OSError(
                    f"it has {path.stat().st_size:,} bytes, more than the {limits.max_response_bytes:,} that are read"
                )
            payloads = splitter(portal)(path.read_bytes(), form)
        except OSError as error:
            yield ParsedFile(path, None, f"{path}: cannot be read: {error.strerror or error}.")
            continue
        except NoticeFormatError as error:
            yield ParsedFile(path, None, f"{path}: {error}")
            continue
        native_id = path.stem if _UUID.fullmatch(path.stem) else None
        yield from (_parsed(portal, path, payload, native_id, limits) for payload in payloads)


def _parsed(portal: str, path: Path, payload: bytes, native_id: str | None, limits: CrawlSettings) -> ParsedFile:
    context = Parsing(
        portal=portal,
        base_url=load(portal).base_url,
        native_id=native_id,
        max_payload_bytes=limits.max_payload_bytes,
    )
    try:
        return ParsedFile(path, read(parser(portal), payload, context))
    except Refusal as refusal:
        where = f" (at {refusal.path})" if refusal.path else ""
        return ParsedFile(path, None, f"{path}: {refusal.reason}{where}")
