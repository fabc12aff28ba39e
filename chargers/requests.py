"""Reads what was asked of gateways and what came of it."""

from dataclasses import dataclass

from chargers.models import GatewayRequest
from chargers.request_states import PasswordUse, RequestKind
from chargers.request_words import STEPS, WITHHELD, error_sentence
from installations.models import Installation


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
