"""What goes wrong in search, as sentences a person can act on."""

from __future__ import annotations

from pathlib import Path

from core.errors import ConfigurationError, VigieError
from core.i18n import SOURCE_LANGUAGE, translator

ROOM = Path(__file__).parent
"""Where the catalogues of this room are."""


class SearchError(VigieError):
    """An error whose sentence is French; `told(language)` says it in another language of the catalogue."""

    def __init__(self, message: str, **places: object) -> None:
        self.message = message
        self.places = places
        super().__init__(self.told(SOURCE_LANGUAGE))

    @property
    def sentence(self) -> str:
        """The error in French."""
        return self.told(SOURCE_LANGUAGE)

    def told(self, language: str) -> str:
        """The error in `language`."""
        _ = translator(ROOM, language)
        return _(self.message, **self.places) if self.places else _(self.message)


class QueryError(SearchError):
    """A query that cannot be understood.

    `sentence` tells the place in the text when there is one. `position` counts characters of the text from 0;
    `parameter` names the field or URL parameter at fault.
    """

    def __init__(
        self, message: str, *, position: int | None = None, parameter: str | None = None, **places: object
    ) -> None:
        self.position = position
        self.parameter = parameter
        super().__init__(message, **places)

    def told(self, language: str) -> str:
        """The error in `language`, with the place in the text (counted from 1) when there is one."""
        sentence = super().told(language)
        if self.position is None:
            return sentence
        _ = translator(ROOM, language)
        return _("Texte, caractère {place} : {sentence}", place=self.position + 1, sentence=sentence)


class IndexUnavailable(SearchError):
    """The index cannot answer or take documents now; nothing is lost, as the queue keeps what was not acknowledged."""


class IndexRefused(IndexUnavailable, ConfigurationError):
    """What answers, if anything may, will not serve these settings: wrong key, certificate, product, version, right."""


class IndexReadOnly(SearchError):
    """Somebody tried to write to an index that was opened for reading, or that another process writes to."""
