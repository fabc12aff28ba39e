"""CALLERROR codes of OCPP-J 1.6 (section 4.2.3), in the spelling the standard froze."""

from enum import StrEnum

import msgspec


class ErrorCode(StrEnum):
    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    INTERNAL_ERROR = "InternalError"
    PROTOCOL_ERROR = "ProtocolError"
    SECURITY_ERROR = "SecurityError"
    FORMATION_VIOLATION = "FormationViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    OCCURENCE_CONSTRAINT_VIOLATION = "OccurenceConstraintViolation"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"
    GENERIC_ERROR = "GenericError"


_CORRECTED = {
    "FormatViolation": ErrorCode.FORMATION_VIOLATION,
    "OccurrenceConstraintViolation": ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION,
}
_KNOWN = {code.value: code for code in ErrorCode} | _CORRECTED


def read_code(text: str) -> ErrorCode:
    """The code a peer meant; corrected spellings are taken for the frozen ones, anything else is GenericError."""
    return _KNOWN.get(text, ErrorCode.GENERIC_ERROR)


class Refusal(msgspec.Struct, frozen=True):
    """A CALLERROR to send: ``code`` and a short text of ours (at most 255 characters, never the peer's words)."""

    code: ErrorCode
    description: str = ""
