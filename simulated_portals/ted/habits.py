"""What TED does on a bad day, beside the faults that any portal can show."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_BY_NUMBER = 15_000


@dataclass
class Habits:
    """What TED does on a bad day, beside the general faults. Set from any thread."""

    ends_with_empty_page: bool = False
    """The last page of an iteration carries a token, and the page after it is empty."""
    repeats_token: bool = False
    """A token answers the page that it came with, again and again."""
    forgets_tokens: bool = False
    """Every token answers 500."""
    unfinished: int = 0
    """So many searches answer half of their page with `timedOut`."""
    unknown_fields: frozenset[str] = frozenset()
    """Fields that TED does not know any more."""
    packages_wait: bool = False
    """No package is published yet."""
    packages_bomb: bool = False
    """Packages unpack to very much more than they are."""
    challenges: bool = False
    """Documents and packages are kept for browsers: 202, empty, with a mark of the firewall."""
    renders_after: int = 0
    """So many looks at a document find 202 and nothing."""
    too_fast_after: int | None = None
    """After so many searches one is answered 429, in HTML and without a time to wait."""
    largest_page: int = 250
    """Rows at most on a page, whatever was asked for."""
    longest_by_number: int = LONGEST_BY_NUMBER
    """Notices that a walk by page numbers reaches at most."""
