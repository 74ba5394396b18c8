"""How mails speak: dates, amounts, places and labels as people of one language write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal

from core.i18n import Translate, translator
from crawlers import portals
from notices.model import AmountKind, Deadline, DeadlineKind, Money, NoticeKind, Place, TaxBasis, best_text
from notices.vocabularies import countries, cpv, procedures, regions

ROOM = Path(__file__).parent
_LOCALES = {"fr": "fr_BE", "en": "en_GB"}
_FALLBACKS = ("fr", "en", "nl", "de", "ar")
_UNSEEN = re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def N_(text: str) -> str:
    """Mark a text for the catalogue; it is translated where it is shown."""
    return text


KINDS = {
    NoticeKind.PLANNING: N_("préinformation"),
    NoticeKind.CONSULTATION: N_("consultation du marché"),
    NoticeKind.COMPETITION: N_("avis de marché"),
    NoticeKind.DIRECT_AWARD: N_("attribution sans publication préalable"),
    NoticeKind.RESULT: N_("résultat"),
    NoticeKind.MODIFICATION: N_("modification du contrat"),
    NoticeKind.COMPLETION: N_("fin du contrat"),
    NoticeKind.CHANGE: N_("rectification"),
    NoticeKind.CANCELLATION: N_("annulation"),
    NoticeKind.INFORMATION: N_("information"),
    NoticeKind.REGISTRATION: N_("enregistrement"),
}
DEADLINES = {
    DeadlineKind.TENDERS: N_("offres"),
    DeadlineKind.REQUESTS: N_("demandes de participation"),
    DeadlineKind.EXPRESSIONS: N_("manifestations d'intérêt"),
}
AMOUNTS = {
    AmountKind.ESTIMATED: N_("estimation"),
    AmountKind.FRAMEWORK_MAXIMUM: N_("maximum de l'accord-cadre"),
    AmountKind.FRAMEWORK_REESTIMATED: N_("accord-cadre réestimé"),
    AmountKind.AWARDED: N_("montant attribué"),
    AmountKind.TENDER: N_("montant d'une offre"),
    AmountKind.LOWEST_TENDER: N_("offre la plus basse"),
    AmountKind.HIGHEST_TENDER: N_("offre la plus haute"),
    AmountKind.CONCESSION_REVENUE: N_("recettes de la concession"),
    AmountKind.DEPOSIT: N_("caution provisoire"),
}
TAXES = {
    TaxBasis.EXCLUDED: N_("hors TVA"),
    TaxBasis.INCLUDED: N_("TVA comprise"),
    TaxBasis.UNKNOWN: N_("TVA non précisée"),
}


def one_line(text: str, longest: int = 300) -> str:
    """Text of a portal as one line: no line end, no control or direction mark, shortened.

    Direction overrides of a hostile title would turn the rest of a subject or a line around.
    """
    plain = unbroken(_UNSEEN.sub("", text))
    return plain if len(plain) <= longest else plain[: longest - 1].rstrip() + "…"


def unbroken(text: str) -> str:
    """Text without control characters and line ends; each run of spaces is one space."""
    return " ".join("".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text).split())


def isolated(text: str) -> str:
    """A text with right-to-left letters between isolates, so that it does not reorder the line around it."""
    if any(unicodedata.bidirectional(sign) in _RIGHT_TO_LEFT for sign in text):
        return f"\u2068{text}\u2069"
    return text


@dataclass(frozen=True)
class Wording:
    """Everything a mail needs to say something in one language to someone in one zone."""

    language: str
    zone: ZoneInfo

    @cached_property
    def translate(self) -> Translate:
        """`_("texte {n}", n=3)`."""
        return translator(ROOM, self.language)

    @cached_property
    def locale(self) -> Locale:
        """The locale of dates and numbers."""
        return Locale.parse(_LOCALES.get(self.language, "fr_BE"))

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages in which a portal's text is looked for, best first."""
        return (self.language, *(code for code in _FALLBACKS if code != self.language))

    def plural(self, one: str, many: str, n: int) -> str:
        """`one` for one or, in French, none; `many` otherwise; `{n}` is the formatted number."""
        singular = n == 1 or (n == 0 and self.language == "fr")
        return self.translate(one if singular else many, n=self.number(n))

    def number(self, value: int) -> str:
        """A number with the separators of the language."""
        return str(format_decimal(value, locale=self.locale))

    def several(self, parts: Iterable[str]) -> str:
        """`a ; b`, with the spaces of the language."""
        return self.translate(" ; ").join(parts)

    def labelled(self, label: str | None, value: str) -> str:
        """`label : value`, with the spaces of the language; the value alone without a label."""
        return self.translate("{label} : {value}", label=label, value=value) if label else value

    def both(self, parts: Iterable[str]) -> str:
        """`a, b et c`."""
        return str(format_list(list(parts), locale=self.locale))

    def day(self, value: date) -> str:
        """`lundi 14 décembre 2026`."""
        return str(format_date(value, "EEEE d MMMM y", locale=self.locale))

    def days(self, values: Iterable[date]) -> str:
        """`20, 21 et 22 novembre 2026`, written out as far as needed."""
        return self.both(str(format_date(value, "d MMMM y", locale=self.locale)) for value in sorted(set(values)))

    def moment(self, value: datetime) -> str:
        """`lundi 14 décembre 2026 à 11:00 (Bruxelles)`, in the owner's zone."""
        return f"{self._at(value, self.zone)} ({self.city(self.zone)})"

    def instant(self, value: datetime, portal_zone: ZoneInfo) -> str:
        """An instant in the owner's zone, and in the portal's where its clock shows another time."""
        own = self.moment(value)
        mine, theirs = value.astimezone(self.zone), value.astimezone(portal_zone)
        if mine.utcoffset() == theirs.utcoffset():
            return own
        if mine.date() == theirs.date():
            there = str(format_time(theirs.time(), "HH:mm", locale=self.locale))
        else:
            there = self._at(value, portal_zone)
        return self.translate(
            "{own} – soit {there} sur le portail ({city})", own=own, there=there, city=self.city(portal_zone)
        )

    def deadline(self, deadline: Deadline | None, portal_zone: ZoneInfo, now: datetime | None = None) -> str:
        """A deadline, with what must be in by then when it is not tenders, and whether it has passed."""
        if deadline is None:
            return self.translate("non communiqué")
        if deadline.date_only:
            text = self.day(deadline.at.astimezone(portal_zone).date())
        else:
            text = self.instant(deadline.at, portal_zone)
        if deadline.kind is not DeadlineKind.TENDERS:
            text = f"{text}, {self.translate(DEADLINES[deadline.kind])}"
        if now is not None and deadline.at <= now:
            text = f"{text} – {self.translate('délai passé')}"
        return text

    def money(self, value: Money | None) -> str:
        """`1 250 000 € hors TVA (estimation)`, or that the portal does not say."""
        if value is None:
            return self.translate("non communiquée")
        tax, kind = self.translate(TAXES[value.tax_basis]), self.translate(AMOUNTS[value.kind])
        return f"{self._amount(value.amount, value.currency)} {tax} ({kind})"

    def place(self, place: Place) -> str:
        """The most precise thing known of a place."""
        parts = [one_line(place.locality, 80)] if place.locality else []
        if place.nuts:
            label = regions.label(place.nuts, self.language)
            parts.append(f"{label} ({place.nuts})" if label else place.nuts)
        elif place.country:
            parts.append(countries.label(place.country, self.language) or place.country)
        if not parts and place.printed:
            parts.append(one_line(place.printed, 80))
        return ", ".join(parts)

    def kind(self, kind: NoticeKind) -> str:
        """`avis de marché`."""
        return self.translate(KINDS[kind])

    def procedure(self, code: str | None, printed: Iterable[str]) -> str:
        """The procedure's label, else what the portal printed."""
        if code:
            return one_line(procedures.label(code, self.language) or code, 120)
        return one_line("; ".join(printed), 120) or self.translate("non communiquée")

    def cpv(self, code: str) -> str:
        """`45000000 Travaux de construction`."""
        label = cpv.label(code, self.language)
        return f"{code} {label}" if label else code

    def portal(self, key: str) -> str:
        """The portal's name."""
        if key not in portals.keys():
            return key
        return best_text(portals.load(key).name, self.languages)

    def city(self, zone: ZoneInfo) -> str:
        """Name of the zone's city in the language."""
        named: dict[str, Any] = self.locale.time_zones.get(zone.key, {})
        return str(named.get("city") or zone.key.rpartition("/")[2].replace("_", " "))

    def best(self, texts: dict[str, str], longest: int = 300) -> str:
        """A portal's text in the person's language if it is there, as one line."""
        return one_line(best_text(texts, self.languages), longest)

    def _at(self, value: datetime, zone: ZoneInfo) -> str:
        pattern = self.translate("EEEE d MMMM y 'à' HH:mm")
        return str(format_datetime(value, pattern, tzinfo=zone, locale=self.locale))

    def _amount(self, amount: Decimal, currency: str) -> str:
        if amount % 1:
            return str(format_currency(amount, currency, locale=self.locale))
        pattern = self.locale.currency_formats["standard"].pattern.replace(".00", "")
        return str(format_currency(amount, currency, pattern, locale=self.locale, currency_digits=False))


def portal_zone(key: str) -> ZoneInfo:
    """The zone of a portal's clock; UTC for a portal that is no longer there."""
    return portals.load(key).clock if key in portals.keys() else ZoneInfo("UTC")
