"""The notebook of crawls on both databases, and the folders of versions before, whose pages are taken over."""

from __future__ import annotations

import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import clock
from store import Store
from store import notebook as module
from store.errors import StoreError

AT = datetime(2026, 11, 20, 8, 30, 0, 250, tzinfo=UTC)
CALLS = "ma_pmmp-calls-f9f"


def old_page(folder: Path, key: str, content: bytes, at: datetime | str = AT) -> Path:
    """A file as versions before wrote it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.page"
    path.write_bytes((at if isinstance(at, str) else at.isoformat()).encode() + b"\n" + content)
    return path


def test_what_was_written_is_read_with_its_moment_and_nothing_else(store: Store) -> None:
    assert store.notebook.read(CALLS) is None
    with clock.frozen_at(AT):
        store.notebook.write(CALLS, b'{"101": "\xed\xa0\x80\x00"}\n\xff')
    assert store.notebook.read(CALLS) == (b'{"101": "\xed\xa0\x80\x00"}\n\xff', AT)
    assert store.notebook.read(f"{CALLS}2") is None


def test_the_last_writing_holds_whole_whoever_wrote(store: Store, store_url: str) -> None:
    with Store(store_url) as other:
        store.notebook.write(CALLS, b"x" * 100_000)
        other.notebook.write(CALLS, b"short")
        kept = store.notebook.read(CALLS)
        assert kept is not None
        assert kept[0] == b"short"


def test_a_page_is_never_a_mixture_of_two_that_are_written_at_once(store: Store) -> None:
    pages = [bytes([65 + number]) * 50_000 for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda page: store.notebook.write(CALLS, page), pages))
    kept = store.notebook.read(CALLS)
    assert kept is not None
    assert kept[0] in pages


@pytest.mark.parametrize("key", ["", "be_bda.organisations https://portal.example/\x00", "\ud800", "é" * 5000])
def test_a_key_may_be_whatever_a_portal_calls_its_parts(store: Store, key: str) -> None:
    store.notebook.write(key, b"noted")
    kept = store.notebook.read(key)
    assert kept is not None
    assert kept[0] == b"noted"
    assert store.notebook.read(f"{key}.") is None


def test_a_page_beyond_measure_is_refused_with_a_sentence_and_the_one_before_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    store.notebook.write(CALLS, b"0123456789")
    with pytest.raises(StoreError, match=r"ma_pmmp-calls-f9f.* has 11 bytes, and a page takes 10"):
        store.notebook.write(CALLS, b"01234567890")
    kept = store.notebook.read(CALLS)
    assert kept is not None
    assert kept[0] == b"0123456789"


def test_the_pages_of_an_old_folder_are_taken_over_with_their_moments_and_the_folder_goes(
    store: Store, tmp_path: Path
) -> None:
    folder = tmp_path / "notebook"
    old_page(folder, CALLS, b"one\ntwo\n")
    old_page(folder, "ma_pmmp-open-list", b"", AT.replace(microsecond=0))
    (folder / "0123.77.part").write_bytes(b"half")
    assert store.notebook.take_over(folder) == 2
    assert store.notebook.read(CALLS) == (b"one\ntwo\n", AT)
    assert store.notebook.read("ma_pmmp-open-list") == (b"", AT.replace(microsecond=0))
    assert not folder.exists()
    assert store.notebook.take_over(folder) == 0


def test_of_the_folders_of_two_machines_the_younger_page_stays(store: Store, tmp_path: Path) -> None:
    folders = [tmp_path / name / "notebook" for name in ("first", "second", "third")]
    for folder, days in zip(folders, (2, 3, 1), strict=True):
        old_page(folder, CALLS, f"day {days}".encode(), AT + timedelta(days=days))
    assert [store.notebook.take_over(folder) for folder in folders] == [1, 1, 0]
    assert store.notebook.read(CALLS) == (b"day 3", AT + timedelta(days=3))
    assert not any(folder.exists() for folder in folders)
    store.notebook.write(CALLS, b"today")
    old_page(folders[0], CALLS, b"day 4", AT + timedelta(days=4))
    with clock.frozen_at(AT + timedelta(days=5)):
        store.notebook.write(CALLS, b"day 5")
    assert store.notebook.take_over(folders[0]) == 0
    assert store.notebook.read(CALLS) == (b"day 5", AT + timedelta(days=5))


@pytest.mark.parametrize("damaged", ["", "2026-11-20T08:30:00", "yesterday", "\x00\xff" * 50])
def test_a_damaged_page_of_an_old_folder_is_told_and_the_others_are_taken(
    store: Store, tmp_path: Path, damaged: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = old_page(tmp_path / "notebook", CALLS, b"lost", damaged)
    old_page(tmp_path / "notebook", "ma_pmmp-last-news", b"2026-11-20")
    with caplog.at_level(logging.WARNING):
        assert store.notebook.take_over(tmp_path / "notebook") == 1
    assert f"What was remembered in {path} cannot be read; it begins anew" in caplog.text
    assert store.notebook.read(CALLS) is None
    assert store.notebook.read("ma_pmmp-last-news") == (b"2026-11-20", AT)
    assert not (tmp_path / "notebook").exists()


def test_two_crawls_that_take_the_same_folder_over_lose_no_page(store: Store, store_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "notebook"
    for number in range(40):
        old_page(folder, f"page {number}", str(number).encode())
    with Store(store_url) as other, ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda each: each.notebook.take_over(folder), (store, other)))
    for number in range(40):
        assert store.notebook.read(f"page {number}") == (str(number).encode(), AT)
    assert not folder.exists()
