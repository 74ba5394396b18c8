"""Commands that ask the index."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TextIO

import click

from cli.common import (
    all_option,
    fail,
    json_option,
    prepared,
    query_argument,
    query_of,
    query_option,
    refused_by_system,
    say,
    sentences,
    show,
    tell_what_waits,
)
from core import clock
from core.errors import ConfigurationError, VigieError
from core.settings import Settings
from core.urls import printed_url
from search.query import NoticeQuery
from store import Store


@click.command()
@query_argument
@query_option
@all_option
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--sort", type=click.Choice(["relevance", "published", "deadline", "value"]), default="relevance")
@json_option
@sentences
def search(text: str | None, query_json: str | None, all_notices: bool, limit: int, sort: str, as_json: bool) -> None:
    """Search notices by the words a person types."""
    from search import open_index
    from search.port import Sort

    settings = prepared()
    query = query_of(text, query_json, all_notices=all_notices)
    with Store.open(settings) as store, open_index(settings, writable=False) as index:
        page = index.search(query, now=clock.now(), sort=Sort(sort), limit=limit, language=settings.language)
        found = store.notices.get_many([hit.notice_id for hit in page.hits])
        tell_what_waits(store)
    shown = f", the first {len(page.hits)} shown" if page.total > len(page.hits) else ""
    say(f"{query.describe(settings.language)}\n{page.total} found{shown}.")
    show(
        [found[hit.notice_id].notice for hit in page.hits if hit.notice_id in found],
        as_json=as_json,
        line=lambda notice: (
            f"{notice.id}  {notice.kind:12}  "
            f"{notice.deadline.at.strftime('%Y-%m-%d') if notice.deadline else '-':10}  {notice.text()}"
        ),
    )


@contextmanager
def writing(output: Path | None) -> Iterator[TextIO]:
    """Stdout, or a file that takes the place of an older one only when it is complete."""
    if output is None:
        yield sys.stdout
        return
    try:
        with _opened(output) as file:
            yield file
    except OSError as error:
        error.filename = None  # it may be the draft's
        raise VigieError(f"{output} cannot be written: {refused_by_system(error)}") from error


def _opened(output: Path) -> AbstractContextManager[TextIO]:
    from observatory.destinations import drafted

    if output.exists() and not output.is_file():  # a pipe or a device cannot be replaced
        return output.open("w", encoding="utf-8", newline="")
    return drafted(output.parent, lambda draft: draft.replace(output))


@click.command()
@query_argument
@query_option
@all_option
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File; default: stdout.")
@click.option("--to", "url", metavar="URL", help="Any fsspec URL, such as s3://bucket/folder/name.csv.")
@click.option("--queue", "by_worker", is_flag=True, help="Of many machines: leave it to a worker of the queue export.")
@sentences
def export(
    text: str | None,
    query_json: str | None,
    all_notices: bool,
    form: str,
    output: Path | None,
    url: str | None,
    by_worker: bool,
) -> None:
    """Write the notices of a query as CSV or JSON Lines, with the query, the time and the coverage."""
    from monitoring import exports
    from observatory.destinations import writing_to
    from observatory.exports import ExportFormat
    from observatory.exports import export as write
    from search import open_index

    if url and output:
        raise VigieError("--output names a file and --to an address; an export goes to one of them.")
    settings = prepared()
    query = query_of(text, query_json, all_notices=all_notices)
    if by_worker:
        _leave_to_a_worker(settings, query, form, url)
        return
    place = writing_to(url, settings) if url else writing(output)
    with Store.open(settings) as store:
        with open_index(settings, writable=False) as index, place as out:
            report = write(store, index, query, ExportFormat(form), out, clock.now(), settings.language)
            tell_what_waits(store)
        if url:
            exports.written(store, url)
    say(f"{report.rows} of {report.head.announced} notices written.")
    if report.gone:
        say(f"{report.gone} notices that the index names are not in the store; `vigie reindex` mends the index.")
        fail()


def _leave_to_a_worker(settings: Settings, query: NoticeQuery, form: str, url: str | None) -> None:
    """Ask for an export. It is written as of the moment when a worker comes to it."""
    from observatory.destinations import folder_and_name
    from scheduler.dispatch import is_distributed
    from scheduler.distributed import DistributedDispatch
    from scheduler.orders import Order

    if not is_distributed(settings):
        raise ConfigurationError("There are no workers of the queue export on one machine: leave --queue out.")
    if url is None:
        raise VigieError("--queue needs --to: a worker on any machine writes the export to an address.")
    folder_and_name(url)
    if printed_url(url) != url:
        raise VigieError(
            "The address of an export that waits is kept: put no password into it, but VIGIE_STORAGE__SECRET_KEY."
        )
    with Store.open(settings) as store:
        asked = DistributedDispatch(store).ask(Order.export(query.to_json(), form, url))
    if not asked:
        raise VigieError(f"An export to {url} waits already; `vigie jobs list export` shows it.")
    say(f"A worker writes it to {url}; `vigie jobs list export` shows how far that is.")
