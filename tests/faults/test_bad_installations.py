"""What a person is told whose settings, servers or databases are wrong: one sentence, exit code 1, nothing lost."""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest

from cli import main
from core import clock
from core.ports import free_port
from store import Store
from store.records import OutboxState
from tests.support.asking import LOG_LINE, SECRET, Ask, asking
from tests.support.bad_servers import (
    ELASTICSEARCH,
    SecuredPostgres,
    answering,
    saying,
    secured_postgres,
    self_signed,
)
from tests.support.store_examples import message
from tests.support.up import until

ASKING_THE_STORE = """
status; runs; incidents; up; web; scheduler; worker --queues index,match; worker --queues deliver --until-empty
search bridge; export bridge; index status; index reindex; index compare; reindex; matching check
crawl be_bda --now; backfill be_bda --from 2026-01-01 --now; probe be_bda; pause be_bda --reason x; resume be_bda
quarantine list; quarantine replay; quarantine discard 1; replay be_bda
archive status; archive move; archive forget x; archive check; backup new; migrate-store --to sqlite:///other.sqlite
procedures show x; procedures rebuild; procedures refuse a b --reason x; procedures allow a b --reason x
procedures decisions; profile list; profile add n bridge --email a@b.example; profile pause x; profile resume x
profile delete x; digest --deliver; outbox list; outbox retry x; outbox drop x; jobs list; jobs cancel 1
"""
WITHOUT_STORE = {
    "settings", "health", "parse", "new-portal", "mailbox", "restore", "index create", "index drop",
}  # fmt: skip
"""Commands that do not open the store of the installation; `health` tells of it beside the other parts."""


def listed(commands: str) -> list[str]:
    """The commands of a list, one after the other."""
    return [part.strip() for part in commands.replace("\n", ";").split(";") if part.strip()]


