"""Documents that no reader should trust, made from good ones."""

from __future__ import annotations

from typing import Literal

How = Literal["cut", "billion_laughs", "huge", "wrong_encoding"]

HUGE = 50_000_000
_LAUGHS = "".join(f'<!ENTITY lol{level} "{f"&lol{level - 1};" * 10}">' for level in range(1, 10))


def broken_document(xml: str, how: How) -> str:
    """`xml` spoiled: cut in the middle, an entity bomb, 50 MB of text, or bytes that are not what it declares."""
    declaration, _, rest = xml.partition("?>")
    if how == "cut":
        return xml[: len(xml) // 2]
    if how == "billion_laughs":
        root = rest.lstrip()[1:].split(None, 1)[0].split(">", 1)[0]
        opened, closed, content = rest.partition(">")
        return f'{declaration}?><!DOCTYPE {root} [<!ENTITY lol0 "lol">{_LAUGHS}]>{opened}{closed}&lol9;{content}'
    if how == "huge":
        opened, _, closing = xml.rpartition("</")
        return f"{opened}<!--{'x' * HUGE}--></{closing}"
    # Declared as UTF-16 while the bytes are UTF-8, and accents already decoded the wrong way once.
    return declaration.replace("UTF-8", "UTF-16") + "?>" + rest.encode().decode("latin-1")
