"""A crawl of the simulated tables of French award data, into the store and again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from crawlers.contract import Parsing
from crawlers.portals.fr_decp.parse import parse
from notices.model import AmountKind
from pipelines.crawl import CrawlRequest
from pipelines.files import parse_files
from simulated_portals.decp.contracts import OLD, SimulatedContract
from simulated_portals.decp.portal import DecpPortal
from simulated_portals.decp.server import make_portal
from store.records import Verdict
from tests.support.crawls import PortalInstallation, change_portal, portal_installation

SAMPLES = Path(__file__).parents[3] / "shared/samples/france/decp"
TODAY = date(2026, 11, 18)
Vigie = PortalInstallation[DecpPortal]


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Vigie]:
    portal = make_portal(invented=110, seed=3, today=TODAY)
    with portal_installation(tmp_path, "fr_decp", portal) as made:
        yield made


def ids(vigie: Vigie) -> set[str]:
    return {stored.notice.id for stored in vigie.store.notices.iterate()}


def contract_with(vigie: Vigie, wanted: str) -> SimulatedContract:
    """A contract of the busiest day that shows one of the accidents."""
    day = vigie.control.busiest_day()
    found = {
        "modifications": lambda item: item.modifications,
        "subcontracts": lambda item: item.subcontracts,
        "lots": lambda item: item.extra_lines,
        "copies": lambda item: item.copies > 1,
        "plain": lambda item: len(item.lines()) == 1 and item.published == day,
    }[wanted]
    contracts = [vigie.control.contracts[key] for key in sorted(vigie.control.keys_on(day))]
    return next(item for item in contracts if found(item))


def test_every_contract_of_a_day_is_stored_once_whatever_the_number_of_its_lines(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    report = vigie.crawl(day)
    window = report.windows[0]
    expected = {f"fr_decp:{key}" for key in vigie.control.keys_on(day)}
    lines = sum(len(vigie.control.contracts[key].lines()) for key in vigie.control.keys_on(day))
    assert report.complete
    assert (window.announced, window.stored, window.second_count) == (len(expected),) * 3
    assert ids(vigie) == expected
    assert lines > len(expected)
    assert "were folded" in (window.reason or "")
    assert report.run.unread == {}
    assert report.run.counts.quarantined == 0


def test_a_second_crawl_of_an_unchanged_day_asks_for_lists_alone(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    vigie.crawl(day)
    queued, contracts = vigie.store.index_queue.depth(), vigie.requests("contracts")
    lists = vigie.requests("list")
    again = vigie.crawl(day)
    assert again.complete
    assert (again.run.counts.new, again.run.counts.changed) == (0, 0)
    assert vigie.requests("contracts") == contracts
    assert vigie.requests("list") - lists <= 4
    assert vigie.store.index_queue.depth() == queued


def test_contracts_are_asked_for_many_at_a_time(vigie: Vigie) -> None:
    day = vigie.control.busiest_day()
    vigie.crawl(day)
    assert vigie.requests("contracts") <= 2 + len(vigie.control.keys_on(day)) // 30


def test_a_modification_becomes_a_new_version_of_the_contract_with_both_amounts(vigie: Vigie) -> None:
    contract = contract_with(vigie, "plain")
    vigie.crawl(contract.published)
    vigie.control.modify(contract.key, 4242.5)
    report = vigie.crawl(TODAY)
    stored = vigie.stored(contract.key)
    assert stored.version == 2
    assert [money.amount for money in stored.notice.values] == [4242.5]
    assert "→ 4242.5 EUR" in stored.notice.changes[0].description["fr"]
    assert stored.notice.published_at is not None
    assert stored.notice.published_at.date() == TODAY
    assert report.run.counts.changed == 1


def test_a_contract_reads_the_same_from_the_day_of_its_publication_and_from_that_of_a_modification(
    vigie: Vigie,
) -> None:
    contract = contract_with(vigie, "modifications")
    key = f"fr_decp:{contract.key}"
    vigie.crawl(contract.modifications[-1].published)
    first = vigie.store.notices.get(key)
    vigie.crawl(contract.modifications[0].published)
    vigie.crawl(contract.published)
    again = vigie.store.notices.get(key)
    assert first is not None
    assert again is not None
    assert again.version == first.version == 1
    assert len(again.notice.changes) == 2
    assert [money.amount for money in again.notice.values] == [Decimal(str(contract.modifications[-1].amount))]


def test_lots_under_one_number_are_results_of_one_notice(vigie: Vigie) -> None:
    contract = contract_with(vigie, "lots")
    vigie.crawl(contract.published)
    stored = vigie.stored(contract.key)
    assert len(stored.notice.results) == 2
    assert stored.notice.values == ()


def test_a_line_that_is_told_twice_is_one_contract_and_no_reason_for_suspicion(vigie: Vigie) -> None:
    contract = contract_with(vigie, "copies")
    assert vigie.crawl(contract.published).complete
    stored = vigie.stored(contract.key)
    assert len(stored.notice.results) == 1
    # One more copy says nothing new.
    vigie.control.publish(replace(contract, copies=3))
    assert vigie.crawl(contract.published).run.counts.changed == 0


def test_a_correction_without_a_word_is_a_new_version(vigie: Vigie) -> None:
    contract = contract_with(vigie, "plain")
    vigie.crawl(contract.published)
    vigie.control.correct(contract.key, montant=77_000.0)
    assert vigie.crawl(contract.published).run.counts.changed == 1
    stored = vigie.stored(contract.key)
    assert stored.version == 2
    assert stored.notice.values[0].amount == 77_000


def test_old_days_are_read_from_the_frozen_table_too_and_lost_zeros_come_back(vigie: Vigie) -> None:
    contract = next(item for item in vigie.control.contracts.values() if item.dataset == OLD)
    assert vigie.crawl(contract.published).complete
    stored = vigie.stored(contract.key)
    number = stored.notice.results[0].winners[0].identifiers[0]
    assert (len(number.value), number.valid) == (14, True)
    assert stored.notice.references == (f"{contract.number}00",)
    assert stored.notice.values[0].kind is AmountKind.FRAMEWORK_MAXIMUM


def test_concessions_are_stored_beside_contracts(vigie: Vigie) -> None:
    vigie.run(CrawlRequest.of_days("fr_decp", TODAY - timedelta(days=10), TODAY))
    kinds = {stored.notice.values[0].kind for stored in vigie.store.notices.iterate() if stored.notice.values}
    assert AmountKind.CONCESSION_REVENUE in kinds


def test_a_list_longer_than_what_the_portal_serves_is_cut_and_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_portal(monkeypatch, "fr_decp", listing={"longest": 100})
    portal = make_portal(invented=150, seed=3, today=TODAY, longest=100)
    day = portal.busiest_day()
    plain = next(item for item in portal.contracts.values() if item.published == day and len(item.lines()) == 1)
    for number in range(230):
        cells = plain.cells | {"montant": None if number % 50 == 0 else 40_000.0 + number * 75}
        portal.publish(replace(plain, number=f"2026X{number:04d}", cells=cells))
    with portal_installation(tmp_path, "fr_decp", portal) as vigie:
        report = vigie.crawl(day)
        assert report.complete
        assert ids(vigie) == {f"fr_decp:{key}" for key in portal.keys_on(day)}
        assert len(ids(vigie)) > 230


def test_the_archived_payload_reads_as_the_stored_notice(vigie: Vigie) -> None:
    vigie.crawl(vigie.control.busiest_day())
    stored = next(vigie.store.notices.iterate())
    assert stored.notice.raw is not None
    payload = vigie.archive.read(stored.notice.raw)
    read = parse(payload, Parsing(portal="fr_decp", base_url=vigie.portal.base_url)).notice
    assert read == stored.notice.model_copy(update={"raw": None})


def test_the_news_of_a_day_are_found_by_the_regular_crawl(tmp_path: Path) -> None:
    with portal_installation(tmp_path, "fr_decp", make_portal(invented=40, seed=3)) as vigie:
        today = vigie.control.clock.today()
        vigie.run(CrawlRequest.of_days("fr_decp", today - timedelta(days=3), today - timedelta(days=1)))
        before = ids(vigie)
        key = vigie.control.publish()
        report = vigie.run(CrawlRequest.catch_up("fr_decp"))
        assert f"fr_decp:{key}" in ids(vigie) - before
        assert {window.verdict for window in report.windows} <= {Verdict.COMPLETE, Verdict.SUSPECT}


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples in ../shared/samples are not here")
def test_every_sample_is_parsed_from_its_file_or_refused_with_a_sentence() -> None:
    files = sorted(path for path in SAMPLES.rglob("*") if path.is_file())
    parsed = list(parse_files("fr_decp", files))
    refused = {item.path.name: item.problem for item in parsed if item.reading is None}
    assert len([item for item in parsed if item.reading is not None]) == 26
    assert len(refused) == 7
    assert all(problem and problem.endswith(".") for problem in refused.values())
    assert {item.path for item in parsed} == set(files)
