"""Addresses as people may see them: in sentences, logs and listings, without the secrets in them."""

from __future__ import annotations

import re
from typing import Final

_LOGIN: Final = re.compile(r"(?P<begin>://[^/:@\s?]*:)\S*@")
"""Up to the last @, as a password may hold one that somebody forgot to write as %40."""
_SECRET_PARAMETER: Final = re.compile(
    r"(?P<begin>[?&;][^=&#\s]*(?:password|passwd|secret|token|signature|credential|api_?key|access_?key)[^=&#\s]*=|[?&;]sig=)[^&#\s]+",
    re.IGNORECASE,
)


def printed_url(url: str) -> str:
    """The URL, or a text with one in it, with passwords and other secrets hidden."""
    return _SECRET_PARAMETER.sub(r"\g<begin>***", _LOGIN.sub(r"\g<begin>***@", url))
