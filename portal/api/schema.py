"""What the OpenAPI document says beyond the resources themselves: the token, the errors, the headers."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457); `code` is stable, `detail` follows Accept-Language.",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body."},
                    "parameter": {"type": "string", "description": "Name of a query parameter."},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "index": {"type": "integer", "description": "Place in a list of items."},
                },
            },
        },
        "missing_roles": {"type": "array", "items": {"type": "string"}},
        "missing_scope": {"type": "string"},
    },
}
ALWAYS = {
    "400": "Malformed JSON, a wrong query parameter or header.",
    "401": "No API token, or one that is unknown, expired or revoked.",
    "403": "The token lacks the scope, or you the role.",
    "404": "Foreign or nonexistent.",
    "406": "Only JSON is answered.",
    "429": "Too many requests; see Retry-After.",
    "500": "A fault of the portal; name the request id.",
}
WITH_BODY = {
    "413": "The body is larger than 1 MiB.",
    "415": "Only JSON is read.",
    "422": "Some values cannot be accepted; nothing was done.",
}
CONFLICT = {"409": "The state of things forbids it now; nothing was done."}
PRECONDITION = {"412": "Somebody else was faster; the current ETag is in the answer."}
REQUIRED = {"428": "If-Match is missing."}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Repeating the request with the same key within 24 h gives the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the package's base is untyped
    target_class = "accounts.api.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class PortalSchema(AutoSchema):
    def get_filter_backends(self) -> list[Any]:
        return []


def describe_errors(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Every operation names the problems it may answer with, and every POST its Idempotency-Key."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for path in result["paths"].values():
        for method, operation in path.items():
            for status, description in _problems(method, operation).items():
                operation["responses"].setdefault(status, _answer(description))
            if method == "post":
                operation.setdefault("parameters", []).append(KEY)
    result["components"]["schemas"] = dict(sorted(result["components"]["schemas"].items()))
    return result


def _problems(method: str, operation: dict[str, Any]) -> dict[str, str]:
    found = dict(ALWAYS)
    if method != "get":
        found |= CONFLICT
    if method in {"post", "put", "patch"}:
        found |= WITH_BODY
    if method == "patch":
        found |= PRECONDITION
    if any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", [])):
        found |= PRECONDITION | REQUIRED
    return found


def _answer(description: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}
