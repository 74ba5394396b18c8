"""A portal's local time, which may be held on a chosen day so that old samples are news again."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core import clock


class PortalClock:
    """The time on the portal's wall.

    With `today`, the portal lives on that day: its clock runs on from there, at the present time of day.
    """

    def __init__(self, zone: str, today: date | None = None) -> None:
        self.zone = ZoneInfo(zone)
        self._shift = timedelta(0)
        if today is not None:
            self._shift = timedelta(days=(today - self.now().date()).days)

    def now(self) -> datetime:
        """The present instant, aware, in the portal's zone."""
        return (clock.now().astimezone(self.zone)) + self._shift

    def local_now(self) -> datetime:
        """The present instant as the portal prints it: naive, local."""
        return self.now().replace(tzinfo=None)

    def today(self) -> date:
        """The present day on the portal's calendar."""
        return self.now().date()
