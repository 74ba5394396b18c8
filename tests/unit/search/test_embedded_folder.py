"""The index folder: one writer, readers that follow, and an index that can always be rebuilt."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
from pathlib import Path

import pytest

from core.i18n import catalogue
from core.settings import Settings
from search import new_matcher, open_index
from search.embedded import EmbeddedIndex
from search.errors import ROOM, IndexReadOnly, IndexUnavailable
from search.port import IndexState
from search.query import NoticeQuery
from tests.contracts.search.search_material import NOW, document

ALL = NoticeQuery()


def test_only_one_process_writes_and_the_other_is_told_so(tmp_path: Path) -> None:
    with EmbeddedIndex.writer(tmp_path), pytest.raises(IndexReadOnly, match="un seul") as refused:
        EmbeddedIndex.writer(tmp_path)
    assert refused.value.told("en").startswith(f"Another process already writes to the index {tmp_path}")
    EmbeddedIndex.writer(tmp_path).close()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    with EmbeddedIndex.writer(tmp_path), EmbeddedIndex.reader(tmp_path) as reader:
        for write in (lambda: reader.index([document(1)]), lambda: reader.delete(["x"]), reader.clear):
            with pytest.raises(IndexReadOnly):
                write()


def test_a_reader_sees_each_commit_without_being_opened_again(tmp_path: Path) -> None:
    with EmbeddedIndex.writer(tmp_path) as writer, EmbeddedIndex.reader(tmp_path) as reader:
        for number in range(5):
            writer.index([document(number)])
            assert reader.size() == number + 1
        writer.delete(["be_bda:0"])
        assert reader.size() == 4
        writer.clear()
        assert reader.size() == 0
        writer.index([document(9)])
        assert list(reader.scan(ALL, now=NOW)) == ["be_bda:9"]


def test_a_reader_of_an_index_that_does_not_exist_says_what_to_do(tmp_path: Path) -> None:
    with EmbeddedIndex.reader(tmp_path / "nothing") as reader:
        assert reader.status().state is IndexState.UNAVAILABLE
        with pytest.raises(IndexUnavailable, match="vigie reindex"):
            reader.search(ALL, now=NOW)
        with EmbeddedIndex.writer(tmp_path / "nothing") as writer:
            writer.index([document(1)])
        assert reader.size() == 1


def test_what_was_indexed_is_there_after_reopening(tmp_path: Path) -> None:
    with EmbeddedIndex.writer(tmp_path) as writer:
        writer.index([document(1)])
        writer.rebuild_queued()
    with EmbeddedIndex.writer(tmp_path) as writer:
        assert writer.size() == 1
        assert not writer.status().needs_rebuild


def test_an_index_of_another_schema_is_rebuilt_by_the_writer_and_refused_by_readers(tmp_path: Path) -> None:
    with EmbeddedIndex.writer(tmp_path) as writer:
        writer.index([document(1)])
        writer.rebuild_queued()
    marker = tmp_path / "index.json"
    marker.write_text(marker.read_text().replace('"schema": "', '"schema": "old-'))
    with EmbeddedIndex.reader(tmp_path) as reader:
        with pytest.raises(IndexUnavailable, match="autre schéma") as refused:
            reader.size()
        assert "another schema (old-" in refused.value.told("en")
        with EmbeddedIndex.writer(tmp_path) as writer:
            assert writer.status().needs_rebuild
            assert reader.size() == writer.size() == 0


def _truncate(folder: Path) -> None:
    for path in folder.glob("g-*/*.store"):
        os.truncate(path, 3)


def _cut_meta(folder: Path) -> None:
    for path in folder.glob("g-*/meta.json"):
        path.write_text("{")


def _lose_segments(folder: Path) -> None:
    for path in folder.glob("g-*/*.idx"):
        path.unlink()


def _cut_marker(folder: Path) -> None:
    (folder / "index.json").write_text("{")


@pytest.mark.parametrize("damage", [_truncate, _cut_meta, _lose_segments, _cut_marker])
def test_a_damaged_index_is_rebuilt_by_the_writer_and_told_by_readers(damage: object, tmp_path: Path) -> None:
    with EmbeddedIndex.writer(tmp_path) as writer:
        writer.index([document(1)])
        writer.rebuild_queued()
    damage(tmp_path)  # type: ignore[operator]
    with EmbeddedIndex.reader(tmp_path) as reader:
        assert reader.status().state is IndexState.UNAVAILABLE
        assert reader.status().sentence
        with pytest.raises(IndexUnavailable):
            reader.search(ALL, now=NOW)
        with EmbeddedIndex.writer(tmp_path) as writer:
            assert writer.status().needs_rebuild
            writer.index([document(2)])
            assert list(reader.scan(ALL, now=NOW)) == ["be_bda:2"]


def test_a_folder_deleted_under_a_writer_is_an_error_in_a_sentence(tmp_path: Path) -> None:
    import shutil

    with EmbeddedIndex.writer(tmp_path / "index") as writer:
        shutil.rmtree(tmp_path / "index")
        with pytest.raises(IndexUnavailable):
            writer.search(ALL, now=NOW)
        assert writer.status().state is IndexState.UNAVAILABLE


def _write_and_wait(folder: Path, ready: object) -> None:
    writer = EmbeddedIndex.writer(folder)
    writer.index([document(number) for number in range(20)])
    ready.set()  # type: ignore[attr-defined]
    signal.pause()


def test_a_writer_that_is_killed_loses_nothing_committed_and_leaves_no_lock(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_write_and_wait, args=(tmp_path, ready))
    process.start()
    assert ready.wait(60)
    process.kill()
    process.join()
    with EmbeddedIndex.writer(tmp_path) as writer:
        assert writer.size() == 20
        writer.index([document(99)])
        assert writer.size() == 21


def test_settings_open_the_index_of_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with open_index(settings, writable=True) as writer, open_index(settings, writable=False) as reader:
        writer.index([document(1)])
        assert reader.size() == 1
    assert settings.index_dir.is_dir()
    assert len(new_matcher(settings)) == 0


def test_every_sentence_about_the_index_has_an_english_text() -> None:
    folder = ROOM / "embedded"
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    told = set(re.findall(r'"((?:L’index|Le repère|Un autre processus)[^"]*?[.])"', source))
    texts = catalogue(ROOM, "en")
    assert len(told) > 6
    assert sorted(sentence for sentence in told if sentence not in texts) == []
