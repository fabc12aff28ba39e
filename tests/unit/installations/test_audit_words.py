"""Codes of the audit trail as people read them."""

import pytest
from django.utils import timezone, translation

from installations.audit_words import value_words


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("mode", "ocpp_direct", "OCPP direkt"),
        ("role", "owner", "Eigentümer"),
        ("drift_policy", "correct", "Berichtigen"),
        ("drift_policy", "something_older", "something_older"),
        ("expires_at", "2026-12-26T02:28:21.358363+00:00", "26. Dezember 2026 03:28"),
        ("expires_at", "when it is over", "when it is over"),
        ("blocked", False, "nein"),
        ("name", None, ""),
    ],
)
def test_values_are_told_in_the_reader_s_words(name: str, value: object, shown: str) -> None:
    with translation.override("de"), timezone.override("Europe/Berlin"):
        assert value_words(value, name) == shown
