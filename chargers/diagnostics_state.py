"""How far a charger's upload of diagnostics has come: facts in, one word and its sentence out. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from accounts.refusals import Text


class DiagnosticsState(StrEnum):
    """NOTHING: the charger named no file. MISSING: it says it has uploaded one, and none is here. LATE: none came."""

    ASKED = "asked"
    NOTHING = "nothing"
    WAITING = "waiting"
    UPLOADING = "uploading"
    RECEIVED = "received"
    FAILED = "failed"
    MISSING = "missing"
    LATE = "late"
    REMOVED = "removed"


# Something may still come.
UNDER_WAY = frozenset({DiagnosticsState.ASKED, DiagnosticsState.WAITING, DiagnosticsState.UPLOADING})

SENTENCES: Mapping[DiagnosticsState, Text] = {
    DiagnosticsState.ASKED: _("The charger has not answered yet."),
    DiagnosticsState.NOTHING: _("The charger names no file: it has nothing to upload."),
    DiagnosticsState.WAITING: _("The charger will upload its file; nothing has come yet."),
    DiagnosticsState.UPLOADING: _("The charger is uploading its file."),
    DiagnosticsState.RECEIVED: _("The file is here."),
    DiagnosticsState.FAILED: _("The charger says that its upload failed. Look at its network, then ask again."),
    DiagnosticsState.MISSING: _("The charger says that it has uploaded its file, but nothing came here."),
    DiagnosticsState.LATE: _("Nothing was uploaded in time. Can the charger reach the portal's address? Ask again."),
    DiagnosticsState.REMOVED: _("The file was removed: it is kept for a few days only."),
}


@dataclass(frozen=True)
class UploadFacts:
    """``answered``: by the charger, with ``file_name``, which may be empty. ``status``: its newest word about it."""

    answered: bool
    file_name: str
    status: str
    expires_at: datetime
    ended: bool
    received: bool
    removed: bool


def diagnostics_state(facts: UploadFacts, now: datetime) -> DiagnosticsState:
    if facts.removed:
        return DiagnosticsState.REMOVED
    if facts.received:
        return DiagnosticsState.RECEIVED
    told = {"UploadFailed": DiagnosticsState.FAILED, "Uploaded": DiagnosticsState.MISSING}.get(facts.status)
    if told is not None:
        return told
    if facts.answered and not facts.file_name and not facts.status:
        return DiagnosticsState.NOTHING
    if facts.ended or facts.expires_at <= now:
        return DiagnosticsState.LATE
    if facts.status == "Uploading":
        return DiagnosticsState.UPLOADING
    return DiagnosticsState.WAITING if facts.answered else DiagnosticsState.ASKED
