"""How many notices a second each portal's parser reads, against the bare parse of the same bytes.

The payloads are those of a crawl of the simulated portal. The bare parse is what any parser must do first: JSON with
`json`, JSON inside its texts too, XML inside it or alone with `lxml.etree`, pages and fragments of them with
`lxml.html`. It checks nothing, and looks at nothing that it finds. No aim is set: portals differ in what a notice
holds. A rate is that of the quickest of some rounds, in seconds of the processor.

    python -m benchmarks.parse_rate [PORTAL ...] [--notices 200] [--seconds 2]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lxml.etree
import lxml.html

from core.settings import Settings
from crawlers import portals
from crawlers.contract import Parsing
from crawlers.portals.loading import Parser
from pipelines.crawl import CrawlRequest, run
from pipelines.reading import Refusal, read
from simulated_portals import registry
from simulated_portals.running import running_portal
from store import Store
from store.archive import Archive

_JSON_BEGINS = frozenset("{[")
_XML = lxml.etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


def payloads(key: str, notices: int) -> list[tuple[bytes, Parsing]]:
    """What a crawl of the simulated portal archives."""
    portal = portals.load(key)
    with tempfile.TemporaryDirectory() as folder, running_portal(registry.factory(key)(key, invented=notices)) as asked:
        settings = Settings.model_validate({"data_dir": Path(folder), "demo": True})
        with Store.open(settings) as store, Archive(settings.archive, settings.spool_dir, store.payloads) as archive:
            store.migrate()
            run(CrawlRequest.open_calls(key, base_url=asked.base_url), settings, store, archive)
            if "days" in portal.scopes:
                run(CrawlRequest.backfill(key, 30, base_url=asked.base_url), settings, store, archive)
            found = [(record.notice_id, archive.read(record.address)) for record in store.payloads.iterate(key)]
    return [(payload, Parsing(key, portal.base_url, notice_id.partition(":")[2])) for notice_id, payload in found]


def bare_parse(payload: bytes, _: Parsing) -> None:
    """JSON, and every document inside it."""
    start = payload[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        _document(payload)
    else:
        _inside(json.loads(payload))


def _inside(value: Any) -> None:
    if isinstance(value, str):
        start = value[:64].lstrip()[:1]
        if start in _JSON_BEGINS:
            with contextlib.suppress(ValueError):  # a text in brackets
                _inside(json.loads(value))
        elif start == "<":
            _document(value.encode("utf-8", "surrogatepass"))
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _inside(item)


def _document(content: bytes) -> None:
    if content.lstrip()[:5] == b"<?xml":
        lxml.etree.fromstring(content, _XML)
    else:
        lxml.html.fromstring(content)


def rate(work: Callable[[bytes, Parsing], object], found: list[tuple[bytes, Parsing]], seconds: float) -> float:
    """Payloads a second, in the quickest round of those that fit into so many seconds."""
    begun, quickest = time.process_time(), float("inf")
    while time.process_time() - begun < seconds:
        round_begun = time.process_time()
        for payload, context in found:
            work(payload, context)
        quickest = min(quickest, time.process_time() - round_begun)
    return len(found) / quickest


def _is_read(parse: Parser, payload: bytes, context: Parsing) -> bool:
    """Whether the parser takes a payload; simulated portals serve some that no parser can."""
    try:
        read(parse, payload, context)
    except Refusal:
        return False
    return True


def measure(key: str, notices: int, seconds: float) -> dict[str, object]:
    """One line of the report."""
    parse = portals.parser(key)
    found = [(payload, context) for payload, context in payloads(key, notices) if _is_read(parse, payload, context)]
    if not found:
        return {"portal": key, "payloads": 0}
    ours, bare = rate(parse, found, seconds), rate(bare_parse, found, seconds)
    size = sum(len(payload) for payload, _ in found)
    return {
        "portal": key,
        "payloads": len(found),
        "kilobytes_each": round(size / len(found) / 1000, 1),
        "notices_per_second": round(ours),
        "bare_per_second": round(bare),
        "times_bare": round(bare / ours, 1),
    }


def main() -> None:
    """Print one JSON object per portal."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("portals", nargs="*", help="default: all that can be simulated")
    options.add_argument("--notices", type=int, default=200)
    options.add_argument("--seconds", type=float, default=2.0)
    asked = options.parse_args()
    logging.getLogger().setLevel(logging.ERROR)
    for key in asked.portals or registry.keys():
        print(json.dumps(measure(key, asked.notices, asked.seconds)), flush=True)


if __name__ == "__main__":
    main()
