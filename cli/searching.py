"""Commands that ask the index."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
    say,
    sentences,
    show,
)
from core import clock
from store import Store


@click.command()
@query_argument
@query_option
@all_option
@click.option("--limit", default=20, show_default=True)
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
    say(f"{query.describe(settings.language)} : {page.total}")
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
    """The file to write to, or stdout."""
    if output is None:
        yield sys.stdout
    else:
        with output.open("w", encoding="utf-8", newline="") as file:
            yield file


@click.command()
@query_argument
@query_option
@all_option
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File; default: stdout.")
@sentences
def export(text: str | None, query_json: str | None, all_notices: bool, form: str, output: Path | None) -> None:
    """Write the notices of a query as CSV or JSON Lines, with the query, the time and the coverage."""
    from observatory.exports import ExportFormat
    from observatory.exports import export as write
    from search import open_index

    settings = prepared()
    query = query_of(text, query_json, all_notices=all_notices)
    with Store.open(settings) as store, open_index(settings, writable=False) as index, writing(output) as out:
        report = write(store, index, query, ExportFormat(form), out, clock.now(), settings.language)
    say(f"{report.rows} of {report.head.announced} notices written.")
    if report.gone:
        say(f"{report.gone} notices that the index names are not in the store; `vigie reindex` mends the index.")
        fail()


@click.command()
@sentences
def reindex() -> None:
    """Queue every notice for the index again; nobody is alerted."""
    with Store.open(prepared()) as store:
        say(f"{store.notices.enqueue_all()} notices queued; the index worker takes them from here.")
