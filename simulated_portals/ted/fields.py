"""Names of search fields that the simulated TED accepts: those that clients of the real one use (dossier 1.3)."""

from __future__ import annotations

KNOWN_FIELDS = frozenset(
    {
        "additional-classification-proc", "buyer-city", "buyer-country", "buyer-email", "buyer-identifier",
        "buyer-legal-type", "buyer-name", "buyer-post-code", "change-notice-version-identifier",
        "change-reason-description", "classification-cpv", "contract-conclusion-date", "contract-nature",
        "contract-nature-main-proc", "deadline", "deadline-date-lot", "deadline-receipt-expressions-date-lot",
        "deadline-receipt-expressions-time-lot", "deadline-receipt-request", "deadline-receipt-request-date-lot",
        "deadline-receipt-request-time-lot", "deadline-receipt-tender-date-lot", "deadline-receipt-tender-time-lot",
        "description-lot", "description-proc", "dispatch-date", "document-url-lot", "estimated-value-cur-lot",
        "estimated-value-cur-proc", "estimated-value-lot", "estimated-value-proc", "form-type",
        "framework-maximum-value-lot", "legal-basis", "links", "main-activity", "main-classification-proc",
        "main-classification-type-proc", "notice-identifier", "notice-subtype", "notice-title", "notice-type",
        "notice-version", "official-language", "ojs-number", "place-of-performance",
        "place-of-performance-country-lot", "place-of-performance-country-proc", "place-of-performance-subdiv-lot",
        "procedure-identifier", "procedure-type", "publication-date", "publication-number",
        "received-submissions-type-code", "received-submissions-type-val", "submission-language",
        "submission-url-lot", "tender-value", "tender-value-cur", "title-lot", "title-proc", "total-value",
        "total-value-cur", "winner-country", "winner-decision-date", "winner-identifier", "winner-name",
        "winner-selection-status",
    }
)  # fmt: skip
