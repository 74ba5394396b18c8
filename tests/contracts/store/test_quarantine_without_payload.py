"""A notice that came without a payload and that the index refuses is held with the reason, as all others are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from core.settings import Settings
from notices.formats.reading import Reading
from notices.model import RawAddress
from pipelines import quarantine
from search.document import IndexDocument
from search.indexer import drain
from search.port import Indexed, IndexState, IndexStatus, Refusal
from store import Archive, Store
from store.quarantine import REFUSED_BY_INDEX
from tests.support.store_examples import saving


class Refusing:
    """An index that does not take some notices."""

    def __init__(self, *ids: str) -> None:
        self.refused = ids

    def status(self) -> IndexStatus:
        return IndexStatus(state=IndexState.READY, engine="refusing", documents=1, schema_version="1")

    def index(self, documents: Sequence[IndexDocument], **_: object) -> Indexed:
        found = (one.id for one in documents if one.id in self.refused)
        return Indexed(refused=tuple(Refusal(notice_id=id_, reason="too deep") for id_ in found))


def test_a_notice_without_a_payload_is_held_told_and_released_like_any_other(
    store: Store, archive: Archive, tmp_path: Path
) -> None:
    store.notices.save_many([saving("1"), saving("2")])
    index = Refusing("be_bda:1")
    drain(store, index)  # type: ignore[arg-type]
    assert store.index_queue.depth() == 0
    (held,) = store.quarantine.held()
    assert (held.native_id, held.reason, held.path, held.raw) == ("1", "too deep", REFUSED_BY_INDEX, None)
    store.notices.enqueue_all()
    drain(store, index)  # type: ignore[arg-type]
    assert [entry.attempts for entry in store.quarantine.held()] == [2]
    index.refused = ()
    assert drain(store, index) == 0  # type: ignore[arg-type]
    (still,) = quarantine.replay(Settings(data_dir=tmp_path), store, archive).still_held
    assert "offered to the index again" in still.reason
    assert "too deep" in still.reason
    assert drain(store, index) == 1  # type: ignore[arg-type]
    assert store.quarantine.held() == []


def test_a_replay_releases_what_the_index_refused_only_when_the_index_takes_it(
    store: Store, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = RawAddress(segment="a.warc.gz", offset=0, length=1, digest="a" * 64, media_type="application/xml")
    one = saving("1")
    store.notices.save(one.model_copy(update={"notice": one.notice.model_copy(update={"raw": raw})}))
    (stored,) = store.notices.iterate()
    monkeypatch.setattr(quarantine, "read_archived", lambda *_: Reading(notice=stored.notice))
    index = Refusing("be_bda:1")
    drain(store, index)  # type: ignore[arg-type]
    for refused, left in ((("be_bda:1",), 1), ((), 0)):
        index.refused = refused
        report = quarantine.replay(Settings(data_dir=tmp_path), store, archive)
        assert (report.released, len(report.still_held)) == ((), 1)
        assert drain(store, index) == 1  # type: ignore[arg-type]
        assert len(store.quarantine.held()) == left
