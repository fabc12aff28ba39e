"""The second opinion: the JSON schemas of OCPP 1.6 that the PyPI package ``ocpp`` ships."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import FormatChecker
from jsonschema.validators import validator_for


@cache
def _validator(name: str) -> Any:
    schema = json.loads((files("ocpp") / "v16" / "schemas" / f"{name}.json").read_text(encoding="utf-8-sig"))
    kind = validator_for(schema)
    return kind(schema, format_checker=FormatChecker())


def faults(name: str, payload: Any) -> list[str]:
    """What the schema has against a payload; ``name`` like ``BootNotification`` or ``BootNotificationResponse``."""
    return [error.message for error in _validator(name).iter_errors(payload)]
