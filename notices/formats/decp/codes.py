"""The vocabularies of French award data, of 2019 and 2022, in any spelling, and what they are in eForms.

Sources: arrêtés of 22 March 2019 and 22 December 2022 (schemas 1.5.0 and 2.0.3); dossier France 3.2 and 6.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from notices.formats.decp.leaves import key_of
from notices.vocabularies import procedures

_PROCEDURES: Final = {
    key_of(printed): code
    for code, spellings in {
        "open": ("Appel d'offres ouvert", "AOO", "Ouvert", "Procédure non négociée ouverte"),
        "restricted": ("Appel d'offres restreint", "AOR", "Restreint", "Procédure non négociée restreinte"),
        "neg-w-call": (
            "Procédure avec négociation",
            "Procédure concurrentielle avec négociation",
            "Procédure négociée avec mise en concurrence préalable",
            "Procédure négociée avec publication préalable d'un avis de marché",
            "Procédure négociée restreinte",
        ),
        "neg-wo-call": (
            "Marché passé sans publicité ni mise en concurrence préalable",
            "Marché négocié sans publicité ni mise en concurrence préalable",
            "Marché public négocié sans publicité ni mise en concurrence préalable",
            "Procédure négociée sans publicité ni mise en concurrence préalable",
        ),
        "comp-dial": ("Dialogue compétitif", "DC"),
        # A concession that anyone may bid for and whose bids are negotiated has no code of its own.
        "oth-single": ("Procédure adaptée", "Procédure adapté", "MAPA", "Procédure négociée ouverte"),
    }.items()
    for printed in spellings
}
_NATURES: Final = {
    key_of(name): name
    for name in (
        "Marché",
        "Marché de partenariat",
        "Marché de défense ou de sécurité",
        "Marché subséquent",
        "Accord-cadre",
        "Concession de travaux",
        "Concession de service",
        "Concession de service public",
        "Délégation de service public",
    )
}
_FRAMEWORK: Final = "accord cadre"
NO_TECHNIQUE: Final = "sans objet"
"""What stands where no technique, modality or consideration applies."""
_ORDERS: Final = frozenset({"bons de commande", "bon de commande"})
_SUBSEQUENT: Final = frozenset({"marches subsequents", "marche subsequent"})


def procedure_code(printed: str) -> str | None:
    """The eForms code of a procedure, or None when the spelling is not known."""
    return _PROCEDURES.get(key_of(printed)) or procedures.normalise(printed)


def nature_of(printed: str) -> str:
    """The nature as the format spells it (the State's source writes `MARCHE`); one that is not known as printed."""
    return _NATURES.get(key_of(printed), printed)


def is_concession(nature: str | None) -> bool:
    """Whether a nature is that of a concession."""
    key = key_of(nature or "")
    return key.startswith(("concession", "contrat de concession", "delegation"))


def is_framework(nature: str | None, techniques: Iterable[str]) -> bool | None:
    """Whether a contract is a framework agreement, whose amount is a maximum; None when nothing is said."""
    keys = [key_of(technique) for technique in techniques]
    if key_of(nature or "") == _FRAMEWORK or _FRAMEWORK in keys:
        return True
    return False if keys else None


def framework_technique(modalities: Iterable[str]) -> str | None:
    """The eForms code of how a framework agreement is used: by orders, by later contracts, by both."""
    keys = {key_of(modality) for modality in modalities}
    by_orders, by_contracts = bool(keys & _ORDERS), bool(keys & _SUBSEQUENT)
    if by_orders and by_contracts:
        return "fa-mix"
    return "fa-wo-rc" if by_orders else "fa-w-rc" if by_contracts else None


def has_consideration(considerations: Iterable[str]) -> bool | None:
    """Whether a social or environmental consideration is named; None when the buyer says nothing of them."""
    keys = [key_of(printed) for printed in considerations]
    if any("clause" in key or "critere" in key or "reserve" in key for key in keys):
        return True
    return False if any(key.startswith(("pas de", "aucune")) or key == NO_TECHNIQUE for key in keys) else None


def is_reserved(considerations: Iterable[str]) -> bool | None:
    """Whether the contract is reserved to sheltered workshops or their like."""
    keys = [key_of(printed) for printed in considerations]
    return any("reserve" in key for key in keys) if has_consideration(keys) is not None else None


REGIONS: Final = {
    "11": "FR1", "24": "FRB", "27": "FRC", "28": "FRD", "32": "FRE", "44": "FRF", "52": "FRG", "53": "FRH",
    "75": "FRI", "76": "FRJ", "84": "FRK", "93": "FRL", "94": "FRM",
    "01": "FRY1", "02": "FRY2", "03": "FRY3", "04": "FRY4", "06": "FRY5",
}  # fmt: skip
"""INSEE code of a region (since 2016) to NUTS."""

SIZES: Final = {"pme": "sme", "eti": "large", "ge": "large"}
"""INSEE category of an enterprise to BT-165. A mid-cap (ETI) is beyond the European definition of an SME."""
