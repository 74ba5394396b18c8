"""How pages speak: language of a visit, translated sentences, dates, numbers and money as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal

from core.i18n import Translate, translator

ROOM = Path(__file__).parent
LOCALES = {"fr": "fr_BE", "en": "en_GB"}
"""Language of a page to the locale that prints its dates and numbers."""
RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur"})


def N_(text: str) -> str:
    """Mark a text for the catalogue; it is translated where it is shown."""
    return text


def direction(language: str) -> str:
    """`rtl` or `ltr`, for the `dir` attribute."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


@dataclass(frozen=True)
class Speaker:
    """Everything a template needs to say something in one language."""

    language: str

    @property
    def translate(self) -> Translate:
        """`_("texte {n}", n=3)`."""
        return translator(ROOM, self.language)

    @property
    def locale(self) -> Locale:
        """The locale of dates and numbers."""
        return _locale(LOCALES.get(self.language, self.language))

    @property
    def colon(self) -> str:
        """A colon with its spaces: French sets one before it."""
        return " : " if self.language == "fr" else ": "

    def plural(self, one: str, many: str, n: int, /, **places: object) -> str:
        """`one` for exactly one, `many` otherwise; `{n}` is the formatted number."""
        return self.translate(one if n == 1 else many, n=self.number(n), **places)

    def number(self, value: int | float | Decimal) -> str:
        """A number with the separators of the language."""
        return str(format_decimal(value, locale=self.locale))

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount; cents only where there are some."""
        pattern = None if amount % 1 else _whole_pattern(self.locale)
        return str(format_currency(amount, currency, pattern, locale=self.locale, currency_digits=pattern is None))

    def day(self, value: date) -> str:
        """`5 janvier 2027`."""
        return str(format_date(value, "d MMMM y", locale=self.locale))

    def short_day(self, value: date) -> str:
        """`5 janv. 2027`."""
        return str(format_date(value, "d MMM y", locale=self.locale))

    def weekday(self, number: int) -> str:
        """Name of a weekday; Monday is 0."""
        return str(self.locale.days["format"]["wide"][number])

    def instant(self, value: datetime, zone: ZoneInfo) -> str:
        """`lundi 5 janvier 2027, 11:00 (Bruxelles)`: the zone is said, because a deadline without one is a trap."""
        text = format_datetime(value, "EEEE d MMMM y, HH:mm", tzinfo=zone, locale=self.locale)
        return f"{text} ({self.city(zone)})"

    def short_instant(self, value: datetime, zone: ZoneInfo) -> str:
        """`5 janv. 2027, 11:00`."""
        return str(format_datetime(value, "d MMM y, HH:mm", tzinfo=zone, locale=self.locale))

    def clock(self, value: datetime, zone: ZoneInfo) -> str:
        """`11:00`."""
        return str(format_time(value, "HH:mm", tzinfo=zone, locale=self.locale))

    def city(self, zone: ZoneInfo) -> str:
        """Name of the zone's city in the language."""
        named: str | None = self.locale.time_zones.get(zone.key, {}).get("city")
        return named or zone.key.rpartition("/")[2].replace("_", " ")

    def ago(self, value: datetime, now: datetime) -> str:
        """How long ago, in one unit."""
        seconds = max(0, int((now - value).total_seconds()))
        if seconds < 90:
            return self.translate("à l'instant")
        if seconds < 5400:
            return self.plural("il y a 1 minute", "il y a {n} minutes", round(seconds / 60))
        if seconds < 129_600:
            return self.plural("il y a 1 heure", "il y a {n} heures", round(seconds / 3600))
        return self.plural("il y a 1 jour", "il y a {n} jours", round(seconds / 86_400))

    def days_left(self, value: datetime, now: datetime, zone: ZoneInfo) -> str:
        """How many calendar days are left until an instant, in the zone where it counts."""
        days = (value.astimezone(zone).date() - now.astimezone(zone).date()).days
        if value <= now:
            return self.translate("délai passé")
        if days == 0:
            return self.translate("aujourd'hui")
        if days == 1:
            return self.translate("demain")
        return self.plural("dans 1 jour", "dans {n} jours", days)


@cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)


@cache
def _whole_pattern(locale: Locale) -> str:
    """The currency pattern of the locale without decimals."""
    return str(locale.currency_formats["standard"].pattern).replace(".00", "")
