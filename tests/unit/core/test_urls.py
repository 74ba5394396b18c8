"""Addresses in sentences and listings, without the secrets in them."""

from __future__ import annotations

import pytest

from core.urls import printed_url


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        ("postgresql://vigie:secret@db.example/vigie", "postgresql://vigie:***@db.example/vigie"),
        ("postgresql://vigie:se@cr/et@db.example/vigie", "postgresql://vigie:***@db.example/vigie"),
        ("postgresql://vigie@/vigie?host=/run&password=secret", "postgresql://vigie@/vigie?host=/run&password=***"),
        ("postgresql://h/d?sslmode=require&sslpassword=secret#x", "postgresql://h/d?sslmode=require&sslpassword=***#x"),
        ("ftp://:secret@files.example/a", "ftp://:***@files.example/a"),
        ("https://blob.example/c?sv=1&sig=secret", "https://blob.example/c?sv=1&sig=***"),
        ("https://portal.example/?api_key=secret&page=2", "https://portal.example/?api_key=***&page=2"),
        (
            "('https://a.example:9200', 'https://b.example:9200')",
            "('https://a.example:9200', 'https://b.example:9200')",
        ),
        ("https://portal.example/?keyword=bridge", "https://portal.example/?keyword=bridge"),
        ("Vigie <alertes@vigie.example>", "Vigie <alertes@vigie.example>"),
        ("/var/lib/vigie/archive", "/var/lib/vigie/archive"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, printed: str) -> None:
    assert printed_url(url) == printed
