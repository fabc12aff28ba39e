"""How far an upload has come, by what is known of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chargers.diagnostics_state import SENTENCES, DiagnosticsState, UploadFacts, diagnostics_state

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ASKED = UploadFacts(
    answered=False, file_name="", status="", expires_at=NOW + timedelta(hours=1), ended=False, received=False,
    removed=False,
)  # fmt: skip
NAMED = replace(ASKED, answered=True, file_name="log.zip")


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (ASKED, "asked"),
        (replace(ASKED, answered=True), "nothing"),
        (replace(ASKED, answered=True, expires_at=NOW), "nothing"),
        (replace(ASKED, answered=True, status="Uploading"), "uploading"),
        (NAMED, "waiting"),
        (replace(NAMED, expires_at=NOW), "late"),
        (replace(NAMED, ended=True), "late"),
        (replace(NAMED, status="Uploading"), "uploading"),
        (replace(NAMED, status="Uploading", expires_at=NOW), "late"),
        (replace(NAMED, status="UploadFailed", expires_at=NOW), "failed"),
        (replace(NAMED, status="Uploaded"), "missing"),
        (replace(NAMED, status="UploadFailed", received=True), "received"),
        (replace(ASKED, received=True), "received"),
        (replace(NAMED, received=True, removed=True), "removed"),
    ],
)
def test_the_state_follows_from_the_facts(facts: UploadFacts, state: str) -> None:
    assert diagnostics_state(facts, NOW) == state


def test_every_state_has_its_sentence() -> None:
    assert SENTENCES.keys() == set(DiagnosticsState)
