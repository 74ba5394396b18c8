"""What tests of Morocco's national portal share: its list of open calls and its lists of announcements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.crawl import CrawlReport
from simulated_portals.atexo_ma.invented import TEST_ORGANISATION
from simulated_portals.atexo_ma.portal import AtexoMaPortal
from simulated_portals.atexo_ma.results.portal import ResultsPortal
from simulated_portals.atexo_ma.results.server import make_portal as make_announcements
from simulated_portals.atexo_ma.server import make_portal as make_calls
from simulated_portals.atexo_ma.sessions import ListSession
from store.records import WindowRecord
from tests.support.crawls import PortalInstallation, portal_installation

Calls = PortalInstallation[AtexoMaPortal]
Announcements = PortalInstallation[ResultsPortal]


@contextmanager
def calls(folder: Path) -> Iterator[Calls]:
    """45 calls, ten on a page."""
    portal = make_calls(invented=45, seed=3)
    portal.largest_size = 10
    with portal_installation(folder, "ma_pmmp", portal) as made:
        yield made


@contextmanager
def announcements(folder: Path) -> Iterator[Announcements]:
    """Nine extraits de PV and two résultats définitifs of today, four on a page."""
    portal = make_announcements(invented=0)
    portal.largest_size = 4
    for number in range(11):
        portal.announce("5" if number < 9 else "4")
    with portal_installation(folder, "ma_pmmp_results", portal) as made:
        yield made


def crawl(vigie: Calls | Announcements) -> CrawlReport:
    """Crawl the calls that are open now, or the announcements of today."""
    if vigie.key == "ma_pmmp":
        return vigie.crawl_open()
    return vigie.crawl(vigie.control.clock.today())


def window(vigie: Calls | Announcements) -> WindowRecord:
    """The window of such a crawl."""
    return crawl(vigie).windows[0]


def listed(vigie: Calls | Announcements) -> list[str]:
    """The keys of what the portal lists, without the organisation that only tests the portal."""
    portal = vigie.control
    if isinstance(portal, ResultsPortal):
        records = [(key, item.record) for key, item in portal.announcements.items()]
    else:
        records = [(item.key, item) for item in portal.open_now()]
    return [key for key, record in records if record.organisation != TEST_ORGANISATION]


def is_repaired(vigie: Calls | Announcements) -> bool:
    """Whether the next run, on a good day, stores all that is listed."""
    vigie.control.faults.clear()
    vigie.control.renamed.clear()
    complete = crawl(vigie).complete
    return complete and vigie.store.notices.count() == len(listed(vigie))


def lose_the_third_page_once(portal: AtexoMaPortal) -> list[int]:
    """Have one step to the third page of a list show the second again. What is returned fills when it did."""
    found = portal._after_event
    lost: list[int] = []

    def lose_it(form: dict[str, str], session: ListSession) -> ListSession:
        if "PagerTop" in form.get("PRADO_POSTBACK_TARGET", "") and session.page == 2 and not lost:
            lost.append(1)
            return session
        return found(form, session)

    portal._after_event = lose_it  # type: ignore[method-assign]
    return lost
