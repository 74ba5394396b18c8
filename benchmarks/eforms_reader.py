"""How much longer reading an eForms notice takes than parsing its XML with nothing done to it.

Reads every notice of a folder with `read_eforms` (checks, model and the report of unread fields included) and, in turns
with it, parses the same bytes with bare `lxml.etree.fromstring`. Prints both times per notice and their ratio, which is
to stay at or below 8.

    python -m benchmarks.eforms_reader [FOLDER]

FOLDER defaults to the real Belgian notices of `../shared/samples`, else to the golden notices of the tests.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from lxml import etree

sys.path.insert(0, str(Path(__file__).parent.parent))

from notices.formats.eforms import NoticeFormatError, ReadingContext, read_eforms

ROOT = Path(__file__).parent.parent
FOLDERS = (ROOT.parent / "shared/samples/belgium/eforms_2025-06", ROOT / "tests/golden/eforms")
TURNS = 15
AIM = 8.0
CONTEXT = ReadingContext(portal="be_bda", zone=ZoneInfo("Europe/Brussels"))


def payloads(folder: Path) -> list[bytes]:
    """The notices of a folder that the reader accepts."""
    found = []
    for path in sorted(folder.rglob("*.xml")):
        payload = path.read_bytes()
        try:
            read_eforms(payload, context=CONTEXT)
        except NoticeFormatError as error:
            print(f"{path.name} left out: {error}")
        else:
            found.append(payload)
    return found


def seconds(work: Callable[[bytes], object], notices: list[bytes]) -> float:
    """The processor time of one turn over all notices; other programs on the machine do not count."""
    begin = time.process_time()
    for payload in notices:
        work(payload)
    return time.process_time() - begin


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else next(path for path in FOLDERS if path.is_dir())
    notices = payloads(folder)
    if not notices:
        print(f"{folder} holds no eForms notice")
        return 1
    bare, full = float("inf"), float("inf")
    for _ in range(TURNS):
        bare = min(bare, seconds(etree.fromstring, notices))
        full = min(full, seconds(lambda payload: read_eforms(payload, context=CONTEXT), notices))
    size = sum(map(len, notices)) / len(notices) / 1000
    print(f"{len(notices)} notices of {size:.0f} kB on average, the best of {TURNS} turns")
    print(f"bare parse   {bare / len(notices) * 1000:7.3f} ms per notice")
    print(
        f"reader       {full / len(notices) * 1000:7.3f} ms per notice, {len(notices) / full:,.0f} notices per second"
    )
    ratio = full / bare
    print(f"ratio        {ratio:7.1f}    (aim: at most {AIM:.0f})")
    return 0 if ratio <= AIM else 1


if __name__ == "__main__":
    sys.exit(main())
