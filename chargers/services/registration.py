"""Registers chargers, one or a list. What to enter at each charger is answered once and never again."""

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.actor import Who
from accounts.refusals import Fault, Invalid
from chargers.link_key import digest_link_key
from chargers.models import Charger
from chargers.services import rollouts
from chargers.services.charger_input import NewCharger, charger_faults, normal_device_id, url_check
from installations.doors import configured_doors
from installations.models import Circuit, Installation

ALPHABET = string.ascii_letters + string.digits
LINK_PASSWORD_LENGTH = 20


@dataclass(frozen=True)
class Credentials:
    """What to enter at the charger. Exists only in the answer to a registration; we keep a digest."""

    url: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Line:
    """What came of one line of a list: a charger with its credentials, or faults."""

    index: int
    device_id: str
    charger: Charger | None = None
    credentials: Credentials | None = None
    faults: tuple[Fault, ...] = ()


def register_charger(
    *,
    installation: Installation,
    device_id: str,
    actor: Who,
    name: str = "",
    circuit: Circuit | None = None,
    server_url: str = "",
    reason: str = "",
) -> tuple[Charger, Credentials]:
    """Raises Invalid with every fault of the input; a serial registered elsewhere never tells where."""
    item = NewCharger(device_id, name, circuit.pk if circuit else None, server_url)
    line = register_chargers(installation=installation, items=[item], actor=actor, reason=reason)[0]
    if line.charger is None or line.credentials is None:
        raise Invalid(line.faults[0].code, line.faults[0].detail, faults=[_without_index(f) for f in line.faults])
    return line.charger, line.credentials


def register_chargers(
    *, installation: Installation, items: Sequence[NewCharger], actor: Who, partial: bool = False, reason: str = ""
) -> list[Line]:
    """One Line per item, in order. Any fault: nothing is registered, unless ``partial`` keeps the good ones."""
    with transaction.atomic():
        locked = Installation.objects.select_for_update(no_key=True, of=("self",)).get(pk=installation.pk)
        lines = _judged(locked, items)
        if not partial and any(line.faults for line in lines):
            return lines
        return [line if line.faults else _register(locked, line, items[line.index], actor, reason) for line in lines]


def _judged(installation: Installation, items: Sequence[NewCharger]) -> list[Line]:
    circuits = set(Circuit.objects.filter(installation=installation).values_list("pk", flat=True))
    wanted = [normal_device_id(item.device_id) for item in items]
    known = dict(Charger.objects.filter(device_id__in=wanted).values_list("device_id", "installation_id"))
    first: dict[str, int] = {}
    doors = configured_doors()
    lines = []
    for index, (item, device_id) in enumerate(zip(items, wanted, strict=True)):
        faults = [*charger_faults(item, doors=doors, index=index)]
        if item.circuit_id is not None and item.circuit_id not in circuits:
            faults.append(
                Fault("unknown_circuit", _("There is no such circuit in this installation."), "/circuit", index)
            )
        if device_id in known:
            faults.append(_taken(installation, known[device_id], index))
        if first.setdefault(device_id, index) != index:
            detail = format_lazy(_("This serial is in line {line} already."), line=first[device_id] + 1)
            faults.append(Fault("repeated", detail, "/device_id", index))
        lines.append(Line(index, device_id, faults=tuple(faults)))
    return lines


def _taken(installation: Installation, owner_id: int, index: int) -> Fault:
    if owner_id == installation.pk:
        return Fault("already_here", _("This charger is registered in this installation already."), "/device_id", index)
    detail = _("This serial is registered already, and not in this installation. Check it, or ask support to free it.")
    return Fault("already_registered", detail, "/device_id", index)


def _register(installation: Installation, line: Line, item: NewCharger, actor: Who, reason: str) -> Line:
    password = new_link_password()
    try:
        with transaction.atomic():
            charger = Charger.objects.create(
                device_id=line.device_id,
                name=item.name.strip(),
                installation=installation,
                circuit_id=item.circuit_id,
                server_url=url_check(item.server_url, doors=configured_doors())[0],
                key_digest=link_digest(password),
            )
    except IntegrityError:
        # Somebody else registered the serial between our look and our insert.
        raise Invalid(
            "already_registered",
            _("This serial was registered by somebody else just now."),
            faults=[_taken(installation, 0, line.index)],
        ) from None
    _record(actor, "charger_registered", charger, after=facts_of(charger), reason=reason)
    rollouts.add_charger(charger)
    return Line(line.index, line.device_id, charger, credentials_for(charger.device_id, password))


def new_link_password() -> str:
    return "".join(secrets.choice(ALPHABET) for _place in range(LINK_PASSWORD_LENGTH))


def credentials_for(device_id: str, password: str) -> Credentials:
    return Credentials(f"{settings.GATEWAY_PUBLIC_URL.rstrip('/')}/{device_id}", device_id, password)


def link_digest(password: str) -> bytes:
    return digest_link_key(settings.CHARGER_KEY_PEPPER.encode(), password.encode())


def facts_of(charger: Charger) -> dict[str, Any]:
    return {
        "device_id": charger.device_id,
        "name": charger.name,
        "installation": charger.installation_id,
        "circuit": charger.circuit_id,
        "own_url": bool(charger.server_url),
        "max_current": str(Decimal(charger.max_current).quantize(Decimal("0.1"))),
        "phase_rotation": str(charger.phase_rotation),
        "charging_priority": charger.charging_priority,
        "never_pause": charger.never_pause,
    }


def _record(actor: Who, action: str, charger: Charger, **facts: Any) -> None:
    audit.record(actor, action, charger, installation_id=charger.installation_id, **facts)


def _without_index(fault: Fault) -> Fault:
    return Fault(fault.code, fault.detail, fault.pointer)
