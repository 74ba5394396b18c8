"""Plain text out of what portals print.

Sentinels: texts without any letter or digit (`-`, `.`, `@@@@`, `...`) and the placeholders of `_PLACEHOLDERS`, such as
`NC`, `n/a`, `nihil`, `sans objet` and the `unpublished` of withheld eForms fields.
"""

import html
import re
import unicodedata
from itertools import filterfalse
from typing import Final

#: Longest text that is looked at, in characters; the rest is cut. The longest description seen is below 100,000.
LONGEST_TEXT: Final = 1_000_000

_PLACEHOLDERS: Final = frozenset(
    placeholder.casefold()
    for placeholder in (
        "NC", "N.C.", "N/A", "N.A.", "n.v.t.", "nvt", "nihil", "néant", "neant", "sans objet", "non applicable",
        "niet van toepassing", "not applicable", "non communiqué", "non communiquée", "null", "none", "undefined",
        "unpublished", "CDL", "DEFAULT_VALUE_CHANGE_ME",
    )
)  # fmt: skip

_LONGEST_PLACEHOLDER: Final = max(map(len, _PLACEHOLDERS))

# Zero-width space, byte order mark, soft hyphen, and the marks that reorder text (an Arabic title keeps its own
# direction from its letters; overrides only serve to disguise). Joiners (U+200C, U+200D) carry meaning and stay.
_INVISIBLE: Final = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_END: Final = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_BLANKS: Final = re.compile(r"[^\S\n]{2,}|[^\S\n ]")
_AROUND_LINE_END: Final = re.compile(r" \n ?|\n ")
_MANY_LINES: Final = re.compile(r"\n{3,}")

_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)([^<>]*)>|<![^<>]*>|<\?[^<>]*>")
_HIDDEN_OPEN: Final = re.compile(r"<!--|<(script|style|head|template)\b[^<>]*>", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_PARAGRAPHS: Final = frozenset(
    (
        "p",
        "div",
        "section",
        "article",
        "table",
        "ul",
        "ol",
        "dl",
        "blockquote",
        "hr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    )
)
_LINES: Final = frozenset(("br", "li", "tr", "dt", "dd"))
_ROUNDS: Final = 3


def clean_text(text: str) -> str:
    """Unicode NFC, no control or invisible characters, single blanks, at most one empty line between paragraphs.

    Line breaks stay. Empty when nothing visible is left.
    """
    if text.isprintable() and "  " not in text:  # most titles and names: nothing to clean
        return unicodedata.normalize("NFC", text[:LONGEST_TEXT]).strip()
    text = _LINE_END.sub("\n", text[:LONGEST_TEXT])
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", _CONTROL.sub("", text)))
    text = _AROUND_LINE_END.sub("\n", _BLANKS.sub(" ", text))
    return _MANY_LINES.sub("\n\n", text).strip()


def clean_line(text: str) -> str:
    """`clean_text` on one line, for titles and names."""
    return " ".join(clean_text(text).split())


def is_sentinel_text(text: str) -> bool:
    """Whether the text stands for *not said*: empty, without letter or digit, or a known placeholder."""
    return is_sentinel(clean_text(text))


def known_text(text: str | None) -> str | None:
    """The cleaned text, or None when it is absent or a sentinel."""
    cleaned = clean_text(text or "")
    return None if is_sentinel(cleaned) else cleaned


def is_sentinel(cleaned: str) -> bool:
    """`is_sentinel_text` of a text that is clean."""
    if not cleaned[:1].isalnum() and not any(char.isalnum() for char in cleaned):
        return True
    return len(cleaned) <= _LONGEST_PLACEHOLDER and " ".join(cleaned.casefold().split()) in _PLACEHOLDERS


def unescape(text: str) -> str:
    """HTML entities resolved, also those escaped twice (`&amp;eacute;`), which Belgian platforms print."""
    for _ in range(_ROUNDS):
        if not _ENTITY.search(text):
            break
        text = _ENTITY.sub(lambda entity: html.unescape(entity.group()), text)
    return text


def strip_html(text: str) -> str:
    """The words of an HTML fragment as plain text: no tag, script, style or comment; blocks become lines.

    Also for a fragment that is escaped once or twice. `a < b` is no tag and stays. The result is plain text and must be
    escaped like any other before it is shown.
    """
    text = text[:LONGEST_TEXT]
    for _ in range(_ROUNDS):
        stripped = _TAG.sub(_tag_as_text, _without_hidden(text))
        resolved = _ENTITY.sub(lambda entity: html.unescape(entity.group()), stripped)
        if resolved == text:
            break
        text = resolved
    return clean_text(_TAG.sub(_tag_as_text, _without_hidden(text)))


def _tag_as_text(tag: re.Match[str]) -> str:
    name = (tag[2] or "").lower()
    if name in _PARAGRAPHS:
        return "\n\n"
    if name in _LINES:
        return "\n- " if name == "li" and not tag[1] else "\n"
    return " " if name in ("td", "th") else ""


def _without_hidden(text: str) -> str:
    """Comments, scripts, styles and heads removed with their content. What is never closed hides the rest."""
    kept = []
    position = 0
    while opening := _HIDDEN_OPEN.search(text, position):
        kept.append(text[position : opening.start()])
        closing = re.compile(f"</{opening[1]}[^<>]*>", re.IGNORECASE) if opening[1] else re.compile("-->")
        end = closing.search(text, opening.end())
        if end is None:
            return "".join(kept)
        position = end.end()
    kept.append(text[position:])
    return "".join(kept)


def fold(text: str) -> str:
    """Lower case without accents, to compare words: `Évêché` gives `eveche`, `Œuvre` gives `oeuvre`, `ß` gives `ss`."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(filterfalse(unicodedata.combining, decomposed))
