"""How monitoring speaks, in French and in the languages of its catalogue."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal

from core.i18n import Translate, translator

ROOM = Path(__file__).parent
_LOCALES = {"fr": "fr_BE", "en": "en_GB"}


def N_(text: str) -> str:  # the customary mark of a text that is translated later
    """Mark a text for the catalogue; it is translated where it is shown."""
    return text


def speaker(language: str) -> Translate:
    """`_("texte {n}", n=3)` of this room."""
    return translator(ROOM, language)


def number(value: int, language: str) -> str:
    """A number with the separators of the language."""
    return str(format_decimal(value, locale=_locale(language)))


def day(value: date, language: str) -> str:
    """`21 novembre 2026`."""
    return str(format_date(value, "d MMMM y", locale=_locale(language)))


def moment(value: datetime, zone: ZoneInfo, language: str) -> str:
    """`21 novembre 2026, 07:00`, in the portal's zone."""
    return str(format_datetime(value, "d MMMM y, HH:mm", tzinfo=zone, locale=_locale(language)))


def lapse(value: timedelta, language: str) -> str:
    """`3 heures`."""
    return str(format_timedelta(value, locale=_locale(language), threshold=1.5))


def _locale(language: str) -> str:
    return _LOCALES.get(language, "fr_BE")
