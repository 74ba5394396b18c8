"""Bytes of the store per notice, by table: of what simulated portals publish, and of real eForms notices.

    python -m benchmarks.scaling.stored_bytes [--portal eu_ted] [--portal fr_boamp] [--notices 1000]

A portal is crawled, so its notices come with the addresses of their payloads in the archive; real notices are read from
`../shared/samples`, where that is, saved eight times under different ids, and have no such addresses. Both go into
SQLite and into PostgreSQL, which compresses long texts. Prints one JSON object per kind and engine.
"""

from __future__ import annotations

import argparse
import json
import logging
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.eforms_reader import CONTEXT, FOLDERS, payloads
from benchmarks.scaling.service_times import count, save
from core.settings import Settings
from crawlers import portals
from notices.formats.eforms import read_eforms
from pipelines.crawl import CrawlRequest, run
from simulated_portals import registry
from simulated_portals.running import running_portal
from store import Store
from store.archive import Archive
from store.records import Saving
from tests.support import postgres

TABLES = ("notices", "notice_versions", "procedures", "procedure_identifiers", "raw_payloads", "version_payloads")
REAL = (FOLDERS[0], FOLDERS[0].parents[1] / "ted" / "eforms_real")
COPIES = 8
DAYS = 30
Fill = Callable[[Settings], None]


def crawled(key: str, notices: int) -> Fill:
    """What a crawl of a simulated portal stores."""

    def fill(settings: Settings) -> None:
        with (
            running_portal(registry.factory(key)(key, invented=notices)) as portal,
            Store.open(settings) as store,
            Archive(settings.archive, settings.spool_dir, store.payloads) as archive,
        ):
            store.migrate()
            run(CrawlRequest.open_calls(key, base_url=portal.base_url), settings, store, archive)
            if "days" in portals.load(key).scopes:
                run(CrawlRequest.backfill(key, DAYS, base_url=portal.base_url), settings, store, archive)

    return fill


def real(folder: Path) -> Fill:
    """The eForms notices of a folder, each several times."""
    read = [read_eforms(payload, context=CONTEXT).notice for payload in payloads(folder)]

    def fill(settings: Settings) -> None:
        with Store.open(settings) as store:
            store.migrate()
            for copy in range(COPIES):
                named = [
                    one.model_copy(update={"id": f"{one.portal}:{number}-{copy}"}) for number, one in enumerate(read)
                ]
                save(store, [Saving(notice=one) for one in named])

    return fill


def measured(fill: Fill) -> Iterator[tuple[str, dict[str, int]]]:
    """Bytes per notice of each engine."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        fill(_settings(folder, f"sqlite:///{path}"))
        yield "SQLite", _of_sqlite(path)
    with tempfile.TemporaryDirectory() as folder, postgres.server() as server:
        url = server.create_empty()
        fill(_settings(folder, url))
        with Store(url) as store:
            notices = count(store, "SELECT count(*) FROM notices")
            sizes = {name: count(store, f"SELECT pg_total_relation_size('{name}')") for name in TABLES}
        yield "PostgreSQL", _each(sizes, notices)


def _settings(folder: str, url: str) -> Settings:
    return Settings.model_validate({"data_dir": Path(folder), "demo": True, "database_url": url})


def _of_sqlite(path: Path) -> dict[str, int]:
    with sqlite3.connect(path) as connection:
        connection.execute("VACUUM")
        sizes = connection.execute(
            "SELECT named.tbl_name, sum(pages.pgsize) FROM dbstat AS pages JOIN sqlite_schema AS named USING (name)"
            " GROUP BY 1"
        )
        found = {name: size for name, size in sizes if name in TABLES}
        return _each(found, connection.execute("SELECT count(*) FROM notices").fetchone()[0])


def _each(sizes: dict[str, int], notices: int) -> dict[str, int]:
    each = {name: round(size / notices) for name, size in sizes.items()}
    return {"notices stored": notices, **each, "together": sum(each.values())}


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portal", action="append", help="default: eu_ted and fr_boamp")
    parser.add_argument("--notices", type=int, default=1_000, help="of each simulated portal")
    options = parser.parse_args()
    logging.getLogger().setLevel(logging.ERROR)
    kinds = {key: crawled(key, options.notices) for key in options.portal or ("eu_ted", "fr_boamp")}
    kinds |= {f"real, {folder.name}": real(folder) for folder in REAL if folder.is_dir()}
    for kind, fill in kinds.items():
        for engine, sizes in measured(fill):
            print(json.dumps({"of": kind, "engine": engine, **sizes}), flush=True)


if __name__ == "__main__":
    main()
