"""A notice that came without a payload and that the index refuses is held with the reason, as all others are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.settings import Settings
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
    (still,) = quarantine.replay(Settings(data_dir=tmp_path), store, archive).still_held
    assert "without a payload" in still.reason
    assert "too deep" in still.reason
    index.refused = ()
    store.notices.enqueue_all()
    drain(store, index)  # type: ignore[arg-type]
    assert store.quarantine.held() == []
