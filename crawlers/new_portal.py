"""Writes the folder of a new portal: configuration alone where an engine serves it, else three short files to fill."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from pydantic import ValidationError

from core.clock import now
from core.errors import VigieError
from crawlers import portals
from crawlers.portals.definition import Portal

ENGINES = Path(__file__).parent / "engines"
PORTALS = Path(__file__).parent / "portals"
TEMPLATES = Path(__file__).parent / "templates"

_OWN = ("facts", "unverified", "closed")
"""What is known of one portal and not of another one that runs the same software."""


class _Plain(yaml.SafeDumper):
    """Writes what two places have in common twice: a person will change one of them."""

    def ignore_aliases(self, data: Any) -> bool:
        """No anchors."""
        return True


def engines() -> tuple[str, ...]:
    """The engines that serve a portal without files of its own: those that crawl and read."""
    return tuple(
        sorted(path.parent.name for path in ENGINES.glob("*/spider.py") if (path.parent / "parse.py").is_file())
    )


def write(
    key: str,
    *,
    name: str,
    base_url: str,
    country: str,
    zone: str,
    engine: str | None = None,
    folder: Path = PORTALS,
) -> tuple[Path, ...]:
    """Write `folder/key`, whole or not at all; the files written.

    `VigieError` when the key is taken or something given makes no sense, `OSError` when nothing can be written there.
    """
    target = folder / key
    if target.exists():
        raise VigieError(f"{target} is there already.")
    given = {"key": key, "name": name, "base_url": base_url.rstrip("/"), "country": country, "zone": zone}
    for part, value in given.items():
        if not value.strip() or not value.isprintable() or set(value) & set('"\\'):
            raise VigieError(f"{part}: needs words without quotation marks, backslashes and line breaks.")
    files = _configuration(given, engine) if engine else _skeleton(given)
    try:
        Portal.model_validate(yaml.safe_load(files["portal.yml"]))
    except ValidationError as error:
        first = error.errors()[0]
        raise VigieError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
    _put(target, files)
    return tuple(target / file for file in files)


def _put(target: Path, files: dict[str, str]) -> None:
    """All files or none: half a folder would be in the way of the next try, and a `portal.yml` alone is a portal."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix=".begun-") as beside:
        draft = Path(beside) / target.name
        draft.mkdir()
        for file, text in files.items():
            (draft / file).write_text(text, encoding="utf-8")
        draft.rename(target)


def _skeleton(given: dict[str, str]) -> dict[str, str]:
    values = {**given, "today": now().date().isoformat()}
    texts = {
        file: (TEMPLATES / f"{file}.txt").read_text(encoding="utf-8")
        for file in ("portal.yml", "spider.py", "parse.py")
    }
    written = {file: text.format(**values) for file, text in texts.items()}
    return {"__init__.py": f'"""{given["name"]}."""\n', **written}


def _configuration(given: dict[str, str], engine: str) -> dict[str, str]:
    """The definition of a portal that the engine serves already, with what is known of that one alone left out."""
    if engine not in engines():
        raise VigieError(f"There is no engine {engine}; there are: {', '.join(engines())}.")
    model = next((key for key in portals.keys() if portals.load(key).engine == engine), None)
    if model is None:
        raise VigieError(f"No portal uses the engine {engine} yet, so there is none to begin from.")
    text = (PORTALS / model / "portal.yml").read_text(encoding="utf-8")
    whole: dict[str, Any] = yaml.safe_load(text)
    found = {part: value for part, value in whole.items() if part not in _OWN}
    unread = {"text": "Not read yet.", "read_on": now().date()}
    found |= {
        **given,
        "name": {"fr": given["name"], "en": given["name"]},
        "operator": given["name"],
        "attribution": f"Source : {given['name']}",
        "notice_url": found["notice_url"].replace(found["base_url"], given["base_url"]),
        "licence": unread,
        "terms": unread,
        "robots": unread,
        "calendar": {**found["calendar"], "at": []},
        "unverified": [
            {"what": "everything about this portal", "settle": f"Run `vigie probe {given['key']}` and compare."},
            # What `vigie probe` can look for by itself is a habit of the software.
            *(item for item in whole.get("unverified", ()) if "check" in item),
        ],
    }
    head = (
        f"# Begun from {model}, which runs the same software: check every value, expectations and options first.\n"
        "# Without hours in `calendar` the scheduler leaves the portal alone; give it some once it was probed.\n"
    )
    return {"portal.yml": head + yaml.dump(found, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=118)}
