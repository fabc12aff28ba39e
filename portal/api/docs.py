"""The API's documentation for people: rendered from the schema on the server, without any script."""

from collections import defaultdict
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "put", "patch", "delete")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/api_docs.html", {"groups": groups()})


@lru_cache(maxsize=1)
def groups() -> list[dict[str, Any]]:
    """Operations by tag, each with parameters, body fields and answers."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # untyped package
    components = schema["components"]["schemas"]
    by_tag: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for address, path in schema["paths"].items():
        for method in METHODS:
            if method in path:
                operation = path[method]
                by_tag[operation["tags"][0]].append(_operation(address, method, operation, components))
    return [{"tag": tag, "operations": operations} for tag, operations in sorted(by_tag.items())]


def _operation(address: str, method: str, operation: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "address": address,
        "summary": operation.get("description", ""),
        "parameters": [
            {
                "name": parameter["name"],
                "place": parameter["in"],
                "required": parameter.get("required", False),
                "help": parameter.get("description", ""),
                "type": _type(parameter.get("schema", {})),
            }
            for parameter in operation.get("parameters", [])
        ],
        "body": _fields(body, components),
        "answers": [
            {"status": status, "help": answer.get("description", ""), "fields": _fields(_schema(answer), components)}
            for status, answer in sorted(operation["responses"].items())
            if status < "300"
        ],
        "problems": [
            {"status": status, "help": answer.get("description", "")}
            for status, answer in sorted(operation["responses"].items())
            if status >= "300"
        ],
    }


def _schema(answer: dict[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = answer.get("content", {}).get("application/json", {}).get("schema")
    return found


def _fields(schema: dict[str, Any] | None, components: dict[str, Any]) -> list[dict[str, Any]]:
    if schema is None:
        return []
    named = components[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
    needed = named.get("required", [])
    return [
        {"name": name, "type": _type(field), "help": field.get("description", ""), "required": name in needed}
        for name, field in named.get("properties", {}).items()
    ]


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"].rsplit("/", 1)[-1])
    for joined in ("oneOf", "allOf", "anyOf"):
        if joined in field:
            return " | ".join(_type(part) for part in field[joined] if part)
    kind = field.get("type", "any")
    if kind == "array":
        return f"{_type(field.get('items', {}))}[]"
    text = " | ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{text} ({field['format']})" if "format" in field else text
