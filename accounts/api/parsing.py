"""Reads JSON bodies strictly: bounded, UTF-8, no repeated names, nothing PostgreSQL or JavaScript would choke on."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.utils.translation import gettext_lazy as _
from rest_framework.parsers import BaseParser

from accounts.api.problems import Problem

LARGEST_BODY = 1_048_576
DEEPEST = 16


class StrictJSONParser(BaseParser):
    """``application/json`` only; the parsed bytes stay on the request for the idempotency fingerprint."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read(LARGEST_BODY + 1)
        if parser_context and "request" in parser_context:
            parser_context["request"].raw_body = raw
        if len(raw) > LARGEST_BODY:
            raise Problem(413, "too_large", _("A body holds at most 1 MiB: send the items in several requests."))
        try:
            value = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
            _check(value, 0)
        except (ValueError, RecursionError) as error:
            raise Problem(400, "malformed", _("The body is not valid JSON.")) from error
        if not isinstance(value, dict):
            raise Problem(400, "not_an_object", _("The body is a JSON object: { … }."))
        return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Problem(400, "repeated_name", _("An object names one of its members twice."))
    return found


def _no_constant(text: str) -> NoReturn:
    raise ValueError(text)


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise Problem(400, "too_deep", _("The body is nested too deeply."))
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise ValueError("out of range")
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            _check(inner, depth + 1)


def _check_text(text: str) -> None:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Problem(400, "character", _("A text holds a NUL or half a surrogate pair."))
