"""Where organisations sit. The country printed decides; a postal code alone does not.

A winner may sit anywhere, and five digits are a postal code in many countries: 20004 lies in Corsica
and, as the bulletin prints it, in Shanghai.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from notices.formats.boamp import printed
from notices.formats.boamp.node import Node
from notices.model import Identifier, Organisation, Place
from notices.vocabularies import countries, france

_TERRITORIES: Final = frozenset({"GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "WF", "PF", "NC", "TF"})
"""ISO codes of parts of France, whose postal codes are French."""
_FRENCH_PHONE: Final = re.compile(r"(?:\(?\+\s?33\)?|00\s?33)[\s.\-()0-9]{9,}|0[1-9](?:[\s.-]?[0-9]{2}){4}")
_FRENCH_DOMAINS: Final = (".fr", ".re", ".gp", ".mq", ".gf", ".yt", ".nc", ".pf")
_CEDEX: Final = re.compile(r"\bcedex\b", re.IGNORECASE)
_FRENCH_NUMBERS: Final = frozenset({"SIRET", "SIREN"})


class Address(NamedTuple):
    """An address as printed."""

    country: str | None
    postal_code: str | None
    town: str | None
    rest: str | None = None


def country_of(text: str | None, node: Node) -> str | None:
    """The country of a code or a French name, FR for every part of France; None, with a note, for what is neither."""
    if not text:
        return None
    found = countries.get(text) or countries.named(text)
    code = found.alpha2 if found else text.strip().upper()
    if code in _TERRITORIES or (found is None and france.departement(text)):
        return printed.COUNTRY
    if found is None:
        node.note("This country is unknown.", text)
    return found.alpha2 if found else None


def at_home(address: Address, node: Node, by_code: Place | None = None) -> Place | None:
    """The seat of a buyer or of an office that it names (such as its court), or a place where it has work done.

    French unless a country or a NUTS code says otherwise, so the postal code tells the département.
    """
    found = printed.place_of_address(address.postal_code, address.town, address.rest)
    return _seat(_in_country_of(address, by_code), node, found, by_code)


def of_winner(address: Address, node: Node, winner: Organisation, by_code: Place | None = None) -> Place | None:
    """The seat of a winner, which may be anywhere.

    Where neither a country nor a NUTS code is printed, something beside the postal code must say that it is French: a
    SIRET, a CEDEX, a telephone number or a domain.
    """
    address = _in_country_of(address, by_code)
    found = printed.place_of_address(address.postal_code, address.town, address.rest)
    if found is not None and not address.country and not _is_french(address, winner):
        found = found.model_copy(update={"country": None, "nuts": None})
    return _seat(address, node, found, by_code)


def _in_country_of(address: Address, by_code: Place | None) -> Address:
    """The address in the country of the NUTS code, where it names none itself."""
    return address if address.country or by_code is None else address._replace(country=by_code.country)


def _seat(address: Address, node: Node, found: Place | None, by_code: Place | None) -> Place | None:
    """The seat in the country that is told; `found`, which the postal code leads to, where none is."""
    if not address.country:
        return found or by_code
    country = country_of(address.country, node)
    same = by_code is not None and by_code.country == country
    if found is None and (country is None or same):
        return by_code if same else None
    place = (found or Place()).model_copy(update={"country": country})
    if country != printed.COUNTRY:
        place = place.model_copy(update={"nuts": None})
    if by_code is None or by_code.nuts is None or not same:
        return place
    nuts = by_code.nuts if len(by_code.nuts) > 2 else place.nuts or by_code.nuts
    told = "\n".join(filter(None, (by_code.printed, place.printed)))
    return place.model_copy(update={"nuts": nuts, "printed": told or None})


def _is_french(address: Address, winner: Organisation) -> bool:
    return (
        any(_is_french_number(identifier) for identifier in winner.identifiers)
        or bool(address.town and _CEDEX.search(address.town))
        or bool(winner.phone and _FRENCH_PHONE.fullmatch(winner.phone.strip()))
        or _domain(winner.email, winner.website).endswith(_FRENCH_DOMAINS)
    )


def _is_french_number(identifier: Identifier) -> bool:
    return identifier.scheme in _FRENCH_NUMBERS and identifier.valid


def _domain(email: str | None, website: str | None) -> str:
    """The domain of a mail address, else of a web page; empty where neither can be read."""
    if email and "@" in email:
        return email.rpartition("@")[2].strip().casefold()
    address = website or ""
    try:
        return (urlsplit(address if "//" in address else f"//{address}").hostname or "").casefold()
    except ValueError:  # such as `http://[`
        return ""
