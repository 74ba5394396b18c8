"""Fixed answers of the portal: its configuration script, its page shell, small tables, errors."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable

from simulated_portals.messages import Answer, json_answer

_HTML = "text/html;charset=UTF-8"
_JUST_SO = {"FR": "Une simulation", "NL": "Een simulatie"}

SHELL = Answer(
    200,
    b'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>BOSA - eProcurement (simulated)</title>'
    b'<script src="/env.config.js"></script></head><body><noscript><strong>BOSA - eProcurement doesn\'t work properly '
    b'without JavaScript enabled.</strong></noscript><div id="app-init-container--router-view"></div></body></html>',
    _HTML,
)
"""What every unknown path gets with status 200, `/robots.txt` included."""

MAINTENANCE = Answer(
    200,
    b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>Maintenance</h1>"
    b"<p>L'application est temporairement indisponible. De toepassing is tijdelijk niet beschikbaar.</p></body></html>",
    _HTML,
)


def configuration(client: tuple[str, str]) -> Answer:
    """`GET /env.config.js`: public JavaScript with values in single quotes."""
    script = (
        "window.env = {\n"
        "  VITE_APP_TITLE: 'BOSA - eProcurement (simulated)',\n"
        f"  VITE_AUTH_CLIENTID: '{client[0]}',\n"
        f"  VITE_AUTH_CLIENTSECRET: '{client[1]}',\n"
        "  VITE_AUTH_REALM: 'supplier',\n"
        "  VITE_AUTH_URL: '',\n"
        "};\n"
    )
    return Answer(200, script.encode(), "application/javascript")


def error(status: int, *, gateway: bool) -> Answer:
    """An error of the application, or of the gateway in front of it."""
    reason = {400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"}.get(status, "Internal Server Error")
    if gateway:
        # The gateway wraps an inner error in a 500 of its own (capture of 2026-02).
        return gateway_error(500 if status == 404 else status, f"HTTP {status} {reason}")
    return json_answer({"title": reason.upper().replace(" ", "_"), "status": status, "detail": reason}, status)


def gateway_error(status: int, detail: str) -> Answer:
    """The error envelope of the official gateway."""
    words = "Internal Server Error" if status == 500 else detail.split(" ", 2)[-1]
    return json_answer(
        {
            "error": {
                "fsbTransactionId": uuid.uuid4().hex,
                "code": f"{status}00",
                "descriptionNL": words,
                "descriptionFR": words,
                "descriptionEN": words,
                "detail": {
                    "instance": str(uuid.uuid4()),
                    "title": words.upper().replace(" ", "_"),
                    "status": status,
                    "detail": detail,
                },
            }
        },
        status,
    )


def _classes() -> list[dict[str, int]]:
    amounts = (135_000, 275_000, 500_000, 900_000, 1_810_000, 3_225_000, 5_330_000, 9_999_999_999)
    return [{"id": level, "level": level, "maxAmount": amount} for level, amount in enumerate(amounts, 1)]


def _names(french: str, dutch: str) -> list[dict[str, str]]:
    return [{"text": french, "language": "FR"}, {"text": dutch, "language": "NL"}]


def _categories() -> list[dict[str, object]]:
    return [
        {
            "id": 5,
            "names": _names("Entreprises générales de travaux routiers", "Wegenbouwkundige werken"),
            "categoryCode": "C",
        },
        {"id": 12, "names": _names("Entreprises générales de bâtiments", "Bouwwerken"), "categoryCode": "D"},
    ]


SMALL_TABLES: dict[str, Callable[[], object]] = {
    "/api/loc/countries": lambda: [{"id": 19, "code": "BEL", "code2": "BE"}],
    "/api/loc/currencies": lambda: [{"id": 1, "code": "EUR"}],
    "/api/loc/cities": lambda: [
        {"id": 1, "names": _names("Bruxelles", "Brussel"), "postalCodes": [{"id": 1, "code": "1000", "nutsId": 16}]}
    ],
    "/api/dos/enterprises/categories": _categories,
    "/api/dos/enterprises/classes": _classes,
    "/api/dos/system-alerts": list,
    "/api/cfg/configs/emergencyProcedure": lambda: {
        "key": "emergencyProcedure",
        "value": json.dumps({"showMessage": False, "messages": _JUST_SO}),
    },
    "/api/lex/translations/simple": lambda: [{"key": "pagination.common.nextPage", "value": "Next page"}],
}
