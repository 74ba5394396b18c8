"""Whether a portal may be asked now: not in the closed hours of its `portal.yml`, nor while an operator paused it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.clock import now
from core.errors import VigieError
from pipelines import pauses

if TYPE_CHECKING:
    from crawlers.portals import Portal
    from store import Store


class PortalClosed(VigieError):
    """The portal has closed hours now, and nobody asked to ignore them."""


class PortalPaused(PortalClosed):
    """An operator paused the portal, and nobody asked to ignore that."""


def refuse_closed(portal: Portal, store: Store) -> None:
    """`PortalPaused` while the portal is paused, `PortalClosed` in its closed hours, which a simulated one has not."""
    if paused := pauses.of(store, portal.key):
        end = f", until {paused.until.astimezone(portal.clock):%Y-%m-%d %H:%M}" if paused.until else ""
        since = f"{paused.since.astimezone(portal.clock):%Y-%m-%d %H:%M}"
        raise PortalPaused(f"{portal.key} is paused by {paused.by} since {since}{end}: {paused.reason.rstrip('.')}.")
    if closed := portal.closed_at(now()):
        raise PortalClosed(f"{closed} It opens at {portal.opens_at(now()).astimezone(portal.clock):%Y-%m-%d %H:%M}.")
