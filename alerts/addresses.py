"""Which mail addresses Vigie writes to: plain ASCII mailboxes that can stand in a header and in an SMTP command."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.headerregistry import Address

from core.errors import VigieError

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_LONGEST = 254
_LONGEST_LOCAL = 64


class AddressError(VigieError):
    """A mail address that cannot be written to; the message says why, in French (a message id of the catalogue)."""


def clean_address(typed: str) -> str:
    """The address as it is stored: spaces around it gone, domain in lower case and in its ASCII form.

    Limits are those of RFC 5321 (64 octets before the @, 254 in all). Raises AddressError for anything that is not
    one plain mailbox, control characters and line ends included, so that no address can add a header or a recipient.
    """
    text = typed.strip(" ")
    if not text:
        raise AddressError("L'adresse est vide.")
    if len(text) > _LONGEST:
        raise AddressError("L'adresse est trop longue (254 caractères au plus).")
    local, at, domain = text.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local) > _LONGEST_LOCAL:
        raise AddressError("Ce n'est pas une adresse de courriel, comme nom@exemple.be.")
    address = f"{local}@{_ascii_domain(domain)}"
    if len(address) > _LONGEST:
        raise AddressError("L'adresse est trop longue (254 caractères au plus).")
    try:
        return Address(addr_spec=address).addr_spec
    except (HeaderParseError, ValueError) as error:
        raise AddressError("Ce n'est pas une adresse de courriel, comme nom@exemple.be.") from error


def _ascii_domain(domain: str) -> str:
    try:
        plain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise AddressError("Le domaine de l'adresse n'existe pas sous cette forme.") from error
    labels = plain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise AddressError("Le domaine de l'adresse n'existe pas sous cette forme.")
    return plain
