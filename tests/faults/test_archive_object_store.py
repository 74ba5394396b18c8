"""The raw archive on an S3-compatible store that is well, away, slow, or refuses."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import Settings
from notices.model import RawAddress
from store import Archive, ArchiveError
from store.remote import Remote, RemoteError
from tests.support.object_store import BUCKET, SECRET, ObjectStore, running
from tests.support.store_examples import PUBLISHED
from tests.support.store_processes import started

URL = f"s3://{BUCKET}/raw"


@pytest.fixture
def object_store() -> Iterator[ObjectStore]:
    with running() as store:
        yield store


def put(archive: Archive, payload: bytes, notice_id: str = "be_bda:1") -> RawAddress:
    return archive.put(
        run_id="r1", notice_id=notice_id, url="https://portal.example/", payload=payload,
        media_type="text/plain", at=PUBLISHED,
    )  # fmt: skip


def test_a_payload_is_read_back_by_its_address_from_another_machine(object_store: ObjectStore, tmp_path: Path) -> None:
    payloads = [os.urandom(3000) for _ in range(6)]
    with Archive(URL, tmp_path / "one", segment_size=5000, options=object_store.options()) as archive:
        addresses = [put(archive, payload) for payload in payloads]
        archive.sync()
    assert archive.waiting() == []
    assert archive.trouble is None
    segments = sorted({address.segment for address in addresses})
    assert len(segments) == 3
    assert object_store.keys() == [f"raw/{name}" for name in segments]
    elsewhere = Archive(URL, tmp_path / "two", options=object_store.options(), reading=True)
    assert [elsewhere.read(address) for address in addresses] == payloads
    assert [record.address for record in elsewhere.scan()] == sorted(addresses, key=lambda at: (at.segment, at.offset))
    assert not (tmp_path / "two").exists()


def test_a_payload_in_the_spool_of_another_machine_is_told_so_and_comes_when_its_segment_is_moved(
    object_store: ObjectStore, tmp_path: Path
) -> None:
    crawling = Archive(URL, tmp_path / "one", options=object_store.options())
    address = put(crawling, b"{}")
    crawling.sync()
    elsewhere = Archive(URL, tmp_path / "two", options=object_store.options(), reading=True)
    with pytest.raises(ArchiveError, match="waits in the spool of the machine that crawled it"):
        elsewhere.read(address)
    crawling.close()
    assert elsewhere.read(address) == b"{}"


def test_what_a_killed_worker_left_in_its_spool_reaches_the_store_from_there_and_is_read_elsewhere(
    object_store: ObjectStore, tmp_path: Path
) -> None:
    with started("archive_and_die", URL, tmp_path / "one", 3, 9) as process:
        assert process.stdout is not None
        addresses = [RawAddress.model_validate_json(line) for line in process.stdout]
    assert process.returncode == -9
    elsewhere = Archive(URL, tmp_path / "two", options=object_store.options(), reading=True)
    with pytest.raises(ArchiveError, match="waits in the spool"):
        elsewhere.read(addresses[0])
    again = Archive(URL, tmp_path / "one", options=object_store.options())
    again.close()
    assert again.waiting() == []
    assert [elsewhere.read(address) for address in addresses] == [f"payload {n}".encode() * 100 for n in range(3)]


@pytest.mark.parametrize("status", [403, 500, 503])
def test_a_store_that_refuses_delays_and_loses_nothing(
    object_store: ObjectStore, tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    archive = Archive(URL, tmp_path / "spool", options=object_store.options())
    address = put(archive, b"{}")
    object_store.refusing = status
    with caplog.at_level(logging.WARNING):
        archive.close()
    assert "stays in the spool" in caplog.text
    assert archive.trouble is not None
    assert SECRET not in archive.trouble + caplog.text
    if status == 403:
        assert "Check its credentials" in archive.trouble
    assert archive.waiting() == [address.segment]
    assert archive.read(address) == b"{}"
    object_store.refusing = None
    with Archive(URL, tmp_path / "spool", options=object_store.options()) as again:
        assert again.read(address) == b"{}"
    assert again.waiting() == []
    assert object_store.keys() == [f"raw/{address.segment}"]


def test_a_store_that_is_away_is_asked_once_however_many_segments_wait(
    object_store: ObjectStore, tmp_path: Path
) -> None:
    addresses = []
    object_store.stop()
    for number in range(3):
        with Archive(URL, tmp_path / "spool", options=object_store.options()) as archive:
            addresses.append(put(archive, f"{number}".encode()))
    assert len(archive.waiting()) == 3
    object_store.start()
    object_store.refusing = 403
    before = len(object_store.asked)
    Archive(URL, tmp_path / "spool", options=object_store.options()).close()
    assert len(object_store.asked) - before == 1
    object_store.refusing = None
    again = Archive(URL, tmp_path / "spool", options=object_store.options())
    again.close()
    assert again.waiting() == []
    assert [again.read(address) for address in addresses] == [b"0", b"1", b"2"]


def test_a_bucket_that_does_not_exist_is_told_and_never_made(object_store: ObjectStore, tmp_path: Path) -> None:
    archive = Archive("s3://no-such-bucket/raw", tmp_path / "spool", options=object_store.options())
    address = put(archive, b"{}")
    archive.close()
    assert archive.trouble is not None
    assert "s3://no-such-bucket/raw is not there" in archive.trouble
    assert archive.waiting() == [address.segment]
    assert [item["Name"] for item in object_store.client().list_buckets()["Buckets"]] == [BUCKET]


def test_a_crawl_goes_on_while_an_upload_hangs(object_store: ObjectStore, tmp_path: Path) -> None:
    archive = Archive(URL, tmp_path / "spool", segment_size=5000, options=object_store.options())
    object_store.hanging.set()
    payloads = [os.urandom(6000) for _ in range(3)]
    addresses = [put(archive, payload) for payload in payloads]  # the first segments are being uploaded meanwhile
    assert [archive.read(address) for address in addresses] == payloads
    object_store.hanging.clear()
    object_store.released.set()
    archive.close()
    assert archive.waiting() == []
    assert [archive.read(address) for address in addresses] == payloads


def test_a_slow_store_ends_in_a_sentence_and_not_in_waiting_for_ever(object_store: ObjectStore, tmp_path: Path) -> None:
    place = Remote(URL, object_store.options(timeout=0.2))
    object_store.hanging.set()
    with pytest.raises(RemoteError, match="does not take or give files"):
        place.check()
    object_store.released.set()


def test_whether_the_archive_answers_is_asked_without_listing_it(object_store: ObjectStore) -> None:
    Remote(URL, object_store.options()).check()
    assert object_store.asked[-1] == ("GET", f"/{BUCKET}")
    object_store.refusing = 403
    with pytest.raises(RemoteError, match="refuses"):
        Remote(URL, object_store.options()).check()
    object_store.refusing = None
    with pytest.raises(RemoteError, match="is not there"):
        Remote("s3://no-such-bucket", object_store.options()).check()


def test_the_settings_of_an_object_store_reach_it_and_its_secret_comes_from_a_file(
    object_store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "VIGIE_STORAGE__SECRET_KEY").write_text(SECRET)
    for name, value in {
        "VIGIE_SECRETS_DIR": str(secrets),
        "VIGIE_DATA_DIR": str(tmp_path / "data"),
        "VIGIE_ARCHIVE_URL": URL,
        "VIGIE_STORAGE__ENDPOINT": object_store.endpoint,
        "VIGIE_STORAGE__REGION": "us-east-1",
        "VIGIE_STORAGE__ACCESS_KEY": "AKIAVIGIETESTS000000",
        "VIGIE_STORAGE__OPTIONS": '{"default_block_size": 6000000}',
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.storage.secret_key is not None
    assert settings.storage.secret_key.get_secret_value() == SECRET
    with Archive.open(settings) as archive:
        address = put(archive, b"{}")
    assert Archive.open(settings, reading=True).read(address) == b"{}"
    assert archive.remote.filesystem.default_block_size == 6_000_000
