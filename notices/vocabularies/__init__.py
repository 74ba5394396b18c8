"""Vocabularies of public procurement as data: CPV, NUTS, countries, languages, currencies, procedures, eForms lists.

Importing this package reads no file; each table is read once, at its first use. Tables live in `data/`, derived by
`derive.py` from the code lists of the Publications Office of the European Union.
"""

from notices.vocabularies import codes, countries, cpv, currencies, languages, nuts, procedures, subtypes

__all__ = ["codes", "countries", "cpv", "currencies", "languages", "nuts", "procedures", "subtypes"]
