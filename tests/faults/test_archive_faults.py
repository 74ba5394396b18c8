"""The raw archive when its process is killed, its disk is full or its URL is away."""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path

import pytest

from notices.model import RawAddress
from store import Archive, ArchiveError
from tests.support.store_examples import PUBLISHED
from tests.support.store_processes import started


def put(archive: Archive, payload: bytes) -> RawAddress:
    return archive.put(
        run_id="r1",
        notice_id="be_bda:1",
        url="https://portal.example/",
        payload=payload,
        media_type="text/plain",
        at=PUBLISHED,
    )


@pytest.mark.parametrize("torn", [0, 1, 9, 300, 700])
def test_what_a_killed_process_synced_is_recovered_and_its_torn_record_cut_off(tmp_path: Path, torn: int) -> None:
    url, spool = str(tmp_path / "archive"), tmp_path / "spool"
    with started("archive_and_die", url, spool, 3, torn) as process:
        assert process.stdout is not None
        addresses = [RawAddress.model_validate_json(line) for line in process.stdout]
    assert process.returncode == -9
    assert len(addresses) == 3
    with Archive(url, spool) as archive:
        assert archive.waiting() == []
        assert [archive.read(address) for address in addresses] == [f"payload {n}".encode() * 100 for n in range(3)]
        assert [record.address for record in archive.scan()] == addresses
        end = addresses[-1].offset + addresses[-1].length
        assert (tmp_path / "archive" / addresses[0].segment).stat().st_size == end


def test_a_process_killed_before_its_first_payload_leaves_nothing(tmp_path: Path) -> None:
    url, spool = str(tmp_path / "archive"), tmp_path / "spool"
    with started("archive_and_die", url, spool, 0, 20) as process:
        process.wait()
    with Archive(url, spool) as archive:
        assert archive.waiting() == []
        assert list(archive.scan()) == []


def test_the_segment_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    url, spool = str(tmp_path / "archive"), tmp_path / "spool"
    with Archive(url, spool) as writer:
        first = put(writer, b"1")
        assert Archive(url, spool).recover() == []
        second = put(writer, b"2")
        assert writer.waiting() == [first.segment]
    assert [Archive(url, spool).read(address) for address in (first, second)] == [b"1", b"2"]


def test_a_segment_waits_in_the_spool_while_the_url_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    url, spool = str(tmp_path / "archive"), tmp_path / "spool"
    (tmp_path / "archive").write_text("in the way")
    archive = Archive(url, spool)
    address = put(archive, b"{}")
    with caplog.at_level(logging.WARNING):
        archive.close()
    assert "stays in the spool" in caplog.text
    assert archive.waiting() == [address.segment]
    assert archive.read(address) == b"{}"
    (tmp_path / "archive").unlink()
    again = Archive(url, spool)
    assert again.waiting() == []
    assert again.read(address) == b"{}"


def test_an_upload_that_is_not_whole_keeps_the_copy_in_the_spool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive("memory://cut-off", tmp_path / "spool")
    address = put(archive, b"{}")
    monkeypatch.setattr(archive.remote.filesystem, "size", lambda _path: 3)
    archive.close()
    assert archive.waiting() == [address.segment]
    monkeypatch.undo()
    assert archive.recover() == [address.segment]
    assert archive.read(address) == b"{}"


def test_a_full_disk_is_told_and_leaves_no_half_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive(str(tmp_path / "archive"), tmp_path / "spool")
    first = put(archive, b"1")
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if len(data) < 100:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, bytes(data)[:100])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(ArchiveError, match="No space left"):
        put(archive, b"2")
    monkeypatch.undo()
    third = put(archive, b"3")
    archive.close()
    assert third.offset == first.offset + first.length
    assert [archive.read(address) for address in (first, third)] == [b"1", b"3"]


def test_a_segment_damaged_in_between_keeps_the_records_after_the_damage(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url, spool = str(tmp_path / "archive"), tmp_path / "spool"
    (tmp_path / "archive").write_text("in the way")
    archive = Archive(url, spool)
    first, second, third = (put(archive, os.urandom(400)) for _ in range(3))
    archive.close()
    with (spool / first.segment).open("r+b") as file:
        file.seek(second.offset + second.length // 2)
        file.write(b"\x00" * 20)
    (tmp_path / "archive").unlink()
    with caplog.at_level(logging.ERROR):
        mended = Archive(url, spool)
    assert "damaged" in caplog.text
    for address in (first, third):
        assert len(mended.read(address)) == 400
    with pytest.raises(ArchiveError):
        mended.read(second)
