"""What an archive keeps in memory of all that it has written."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator

from store import Archive
from store.archive import CAPTURES_REMEMBERED
from tests.support.store_examples import PUBLISHED


def put(archive: Archive, number: int) -> None:
    archive.put(
        run_id="r1", notice_id=f"be_bda:{number}", url="https://portal.example/", payload=b"{}",
        media_type="application/json", at=PUBLISHED,
    )  # fmt: skip


def test_memory_does_not_grow_with_what_was_archived(tmp_path: Path) -> None:
    with Archive(str(tmp_path / "archive"), tmp_path / "spool") as archive:
        for number in range(2 * CAPTURES_REMEMBERED):
            put(archive, number)
        tracemalloc.start()
        try:
            for number in range(2 * CAPTURES_REMEMBERED, 6 * CAPTURES_REMEMBERED):
                put(archive, number)
            grown, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    # What is remembered was replaced meanwhile, and so counts as new: some 500 bytes for each.
    assert grown < 1_000 * CAPTURES_REMEMBERED


def test_a_second_record_of_a_capture_names_the_one_before_it(tmp_path: Path) -> None:
    with Archive(str(tmp_path / "archive"), tmp_path / "spool") as archive:
        for number in (1, 2, 1):
            put(archive, number)
    (segment,) = (tmp_path / "archive").rglob("*.warc.gz")
    with segment.open("rb") as file:
        headers = [record.rec_headers for record in ArchiveIterator(file) if record.rec_type != "warcinfo"]
    assert [each.get_header("WARC-Concurrent-To") for each in headers] == [
        None, None, headers[0].get_header("WARC-Record-ID"),
    ]  # fmt: skip
