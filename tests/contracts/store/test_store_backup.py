"""`vigie backup` and `vigie restore`: the same installation again, or a sentence and nothing half done."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.settings import Settings
from notices.model import RawAddress
from store import Archive, Store
from store.backup import BackupError, Manifest, dumps, make, read_verified, restore
from store.facade import UNFINISHED_RESTORE
from store.notebook import OLD_FOLDER
from store.records import OutboxState, Saving
from tests.support.full_store import content, fill
from tests.support.store_examples import PUBLISHED, message, notice, saving

SECRET = "hunter2hunter2"


def quiet(_sentence: str) -> None:
    """Nobody listens."""


@pytest.fixture
def settings(store_url: str, tmp_path: Path) -> Settings:
    """An installation with its archive elsewhere."""
    return Settings(
        data_dir=tmp_path / "data", database_url=store_url, archive_url=str(tmp_path / "archive"),
        smtp={"password": SECRET},
    )  # fmt: skip


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, store_url: str, tmp_path: Path) -> Iterator[Settings]:
    """A new installation on the same engine."""
    if store_url.startswith("sqlite"):
        url = f"sqlite:///{tmp_path / 'elsewhere' / 'new.sqlite'}"
        yield Settings(data_dir=tmp_path / "elsewhere", database_url=url, archive_url=str(tmp_path / "archive2"))
        return
    server = request.getfixturevalue("postgres_server")
    url = server.create_empty()
    yield Settings(data_dir=tmp_path / "elsewhere", database_url=url, archive_url=str(tmp_path / "archive2"))
    server.drop(url)


def archived(settings: Settings, store: Store, payload: bytes, *, leave: bool = False) -> RawAddress:
    """A payload in the archive, or left in the spool."""
    archive = Archive(settings.archive, settings.spool_dir, store.payloads)
    address = archive.put(
        run_id="r1", notice_id="be_bda:1", url="https://portal.example/", payload=payload,
        media_type="text/plain", at=PUBLISHED,
    )  # fmt: skip
    archive.sync()
    store.payloads.add_many([("be_bda:1", "r1", address, PUBLISHED)])
    if not leave:
        archive.close()
    return address


def backed_up(settings: Settings, folder: Path, **options: bool) -> Manifest:
    with Store.open(settings) as store:
        return make(settings, store, folder, quiet, **({"payloads": False, "key": False} | options))


def test_a_restored_store_has_every_row_and_waits_for_the_index_alone(
    settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    with Store.open(settings) as store:
        fill(store, 5, 30)
        before = content(store)
    manifest = backed_up(settings, tmp_path / "backup")
    assert manifest.rows["notices"] == 30
    restore(elsewhere, tmp_path / "backup", quiet)
    with Store.open(elsewhere) as store:
        after = content(store)
        assert store.index_queue.depth() == 30
    for queue in (before, after):
        del queue["index_queue"]
    assert after == before


def test_nobody_is_alerted_twice_by_a_restore(settings: Settings, elsewhere: Settings, tmp_path: Path) -> None:
    with Store.open(settings) as store:
        store.notices.save_many([saving("1"), saving("2")])
        store.match_queue.acknowledge(store.match_queue.take(1))
        store.outbox.add(message("sent", state=OutboxState.SENT))
        store.outbox.add(message("due"))
        store.meta.set("heartbeat:worker:gone:1", "{}")
    backed_up(settings, tmp_path / "backup")
    restore(elsewhere, tmp_path / "backup", quiet)
    with Store.open(elsewhere) as store:
        assert store.match_queue.depth() == 1
        assert store.index_queue.depth() == 2
        counts = store.outbox.counts()
        assert (counts[OutboxState.SENT], counts[OutboxState.PENDING]) == (1, 1)
        assert store.meta.under("heartbeat:") == {}


def test_crawls_remember_after_a_restore_what_the_restored_notices_know_and_nothing_younger(
    settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    with Store.open(settings) as store:
        store.notebook.write("ma_pmmp-open-list", b"of the backup")
        at = store.notebook.read("ma_pmmp-open-list")
    assert backed_up(settings, tmp_path / "backup").rows["notebook"] == 1
    left = elsewhere.data_dir / OLD_FOLDER
    left.mkdir(parents=True)
    (left / "0123.page").write_bytes(b"2999-01-01T00:00:00+00:00\nof a version before")
    restore(elsewhere, tmp_path / "backup", quiet)
    with Store.open(elsewhere) as store:
        assert store.notebook.take_over(left) == 0
        assert store.notebook.read("ma_pmmp-open-list") == at


def test_payloads_and_key_come_back_when_they_were_asked_for(
    settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    with Store.open(settings) as store:
        addresses = [archived(settings, store, b"moved"), archived(settings, store, b"in the spool", leave=True)]
    key = settings.signing_key
    manifest = backed_up(settings, tmp_path / "backup", payloads=True, key=True)
    assert (manifest.segments, manifest.missing_segments) == (2, 0)
    said: list[str] = []
    restore(elsewhere, tmp_path / "backup", said.append)
    assert elsewhere.signing_key == key
    assert any("links in mails that were sent work" in sentence for sentence in said)
    archive = Archive.open(elsewhere, reading=True)
    assert [archive.read(address) for address in addresses] == [b"moved", b"in the spool"]


def test_without_the_key_it_is_said_that_old_links_are_lost_and_how_to_mend_it(
    settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    backed_up(settings, tmp_path / "backup")
    assert not (tmp_path / "backup" / "secret.key").exists()
    said: list[str] = []
    restore(elsewhere, tmp_path / "backup", said.append)
    assert any("VIGIE_SECRET_KEY" in sentence for sentence in said)


def test_segments_that_cannot_be_reached_are_counted(settings: Settings, tmp_path: Path) -> None:
    with Store.open(settings) as store:
        address = archived(settings, store, b"{}")
    (Path(settings.archive) / address.segment).unlink()
    assert backed_up(settings, tmp_path / "backup").missing_segments == 1


def test_a_backup_holds_no_secret_and_only_its_owner_reads_it(settings: Settings, tmp_path: Path) -> None:
    backed_up(settings, tmp_path / "backup")
    for path in (tmp_path / "backup").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
        assert SECRET.encode() not in path.read_bytes()
        assert settings.signing_key.encode() not in path.read_bytes()
    told = json.loads((tmp_path / "backup" / "settings.json").read_text())
    assert told["smtp.password"] == "**********"
    checked = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path / "backup", check=False, capture_output=True
    )
    assert checked.returncode == 0


def test_what_is_written_meanwhile_is_in_the_backup_whole_or_not_at_all(
    settings: Settings, elsewhere: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(settings) as store, Store.open(settings) as other:
        store.notices.save_many([saving(str(number)) for number in range(20)])
        real = dumps._run

        def busy(*arguments: object) -> None:
            other.notices.save_many([saving(f"late{number}") for number in range(20)])
            real(*arguments)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(dumps, "_run", busy)
            manifest = make(settings, store, tmp_path / "backup", quiet, payloads=False, key=False)
    assert manifest.rows["notices"] == manifest.rows["notice_versions"] == 20
    restore(elsewhere, tmp_path / "backup", quiet)
    with Store.open(elsewhere) as restored:
        assert restored.notices.count() == 20


def test_an_interrupted_backup_is_not_taken_for_one(
    settings: Settings, elsewhere: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "backup"
    with monkeypatch.context() as patch:
        patch.setattr("store.backup.making.seal", lambda _folder: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            backed_up(settings, folder)
    assert not folder.exists()
    with pytest.raises(BackupError, match="no whole backup"):
        restore(elsewhere, tmp_path / "backup.unfinished", quiet)
    backed_up(settings, folder)
    assert not (tmp_path / "backup.unfinished").exists()
    read_verified(folder)


@pytest.mark.parametrize("harm", ["changed", "missing", "added", "no manifest", "digests"])
def test_a_backup_that_is_not_what_it_was_is_refused(
    settings: Settings, elsewhere: Settings, tmp_path: Path, harm: str
) -> None:
    folder = tmp_path / "backup"
    manifest = backed_up(settings, folder)
    store_file = folder / manifest.store_file
    if harm == "changed":
        content = bytearray(store_file.read_bytes())
        content[len(content) // 2] ^= 1
        store_file.write_bytes(content)
    elif harm == "missing":
        store_file.unlink()
    elif harm == "added":
        (folder / "archive").mkdir()
        (folder / "archive" / "x").write_text("x")
    elif harm == "no manifest":
        (folder / "manifest.json").unlink()
    else:
        (folder / "SHA256SUMS").write_text("0" * 64 + "  ../../etc/passwd\n")
    with pytest.raises(BackupError):
        restore(elsewhere, folder, quiet)
    if elsewhere.database.startswith("sqlite"):
        assert not Path(elsewhere.database.removeprefix("sqlite:///")).exists()


def test_a_store_that_holds_anything_is_not_overwritten(
    settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    backed_up(settings, tmp_path / "backup")
    with Store.open(elsewhere) as store:
        store.notices.save(Saving(notice=notice("mine")))
    with pytest.raises(BackupError, match="not empty"):
        restore(elsewhere, tmp_path / "backup", quiet)
    with Store.open(elsewhere) as store:
        assert store.notices.get("be_bda:mine") is not None


def test_a_store_that_was_only_started_is_filled(settings: Settings, elsewhere: Settings, tmp_path: Path) -> None:
    with Store.open(settings) as store:
        store.notices.save(saving())
    backed_up(settings, tmp_path / "backup")
    Store.open(elsewhere).close()
    restore(elsewhere, tmp_path / "backup", quiet)
    with Store.open(elsewhere) as store:
        assert store.notices.count() == 1


def test_an_interrupted_restore_keeps_the_installation_closed_until_it_is_repeated(
    settings: Settings, elsewhere: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(settings) as store:
        store.notices.save(saving())
    backed_up(settings, tmp_path / "backup")
    with monkeypatch.context() as patch:
        patch.setattr("store.backup.restoring._afterwards", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            restore(elsewhere, tmp_path / "backup", quiet)
    assert (elsewhere.data_dir / UNFINISHED_RESTORE).exists()
    with pytest.raises(ConfigurationError, match="was interrupted"):
        Store.open(elsewhere)
    restore(elsewhere, tmp_path / "backup", quiet)
    with Store.open(elsewhere) as store:
        assert (store.notices.count(), store.index_queue.depth()) == (1, 1)


def test_a_backup_of_the_demonstration_is_no_real_installation(
    settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    backed_up(settings, tmp_path / "backup")
    with pytest.raises(BackupError, match="real notices and this installation is for demo"):
        restore(elsewhere.model_copy(update={"demo": True}), tmp_path / "backup", quiet)


@pytest.mark.postgres
def test_a_backup_of_the_other_engine_is_refused_with_the_way_to_do_it(
    sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=sqlite_url)
    backed_up(settings, tmp_path / "backup")
    with pytest.raises(BackupError, match="vigie migrate-store"):
        restore(settings.model_copy(update={"database_url": postgres_url}), tmp_path / "backup", quiet)


@pytest.mark.postgres
def test_a_machine_without_the_client_programs_is_told_what_to_install(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=postgres_url)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(BackupError, match="pg_dump is not on this machine"):
        backed_up(settings, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


@pytest.mark.postgres
def test_a_dump_that_breaks_off_leaves_the_database_as_it_was(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=postgres_url)
    with Store.open(settings) as store:
        fill(store, 1, 20)
    manifest = backed_up(settings, tmp_path / "backup")
    whole = (tmp_path / "backup" / manifest.store_file).read_bytes()
    cut = tmp_path / "cut"
    cut.write_bytes(whole[: len(whole) * 3 // 4])
    with Store.open(settings) as store:
        before = content(store)
        with pytest.raises(BackupError, match="pg_restore failed"):
            dumps.load_postgresql(store.database, cut)
        assert content(store) == before
