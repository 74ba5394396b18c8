"""Readers of the notices of BOAMP, the French bulletin of public contracts (DILA).

`read_boamp` reads a flat record of the open-data interface with the five shapes its `donnees` may have;
`read_boamp_xml` reads a document of the XML dumps.
"""

from notices.formats.boamp.identity import idweb_of
from notices.formats.boamp.reader import read_boamp, read_boamp_xml

__all__ = ["idweb_of", "read_boamp", "read_boamp_xml"]
