"""What the raw archive promises, in a folder and at another `fsspec` URL."""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from notices.model import RawAddress
from store import Archive, ArchiveError, Store
from tests.support.store_examples import PUBLISHED


@pytest.fixture(params=["folder", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the archive is."""
    return str(tmp_path / "archive") if request.param == "folder" else f"memory://archive-{secrets.token_hex(4)}"


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def put(archive: Archive, payload: bytes, notice_id: str = "be_bda:1", run_id: str = "r1") -> RawAddress:
    """Archive a payload of the invented portal."""
    return archive.put(
        run_id=run_id,
        notice_id=notice_id,
        url="https://portal.example/notice/1?a=b c",
        payload=payload,
        media_type="application/json",
        at=PUBLISHED,
    )


@pytest.mark.parametrize("payload", [b"{}", b"", "é\r\n\r\nWARC/1.1\r\n".encode(), os.urandom(200_000)])
def test_a_payload_is_read_back_from_the_spool_and_from_the_url(url: str, spool: Path, payload: bytes) -> None:
    with Archive(url, spool) as archive:
        put(archive, b"before")
        address = put(archive, payload)
        put(archive, b"after")
        archive.sync()
        assert archive.read(address) == payload
        assert Archive(url, spool).read(address) == payload  # another process, while this one writes
        assert archive.waiting() == [address.segment]
    assert archive.waiting() == []
    assert archive.read(address) == payload


def test_payloads_are_found_by_notice_and_by_run_with_and_without_the_index(
    url: str, spool: Path, store: Store
) -> None:
    wanted = [("be_bda:1", "r1"), ("be_bda:2%:é \r\n", "r1"), ("be_bda:1", "r2")]
    with Archive(url, spool) as archive:
        for notice_id, run_id in wanted:
            address = put(archive, f"{notice_id} {run_id}".encode(), notice_id, run_id)
            store.payloads.add_many([(notice_id, run_id, address, PUBLISHED)])
    for found_by in (Archive(url, spool), Archive(url, spool, index=store.payloads)):
        by_notice = list(found_by.find(notice_id="be_bda:1"))
        assert [record.run_id for record in by_notice] == ["r1", "r2"]
        assert [record.notice_id for record in found_by.find(run_id="r1")] == ["be_bda:1", "be_bda:2%:é \r\n"]
        (only,) = found_by.find(notice_id="be_bda:1", run_id="r2")
        assert found_by.read(only.address) == b"be_bda:1 r2"
        assert only.archived_at == PUBLISHED
    assert list(Archive(url, spool).scan()) == list(store.payloads.iterate())
    with pytest.raises(ValueError, match="notice or a run"):
        next(Archive(url, spool).find())


def test_a_full_segment_is_closed_and_another_one_begun(url: str, spool: Path) -> None:
    payloads = [os.urandom(3000) for _ in range(6)]
    with Archive(url, spool, segment_size=5000) as archive:
        addresses = [put(archive, payload) for payload in payloads]
        assert [archive.read(address) for address in addresses] == payloads  # on their way, or there
    assert archive.waiting() == []
    assert len({address.segment for address in addresses}) == 3
    assert [archive.read(address) for address in addresses] == payloads


def test_segments_are_warc_files_that_other_tools_read(tmp_path: Path, spool: Path) -> None:
    with Archive(str(tmp_path / "archive"), spool) as archive:
        first, _second, _other = put(archive, b"{1}"), put(archive, b"{2}"), put(archive, b"{3}", "be_bda:2")
    with (tmp_path / "archive" / first.segment).open("rb") as file:
        records = [
            (record.rec_type, record.rec_headers, record.content_stream().read()) for record in ArchiveIterator(file)
        ]
    assert [kind for kind, _headers, _payload in records] == ["warcinfo", "resource", "resource", "resource"]
    info, one, two, three = (headers for _kind, headers, _payload in records)
    assert one.get_header("WARC-Target-URI") == "https://portal.example/notice/1?a=b%20c"
    assert one.get_header("WARC-Date") == "2026-03-02T08:30:00.000000Z"
    assert one.get_header("WARC-Warcinfo-ID") == info.get_header("WARC-Record-ID")
    assert two.get_header("WARC-Concurrent-To") == one.get_header("WARC-Record-ID")
    assert three.get_header("WARC-Concurrent-To") is None
    assert [payload for _kind, _headers, payload in records[1:]] == [b"{1}", b"{2}", b"{3}"]


def test_threads_share_an_archive(url: str, spool: Path) -> None:
    with Archive(url, spool, segment_size=2000) as archive, ThreadPoolExecutor(6) as pool:
        addresses = list(pool.map(lambda number: put(archive, str(number).encode() * 50), range(60)))
    assert [archive.read(address) for address in addresses] == [str(number).encode() * 50 for number in range(60)]


def test_a_payload_that_is_not_the_one_stored_is_told_in_a_sentence(url: str, spool: Path) -> None:
    with Archive(url, spool) as archive:
        address = put(archive, b"{}")
    with pytest.raises(ArchiveError, match="digest differs"):
        archive.read(address.model_copy(update={"digest": "0" * 64}))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"offset": 1}, "damaged|no payload"),
        ({"offset": 0}, "no payload|digest differs|damaged"),
        ({"offset": 10**9}, "no payload"),
        ({"length": 5}, "damaged|empty"),
        ({"segment": "2026/03/none.warc.gz"}, "no segment"),
        ({"segment": "../../etc/passwd"}, "no name of an archive segment"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_in_a_sentence(
    url: str, spool: Path, change: dict[str, object], sentence: str
) -> None:
    with Archive(url, spool) as archive:
        address = put(archive, b"{}")
    with pytest.raises(ArchiveError, match=sentence):
        archive.read(address.model_copy(update=change))


def test_an_unknown_kind_of_url_is_told_in_a_sentence(spool: Path) -> None:
    with pytest.raises(ArchiveError, match="cannot be used"):
        Archive("nowhere://x", spool)
