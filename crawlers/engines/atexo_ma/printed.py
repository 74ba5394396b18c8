"""Values as the portal prints them: amounts in dirhams with tax, days and hours of Casablanca, yes and no."""

from __future__ import annotations

import re
from datetime import date, datetime

from crawlers.engines.atexo_ma.consultation import Consultation
from notices.model import (
    AmountKind,
    Classification,
    Deadline,
    DeadlineKind,
    Money,
    Nature,
    TaxBasis,
)
from notices.values.dates import CASABLANCA, Precision, parse_day_first, plausible_date
from notices.values.money import is_sentinel_amount, parse_printed_amount, plausible_amount
from notices.values.text import fold, known_text
from notices.vocabularies import inferred_cpv

NATURES = {"travaux": Nature.WORKS, "fournitures": Nature.SUPPLIES, "services": Nature.SERVICES}
ANSWERS = {
    "reponse-elec-oblig-avec-signature": True,
    "reponse-elec-oblig": True,
    "reponse-elec-avec-signature": True,
    "reponse-elec-sans-signature": True,
    "reponse-elec": True,
    "reponse-elec-non": False,
}
"""Picture to whether tenders can be handed in electronically; the first also means that they must be."""
_ARABIC = re.compile("[\u0600-\u06ff]")
_LETTER = re.compile(r"[^\W\d_]")


def language(words: str) -> str:
    """`ar` where most letters are Arabic, else `fr`: the portal prints both in the same place."""
    letters = len(_LETTER.findall(words))
    return "ar" if letters and 2 * len(_ARABIC.findall(words)) > letters else "fr"


def texts(words: str | None) -> dict[str, str]:
    """A text under its language; empty when nothing was printed."""
    return {language(words): words} if words else {}


def nature(words: str | None, printed: Consultation, path: str) -> Nature | None:
    """One of the portal's three categories."""
    found = NATURES.get(fold(words or "").strip())
    if words and found is None:
        printed.note(path, "This category is unknown.", words)
    return found


def money(words: str | None, kind: AmountKind, currency: str, printed: Consultation, path: str) -> tuple[Money, ...]:
    """An amount with tax. An estimate of zero is no estimate; a deposit of zero is an answer."""
    if known_text(words) is None or words is None:
        return ()
    amount = parse_printed_amount(words)
    if amount is None or amount < 0:
        printed.note(path, "This amount cannot be read.", words)
        return ()
    if kind is AmountKind.DEPOSIT and amount == 0:
        return (Money(amount=amount, currency=currency, kind=kind, tax_basis=TaxBasis.INCLUDED, printed=words),)
    if is_sentinel_amount(amount):
        printed.note(path, "This amount stands for none.", words)
        return ()
    if not plausible_amount(amount):
        printed.note(path, "This amount is larger than any contract.", words)
    return (Money(amount=amount, currency=currency, kind=kind, tax_basis=TaxBasis.INCLUDED, printed=words),)


def flag(words: str | None, printed: Consultation, path: str) -> bool | None:
    """`Oui` or `Non`."""
    if known_text(words) is None or words is None:
        return None
    answer = {"oui": True, "non": False}.get(fold(words).strip())
    if answer is None:
        printed.note(path, "This is neither Oui nor Non.", words)
    return answer


def deadline(words: str | None, kind: DeadlineKind, printed: Consultation) -> tuple[Deadline, ...]:
    """The instant until which tenders are taken; a day alone lasts until its end."""
    if words is None:
        return ()
    found = parse_day_first(words, CASABLANCA)
    if found is None:
        printed.note("deadline", "This is no date with an hour.", words)
        return ()
    if not plausible_date(found.at.date()):
        printed.note("deadline", "This deadline is not plausible.", words)
    if found.precision is Precision.TIME:
        return (Deadline(kind=kind, at=found.at),)
    end = parse_day_first(f"{words} 23:59", CASABLANCA)
    at = end.at.replace(second=59) if end is not None else found.at
    return (Deadline(kind=kind, at=at, date_only=True),)


def day(words: str | None) -> tuple[date, datetime] | None:
    """A printed day, and the instant at which it begins in Casablanca."""
    found = parse_day_first(words, CASABLANCA) if words else None
    return (found.at.date(), found.at) if found is not None else None


def electronic(picture: str | None, printed: Consultation) -> bool | None:
    """Whether tenders can be handed in electronically, by the picture that the portal shows."""
    if not picture:
        return None
    answer = ANSWERS.get(picture)
    if answer is None:
        printed.note("answer", "This picture of the electronic answer is unknown.", picture)
    return answer


def classifications(domains: tuple[str, ...], printed: Consultation) -> tuple[Classification, ...]:
    """CPV inferred from the activity domains: each code once, with the best of its reasons."""
    best: dict[str, Classification] = {}
    for domain in domains:
        if not inferred_cpv.knows_domain(domain):
            printed.note("domains", "This activity domain is not in our table of CPV codes.", domain)
        for item in inferred_cpv.from_domain(domain):
            known = best.get(item.code)
            if known is None or (item.confidence or 0) > (known.confidence or 0):
                best[item.code] = item
    return tuple(best.values())
