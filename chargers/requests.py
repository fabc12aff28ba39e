"""Reads what was asked of gateways and what came of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from chargers.command_words import GOOD, WORDS, answer_sentence
from chargers.commands import COMMANDS
from chargers.diagnostics_state import SENTENCES, UNDER_WAY, DiagnosticsState, UploadFacts, diagnostics_state
from chargers.models import Charger, DiagnosticsUpload, GatewayRequest
from chargers.request_states import PasswordUse, RequestError, RequestKind
from chargers.request_words import STEPS, WITHHELD, error_sentence
from installations.models import Installation

COMMAND_ORDER = ("-id",)
SHOWN_COMMANDS = 10
UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True)
class StepRow:
    """One step of a backend test. ``milliseconds`` None: not measured. ``detail``: what to do, where it failed."""

    step: str
    title: str
    state: str
    milliseconds: int | None
    detail: str = ""


@dataclass(frozen=True)
class BackendTest:
    """A test as pages and API show it, in the reader's language. ``notice``: what else there is to know."""

    request: GatewayRequest
    url: str
    identity: str
    steps: tuple[StepRow, ...]
    detail: str
    notice: str

    @property
    def ended(self) -> bool:
        return self.request.ended_at is not None


def find_backend_test(installation: Installation, request_id: int) -> GatewayRequest | None:
    rows = GatewayRequest.objects.select_related("charger", "installation")
    return rows.filter(pk=request_id, kind=RequestKind.BACKEND_TEST, installation=installation).first()


def read_backend_test(request: GatewayRequest) -> BackendTest:
    asked = request.payload
    detail = error_sentence(request.kind, request.error, asked["mode"])
    steps = tuple(
        StepRow(
            step=one["step"],
            title=str(STEPS[one["step"]]),
            state=one["state"],
            milliseconds=one["milliseconds"],
            detail=detail if one["state"] == "failed" else "",
        )
        for one in request.result.get("steps", ())
    )
    notice = str(WITHHELD) if asked.get("password") == PasswordUse.WITHHELD else ""
    return BackendTest(request, asked["url"], asked["identity"], steps, detail, notice)


@dataclass(frozen=True)
class DiagnosticsRow:
    """What came of a charger's upload. ``said``: its newest word on it. ``size`` None: no file is here."""

    state: DiagnosticsState
    sentence: str
    file_name: str
    said: str
    said_at: datetime | None
    size: int | None
    received_at: datetime | None
    expires_at: datetime

    @property
    def under_way(self) -> bool:
        return self.state in UNDER_WAY


@dataclass(frozen=True)
class CommandRow:
    """One command as pages and API show it, in the reader's language. ``status``: OCPP's own word, or empty."""

    request: GatewayRequest
    title: str
    parameters: Mapping[str, Any]
    status: str
    good: bool
    detail: str
    diagnostics: DiagnosticsRow | None = None

    @property
    def ended(self) -> bool:
        return self.request.ended_at is not None

    @property
    def shown_parameters(self) -> str:
        """Short: a value that is long is cut."""
        return ", ".join(f"{name}={str(value)[:60]}" for name, value in self.parameters.items())


def list_commands(charger: Charger) -> QuerySet[GatewayRequest]:
    """Newest first; those of an earlier installation are not for the people of this one."""
    rows = GatewayRequest.objects.filter(charger=charger, installation=charger.installation_id)
    return rows.filter(kind__in=sorted(COMMANDS)).select_related("diagnostics").order_by("-id")


def recent_commands(charger: Charger) -> list[CommandRow]:
    return [read_command(row) for row in list_commands(charger)[:SHOWN_COMMANDS]]


def find_command(charger: Charger, request_id: int) -> GatewayRequest | None:
    return list_commands(charger).filter(pk=request_id).first()


def read_command(request: GatewayRequest) -> CommandRow:
    kind = RequestKind(request.kind)
    call = request.payload["call"]
    names = {parameter.member: parameter.name for parameter in COMMANDS[kind].parameters}
    status = str(request.result.get("status", ""))
    detail = error_sentence(request.kind, request.error) or answer_sentence(request.kind, status)
    return CommandRow(
        request=request,
        title=str(WORDS[kind].title),
        parameters={names[member]: value for member, value in call.items() if member in names},
        status=status,
        good=not request.error and status in GOOD,
        detail=detail,
        diagnostics=_read_diagnostics(request),
    )


def upload_of(request: GatewayRequest) -> DiagnosticsUpload | None:
    found: DiagnosticsUpload | None = getattr(request, "diagnostics", None)
    return found


def file_of(request: GatewayRequest | None) -> DiagnosticsUpload | None:
    """The upload whose file is here; None: there is none, or no more."""
    found = upload_of(request) if request is not None else None
    return found if found is not None and found.received_at is not None and found.removed_at is None else None


def download_headers(charger: Charger, upload: DiagnosticsUpload) -> dict[str, str]:
    """A file to be kept by who asked for it, and never opened by a browser."""
    told = UNSAFE.sub("_", str(upload.request.result.get("file_name", "")))[-100:].lstrip(".") or "diagnostics"
    name = f"{UNSAFE.sub('_', charger.device_id)}-{upload.request_id}-{told}"
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(upload.size),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def _read_diagnostics(request: GatewayRequest) -> DiagnosticsRow | None:
    upload = upload_of(request)
    if upload is None or request.error not in ("", RequestError.OUTCOME_UNKNOWN):
        return None
    file_name = str(request.result.get("file_name", ""))
    facts = UploadFacts(
        answered=request.ended_at is not None and not request.error,
        file_name=file_name,
        status=upload.status,
        expires_at=upload.expires_at,
        ended=upload.ended_at is not None,
        received=upload.received_at is not None,
        removed=upload.removed_at is not None,
    )
    state = diagnostics_state(facts, timezone.now())
    return DiagnosticsRow(
        state=state,
        sentence=str(SENTENCES[state]),
        file_name=file_name,
        said=upload.status,
        said_at=upload.status_at,
        size=upload.size if file_of(request) else None,
        received_at=upload.received_at,
        expires_at=upload.expires_at,
    )
