"""Pages of a consultation change while its row stays: the notice on BOAMP is linked days after it opened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.clock import now
from crawlers.engines.atexo_fr import spider
from crawlers.engines.atexo_fr.row import Row
from simulated_portals.registry import factory
from tests.support.crawls import portal_installation

ROW = Row(organisation="a8z", consultation="945739", title="Travaux", external_links=("https://x.example/?s=1",))


def test_a_link_to_boamp_that_appears_days_later_is_found_without_a_change_of_the_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = factory("fr_maximilien")("fr_maximilien", invented=6, seed=5)
    with portal_installation(tmp_path, "fr_maximilien", portal) as vigie:
        control = vigie.control
        key = control.publish()  # type: ignore[attr-defined]
        number = int(key.rpartition("-")[2])
        catalogue = control.catalogue  # type: ignore[attr-defined]
        catalogue.put(replace(catalogue.get(number), boamp=""))
        assert vigie.crawl_open().complete

        def links() -> list[str]:
            found = vigie.store.notices.get(f"fr_maximilien:{key}")
            assert found is not None
            return [link.value for link in found.notice.links]

        assert links() == []
        read = vigie.requests("detail")
        assert vigie.crawl_open().run.counts.changed == 0
        assert vigie.requests("detail") == read

        catalogue.put(replace(catalogue.get(number), boamp="26-84820"))
        monkeypatch.setattr(spider, "now", lambda: now() + timedelta(days=spider.SECOND_READING))
        report = vigie.crawl_open()
        assert links() == ["fr_boamp:26-84820"]
        assert report.run.counts.changed == 1
        read = vigie.requests("detail")
        assert vigie.crawl_open().run.counts.changed == 0
        assert vigie.requests("detail") == read


@pytest.mark.parametrize(
    ("link", "other"),
    [("https://www.boamp.fr/avis/detail/26-84820", True), ("https://ted.europa.eu/notice/612345-2026", True),
     ("https://x.example/?s=2", False)],
)  # fmt: skip
def test_a_row_that_links_another_publication_has_changed_and_one_with_another_session_has_not(
    link: str, other: bool
) -> None:
    assert (ROW.fingerprint != ROW.model_copy(update={"external_links": (link,)}).fingerprint) is other


@pytest.mark.parametrize("key", ["fr_nouvelle_caledonie", "fr_megalis"])
def test_a_platform_that_is_configuration_alone_is_simulated_and_crawled_like_the_others(
    tmp_path: Path, key: str
) -> None:
    portal = factory(key)(key, invented=24, seed=2)
    with portal_installation(tmp_path, key, portal) as vigie:
        report = vigie.crawl_open()
        assert report.complete, report.run.message
        assert report.run.counts.new == len(vigie.control.open_consultations)  # type: ignore[attr-defined]
        assert report.run.unread == {}
        assert vigie.crawl_open().run.counts.new == 0


def test_what_nothing_simulates_is_named() -> None:
    with pytest.raises(ValueError, match="There is no simulated portal fr_lune"):
        factory("fr_lune")
