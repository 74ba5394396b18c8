"""Reader of French award data (données essentielles de la commande publique, DECP), formats of 2019 and 2022.

Every contract of a French buyer from 40,000 EUR on, published by law: JSON and XML files of buyer profiles, and the
tables in which the ministry and decp.info bring them together.
"""

from notices.formats.decp.containers import FORMS, read_source
from notices.formats.decp.contract import key_of_record
from notices.formats.decp.reader import contracts_of, read_decp, split_decp

__all__ = ["FORMS", "contracts_of", "key_of_record", "read_decp", "read_source", "split_decp"]