COMMANDS = listed(ASKING_THE_STORE)


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """A command of an installation in a folder of its own."""
    asked = asking(monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("VIGIE_WEB__PORT", str(free_port()))
    return asked


def leaves(group: click.Group, before: str = "") -> Iterator[str]:
    """Every command there is."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def test_every_command_says_in_one_sentence_that_the_store_cannot_be_used(ask: Ask, tmp_path: Path) -> None:
    known = {name for name in leaves(main) for asked in COMMANDS if asked == name or asked.startswith(f"{name} ")}
    assert known | WITHOUT_STORE == set(leaves(main))  # a new command takes its place in one of both
    file = tmp_path / "holiday.sqlite"
    file.write_bytes(b"pictures of a holiday" * 400)
    for command in COMMANDS:
        if not command.startswith("jobs"):  # there are none on one machine
            told = ask(*shlex.split(command), DATABASE_URL=f"sqlite:///{file}")
            assert re.search(
                r"not a database.*restore a backup, or name another file in VIGIE_DATABASE_URL", told.refusal
            )
    health = ask("health", DATABASE_URL=f"sqlite:///{file}")
    assert (health.code, "not a database" in health.out) == (1, True)
    assert file.read_bytes() == b"pictures of a holiday" * 400


SETTINGS = [
    ({"SERCH__URLS": "x"}, "VIGIE_SERCH__URLS is no setting of Vigie"),
    ({"SEARCH__URL": "x"}, "no such setting; search.urls is meant"),
    ({"SMTP": SECRET}, "smtp: this is a section"),
    ({"SMTP__PORT": SECRET}, "smtp.port: .*integer"),
    ({"SMTP__USER": "vigie"}, "a user needs a password: set VIGIE_SMTP__PASSWORD"),
    ({"SMTP__SENDER": "nobody"}, "smtp.sender: must hold an address"),
    ({"SEARCH__URLS": f"http://elastic:{SECRET}@search.example:9200"}, "user and password are settings of their own"),
    ({"SEARCH__URLS": "htp://search.example:9200"}, "an address is like https://"),
    ({"SEARCH__API_KEY": SECRET, "SEARCH__USER": "u", "SEARCH__PASSWORD": SECRET}, "an API key or a user, not both"),
    ({"STORAGE__OPTIONS": f"{{{SECRET}"}, "must be a JSON object"),
    ({"WEB__PUBLIC_URL": "vigie.example"}, "web.public_url: an address is like"),
    ({"PORTALS__BE_BDA__BASE_URL": "ftp:/portal"}, "an address is like"),
    ({"PORTALS__MOON__ENABLED": "true"}, "there is no such portal"),
    ({"DISPATCH__ENGINE": "distibuted"}, "'local' or 'distributed'"),
    ({"DISPATCH__HEARTBEAT": "60"}, "at least twice heartbeat"),
    ({"CONFIG": "/nowhere/vigie.toml"}, "there is no such file"),
    ({"SECRETS_DIR": "/nowhere"}, "there is no such folder"),
    ({"DATABASE_URL": f"postgrsql://vigie:{SECRET}@db/vigie"}, "SQLite or PostgreSQL.*correct VIGIE_DATABASE_URL"),
    ({"DATABASE_URL": f"postgresql://vigie:{SECRET}@db:port/vigie"}, "cannot be read: correct VIGIE_DATABASE_URL"),
    ({"DATABASE_URL": f"postgresql://vigie:{SECRET}@{SECRET}@db/vigie"}, "written %40"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "words"), SETTINGS, ids=[row[1] for row in SETTINGS])
def test_a_setting_that_makes_no_sense_is_named_and_its_secret_is_not(
    ask: Ask, wrong: dict[str, str], words: str
) -> None:
    assert re.search(words, ask("status", **wrong).refusal)


def test_what_contradicts_each_other_is_refused_before_a_process_begins(ask: Ask) -> None:
    for command in ("web", "worker --queues index", "worker --queues crawl", "jobs list"):
        assert re.search(
            "needs PostgreSQL as the store.*VIGIE_DATABASE_URL",
            ask(*command.split(), DISPATCH__ENGINE="distributed").refusal,
        )
    assert re.search("needs dispatch.engine = distributed", ask("worker", "--queues", "crawl").refusal)
    assert re.search("password", ask("web", WEB__HOST="0.0.0.0").refusal)  # noqa: S104


def test_a_data_folder_that_cannot_be_one_is_told_with_the_setting(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for command in ("status", "search bridge", "index status", "worker --queues index", "web"):
        assert re.search("file.*VIGIE_DATA_DIR", ask(*command.split(), DATA_DIR=str(tmp_path / "file")).refusal)


def test_secrets_in_addresses_are_masked_wherever_they_are_listed(ask: Ask) -> None:
    for url in (f"postgresql://u:{SECRET}@{SECRET}@h/d", f"postgresql://u@h/d?password={SECRET}&sslmode=require"):
        told = ask("settings", DATABASE_URL=url, ARCHIVE_URL=f"ftp://u:{SECRET}@h/x", LOG_LEVEL="DEBUG")
        assert (told.code, SECRET in told.out + told.err) == (0, False)


@pytest.fixture(scope="module")
def server() -> Iterator[SecuredPostgres]:
    with secured_postgres() as found:
        yield found


@pytest.fixture(scope="module")
def databases(server: SecuredPostgres) -> SecuredPostgres:
    """One that is in order, and what becomes of databases."""
    server.execute("CREATE DATABASE good")
    with Store(f"postgresql://vigie@/good?host={server.folder}&port={server.port}") as store:
        store.migrate()
    for name in ("newer", "torn", "half", "without_jobs", "read_only"):
        server.execute(f"CREATE DATABASE {name} TEMPLATE good")
    server.execute("CREATE DATABASE theirs")
    server.execute("CREATE DATABASE ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    server.execute(f"CREATE ROLE reader LOGIN PASSWORD '{SECRET}'")
    server.execute(
        "GRANT USAGE ON SCHEMA public TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", "good"
    )
    server.execute("UPDATE alembic_version SET version_num = '9999'", "newer")
    server.execute("UPDATE meta SET value = '9998' WHERE key = 'oldest code'", "newer")
    server.execute("DROP TABLE index_queue", "torn")
    server.execute("ALTER TABLE index_queue DROP COLUMN claimed_by", "half")
    server.execute("DROP TABLE procrastinate_jobs CASCADE", "without_jobs")
    server.execute("CREATE TABLE notices (theirs TEXT)", "theirs")
    server.execute("ALTER DATABASE read_only SET default_transaction_read_only = on")
    return server


REFUSALS = [
    ("good", {"password": f"{SECRET}-wrong"}, "password authentication failed.*Check user and password in VIGIE_DATA"),
    ("nowhere", {}, "does not exist.*createdb.*VIGIE_DATABASE_URL"),
    ("good", {"query": "?sslmode=verify-full&sslrootcert={ca}"}, "does not match host name.*the host that the cert"),
    ("good", {"query": "?sslmode=verify-ca&sslrootcert={other}"}, "certificate verify failed.*sslrootcert="),
    ("good", {"query": "?sslmode=verify-ca&sslrootcert=/nowhere"}, "does not exist.*sslrootcert="),
    ("good", {"query": "?sslmode=disable"}, "no encryption.*pg_hba.conf"),
    ("good", {"query": "?ssl_mode=require"}, "ssl_mode.*options behind the"),
    ("good", {"user": "reader", "password": SECRET}, "permission denied.*lacks a right: make it the owner"),
    ("read_only", {}, "read-only transaction.*takes no changes"),
    ("newer", {}, "newer Vigie.*update this one"),
    ("torn", {}, "lacks 1 of its tables .index_queue.*Restore a backup"),
    ("half", {}, "lacks 1 of its columns .index_queue.claimed_by.*Restore a backup"),
    ("without_jobs", {}, "lacks 1 of its tables .procrastinate_jobs.*Restore a backup"),
    ("theirs", {}, "already exists.*name an empty database in VIGIE_DATABASE_URL"),
    ("ascii", {}, "encoding is SQL_ASCII.*createdb"),
]


@pytest.mark.postgres
def test_postgresql_that_refuses_or_is_another_is_told_with_what_to_do(
    ask: Ask, databases: SecuredPostgres, tmp_path: Path
) -> None:
    other, _ = self_signed(tmp_path)
    for name, given, words in REFUSALS:
        named = {key: value.format(ca=databases.certificate, other=other) for key, value in given.items()}
        url = databases.url(name, **named)
        for command in ("status", "backup new", "worker --queues index,crawl", "web"):
            assert re.search(words, ask(*command.split(), DATABASE_URL=url, DISPATCH__ENGINE="distributed").refusal)
    right = databases.url("good")
    assert ask("runs", DATABASE_URL=right).code == 0
    assert ask("jobs", "list", DATABASE_URL=right, DISPATCH__ENGINE="distributed").code == 0


@pytest.mark.postgres
def test_an_address_where_no_postgresql_answers_is_told_with_the_setting(ask: Ask) -> None:
    with saying(b"HTTP/1.1 400 Bad Request\r\n\r\n") as other:
        for host, words in (
            (f"127.0.0.1:{free_port()}", "[Cc]onnection refused.*host and port in VIGIE_DATABASE_URL"),
            ("nowhere.invalid", "nowhere.invalid.*host and port in VIGIE_DATABASE_URL"),
            (f"127.0.0.1:{other}", "no PostgreSQL.*host and port in VIGIE_DATABASE_URL"),
        ):
            for command in ("search bridge", "scheduler"):
                assert re.search(
                    words, ask(*command.split(), DATABASE_URL=f"postgresql://vigie:{SECRET}@{host}/vigie").refusal
                )


def changed(template: Path, path: Path, *statements: str) -> str:
    """The URL of a database file that somebody changed by hand."""
    path.write_bytes(template.read_bytes())
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    return f"sqlite:///{path}"


def test_a_database_file_that_is_torn_newer_or_not_to_be_written_is_told_and_left_as_it_is(
    ask: Ask, tmp_path: Path, sqlite_template: Path
) -> None:
    newer = "UPDATE alembic_version SET version_num = '9999'"
    oldest = "UPDATE meta SET value = '9998' WHERE key = 'oldest code'"
    torn = changed(sqlite_template, tmp_path / "torn", "DROP TABLE index_queue")
    cases = {
        changed(sqlite_template, tmp_path / "newer", newer, oldest): "newer Vigie.*update this one",
        torn: "lacks 1 of its tables .index_queue.*Restore a backup",
        f"sqlite:///{tmp_path}": "unable to open.*Let this user write",
        "sqlite://": "needs a database file",
    }
    for url, words in cases.items():
        for command in ("runs", "worker --queues index"):
            assert re.search(words, ask(*command.split(), DATABASE_URL=url).refusal)


@pytest.mark.parametrize("column", ["index_queue.claimed_by", "runs.message"])
def test_a_half_migrated_database_is_told_by_every_command_before_it_does_anything(
    ask: Ask, tmp_path: Path, sqlite_template: Path, column: str
) -> None:
    table, _, name = column.partition(".")
    url = changed(sqlite_template, tmp_path / "half", f"ALTER TABLE {table} DROP COLUMN {name}")
    before = (tmp_path / "half").read_bytes()
    words = f"lacks 1 of its columns .{column}.*Restore a backup"
    for command in COMMANDS:
        if not command.startswith("jobs"):  # there are none on one machine
            assert re.search(words, ask(*shlex.split(command), DATABASE_URL=url).refusal), command
    health = ask("health", DATABASE_URL=url)
    assert (health.code, re.search(f"down  store: .*{words}", health.out) is not None) == (1, True), health
    assert (tmp_path / "half").read_bytes() == before


CLUSTERS = [
    (401, {"error": {"type": "security_exception", "reason": "unable to sign in"}}, ELASTICSEARCH, "API_KEY"),
    (403, {"error": {"type": "security_exception", "reason": "is unauthorized"}}, ELASTICSEARCH, "droits nécessaires"),
    (200, {"version": {"distribution": "other"}}, {"content-type": "application/json"}, "pas un Elasticsearch"),
    (200, "<html>", {"content-type": "text/html"}, "pas un Elasticsearch"),
    (404, "<html>", {"content-type": "text/html"}, "pas un Elasticsearch"),
    (400, {"error": {"type": "media_type_header_exception", "reason": "version 9"}}, ELASTICSEARCH, "autre version"),
    (406, {"error": "Content-Type is not supported"}, {"content-type": "application/json"}, "autre version"),
    (502, "<html>", {"content-type": "text/html"}, "ne répond pas.*VIGIE_SEARCH__URLS"),
]
ASKING_THE_CLUSTER = """
search bridge; export bridge; index status; index create; index compare; index drop; index reindex; reindex
matching check
"""


@pytest.mark.parametrize(("status", "body", "headers", "words"), CLUSTERS, ids=[f"{c[0]} {c[3]}" for c in CLUSTERS])
def test_a_cluster_that_refuses_or_is_another_is_told_by_every_command(
    ask: Ask, status: int, body: object, headers: dict[str, str], words: str
) -> None:
    with answering(status, body, headers) as port:
        login = {"SEARCH__USER": "vigie", "SEARCH__PASSWORD": SECRET, "SEARCH__RETRIES": "0"}
        there = {"SEARCH__URLS": f"http://127.0.0.1:{port}", **login}
        for command in listed(ASKING_THE_CLUSTER):
            assert re.search(words, ask(*command.split(), **there).refusal)
        if status != 502:  # a worker waits for a cluster that is away
            assert re.search(words, ask("worker", "--queues", "index,match", **there).refusal)
            assert re.search(words, ask("web", **there).refusal)


def test_a_cluster_behind_a_wrong_address_or_certificate_is_told_with_the_setting(ask: Ask, tmp_path: Path) -> None:
    pair = self_signed(tmp_path, "127.0.0.1")
    with answering(200, {}, ELASTICSEARCH) as plain, answering(200, {}, ELASTICSEARCH, pair) as secured:
        cases = [
            ({"URLS": f"https://127.0.0.1:{secured}"}, "certificat.*VIGIE_SEARCH__CA"),
            ({"URLS": f"https://127.0.0.1:{secured}", "CA": "/nowhere"}, "search.ca names /nowhere"),
            ({"URLS": f"https://127.0.0.1:{secured}", "CA": str(pair[1])}, "VIGIE_SEARCH__CA"),
            ({"URLS": f"http://127.0.0.1:{secured}"}, "VIGIE_SEARCH__URLS"),
            ({"URLS": f"https://127.0.0.1:{plain}"}, "VIGIE_SEARCH__(CA|URLS)"),
            ({"URLS": f"http://127.0.0.1:{free_port()}"}, "ne répond pas.*VIGIE_SEARCH__URLS.*refused"),
            ({"URLS": "http://nowhere.invalid:9200"}, "ne répond pas.*VIGIE_SEARCH__URLS.*nowhere.invalid"),
            ({"CLOUD_ID": "nonsense"}, "section search cannot be used"),
            ({"URLS": f"http://127.0.0.1:{plain}", "NODE_CLASS": "pigeon"}, "search.node_class"),
        ]
        for given, words in cases:
            settings = {f"SEARCH__{name}": value for name, value in {"RETRIES": "0", **given}.items()}
            for command in ("search bridge", "index status"):
                assert re.search(words, ask(*command.split(), **settings).refusal)


def said_by_s3(code: str) -> str:
    """An error of an object store."""
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>the store says {code}</Message></Error>"


def test_an_archive_or_export_that_is_refused_or_not_there_is_told_with_the_setting(ask: Ask, tmp_path: Path) -> None:
    pair, xml, html = (
        self_signed(tmp_path, "127.0.0.1"),
        {"content-type": "application/xml"},
        {"content-type": "text/html"},
    )
    ask("index", "create")
    with (
        answering(404, said_by_s3("NoSuchBucket"), xml) as missing,
        answering(403, said_by_s3("SignatureDoesNotMatch"), xml) as wrong_key,
        answering(200, "<html>", html) as other,
        answering(200, "", {}, pair) as secured,
    ):
        cases = [
            ("s3://vigie/a", f"http://127.0.0.1:{missing}", "NoSuchBucket. Create it first"),
            ("s3://vigie/a", f"http://127.0.0.1:{wrong_key}", "refuses.*Check its credentials"),
            ("s3://vigie/a", f"http://127.0.0.1:{free_port()}", "VIGIE_STORAGE__ENDPOINT"),
            ("s3://vigie/a", f"http://127.0.0.1:{other}", "VIGIE_STORAGE__ENDPOINT"),
            ("s3://vigie/a", f"https://127.0.0.1:{secured}", "VIGIE_STORAGE__CA"),
            ("s3://vigie/a", "127.0.0.1:9000", "VIGIE_STORAGE__ENDPOINT"),
            ("s4://bucket/a", "http://127.0.0.1:9", "Correct its URL .VIGIE_ARCHIVE_URL"),
            (f"ftp://u:{SECRET}@127.0.0.1:{free_port()}/a", "http://127.0.0.1:9", "refused.*Correct its URL"),
        ]
        for url, endpoint, words in cases:
            named = {"ENDPOINT": endpoint, "ACCESS_KEY": "vigie", "SECRET_KEY": SECRET, "REGION": "x", "TIMEOUT": "2"}
            storage = {f"STORAGE__{name}": value for name, value in named.items()}
            assert re.search(words, ask("archive", "status", ARCHIVE_URL=url, **storage).refusal)
            if url.startswith("s3:") and "Create" in words:
                assert re.search(words, ask("export", "bridge", "--to", f"{url}/x.csv", **storage).refusal)


def test_a_mail_server_that_cannot_be_used_is_told_with_the_setting_and_the_mail_waits(
    ask: Ask, tmp_path: Path
) -> None:
    assert ask("runs").code == 0
    url = f"sqlite:///{tmp_path / 'data' / 'vigie.sqlite'}"
    with answering(200, "", {}, self_signed(tmp_path, "127.0.0.1")) as secured:
        cases = [
            ({"PORT": str(free_port())}, "VIGIE_SMTP__HOST, VIGIE_SMTP__PORT"),
            ({"HOST": "nowhere.invalid"}, "VIGIE_SMTP__HOST, VIGIE_SMTP__PORT"),
            ({"PORT": str(secured), "SECURITY": "tls"}, "certificate"),
        ]
        for number, (given, words) in enumerate(cases):
            with Store(url) as store:
                store.outbox.add(message(f"m{number}", created_at=clock.now()))
            smtp = {f"SMTP__{name}": value for name, value in {"HOST": "127.0.0.1", **given}.items()}
            told = ask("digest", "--deliver", **smtp)
            assert told.guarded
            assert (told.code, words in told.sentences[-1]) == (1, True), told
    with Store(url) as store:
        assert store.outbox.counts()[OutboxState.PENDING] == len(cases)


def test_processes_that_live_long_end_at_once_when_they_can_never_work(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
    refusal = {"error": {"type": "security_exception", "reason": "unable to sign in"}}
    with answering(401, refusal, ELASTICSEARCH) as port:
        wrong = {
            "worker --queues index,match": {
                "VIGIE_SEARCH__URLS": f"http://127.0.0.1:{port}",
                "VIGIE_SEARCH__API_KEY": SECRET,
            },
            "web": {"VIGIE_DATABASE_URL": f"postgrsql://vigie:{SECRET}@127.0.0.1/vigie"},
        }
        began = {
            command: subprocess.Popen(
                [sys.executable, "-m", "cli", *command.split()],
                env={**kept, "VIGIE_DATA_DIR": str(tmp_path), **given},
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for command, given in wrong.items()
        }  # fmt: skip
        for command, process in began.items():
            _, said = process.communicate(timeout=120)
            assert (process.returncode, len(said.splitlines())) == (1, 1), (command, said)
            assert SECRET not in said


def test_a_worker_ends_with_one_sentence_when_its_tables_are_changed_under_it(
    tmp_path: Path, sqlite_template: Path
) -> None:
    url = changed(sqlite_template, tmp_path / "changed")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "worker", "--queues", "index"],
        env={**kept, "VIGIE_DATA_DIR": str(tmp_path / "data"), "VIGIE_DATABASE_URL": url},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            until(lambda: any((tmp_path / "data").glob("heartbeats/*.json")), 60, "the worker works")
            with closing(sqlite3.connect(tmp_path / "changed", timeout=30)) as connection:
                connection.execute("ALTER TABLE index_queue DROP COLUMN claimed_by")
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    sentences = [line for line in said.splitlines() if not LOG_LINE.match(line)]
    assert (process.returncode, len(sentences), "Traceback" in said) == (1, 1, False), said
    assert re.search("no such column.*claimed_by.*Restore a backup", sentences[0])
