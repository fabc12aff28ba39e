"""Judges what a person or script says about a charger, before anything is looked up. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from accounts.refusals import Fault
from installations.findings import Level
from installations.ocpp_url.host import Doors
from installations.ocpp_url.template import parse_template

DEVICE_ID = re.compile(r"[A-Z0-9*_=+|@.-]{1,48}")
# "." and ".." would be path segments in the address the charger dials.
NO_DEVICE_ID = frozenset({".", ".."})
LONGEST_NAME = 100


@dataclass(frozen=True)
class NewCharger:
    device_id: str
    name: str = ""
    circuit_id: int | None = None
    server_url: str = ""


def normal_device_id(text: str) -> str:
    """Upper-case without surrounding white space; device ids are compared case-insensitively."""
    return text.strip().upper()


def charger_faults(item: NewCharger, *, doors: Doors, index: int | None = None) -> Iterator[Fault]:
    device_id = normal_device_id(item.device_id)
    if not DEVICE_ID.fullmatch(device_id) or device_id in NO_DEVICE_ID:
        detail = _("A serial has 1 to 48 characters out of A–Z, 0–9 and * _ = + | @ . -")
        yield Fault("device_id", detail, "/device_id", index)
    if len(item.name.strip()) > LONGEST_NAME:
        yield Fault("too_long", _("A name has at most 100 characters."), "/name", index)
    yield from url_check(item.server_url, doors=doors, index=index)[1]


def url_check(text: str, *, doors: Doors, index: int | None = None) -> tuple[str, list[Fault]]:
    """The canonical charger-level URL (empty: none) and what is wrong with it."""
    if not text.strip():
        return "", []
    parsed = parse_template(text.strip(), mode="ocpp_direct", doors=doors)
    if parsed.template is not None:
        return parsed.template.canonical, []
    problems = [finding for finding in parsed.findings if finding.level is Level.PROBLEM]
    return "", [Fault(finding.code, finding.detail, "/server_url", index) for finding in problems]


def parse_lines(text: str) -> list[NewCharger]:
    """A pasted list, one charger a line: serial, name, URL, the last two optional, apart by semicolon, comma or tab."""
    items = []
    for line in text.splitlines():
        if not line.strip():
            continue
        fields = [field.strip().strip('"') for field in re.split(r"[;\t,]", line, maxsplit=2)]
        device_id, name, server_url = [*fields, "", ""][:3]
        items.append(NewCharger(device_id, name, None, server_url))
    return items
