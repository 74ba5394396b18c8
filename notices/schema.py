"""The published JSON Schema of `Notice`: `python -m notices.schema` writes it to `docs/notice.schema.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from notices.model import MODEL_VERSION, Notice

SCHEMA_FILE: Final = Path(__file__).parent.parent / "docs" / "notice.schema.json"


def notice_schema() -> str:
    """The schema of a notice as it is written out (JSON, draft 2020-12), with a final line end."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Vigie notice, version {MODEL_VERSION}",
        **{key: value for key, value in Notice.model_json_schema(mode="serialization").items() if key != "title"},
    }
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def main() -> int:
    """Write the schema. Returns 0."""
    SCHEMA_FILE.parent.mkdir(parents=True, exist_ok=True)
    SCHEMA_FILE.write_text(notice_schema(), encoding="utf-8")
    sys.stdout.write(f"{SCHEMA_FILE} written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
