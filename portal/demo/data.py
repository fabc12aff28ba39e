"""The demo's people, installations, chargers and tokens. A second run keeps what is there."""

import json
import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, Organisation, User
from accounts.permissions import Scope
from accounts.tokens import find_actor, issue_token
from chargers.models import Charger
from chargers.services.charger_input import NewCharger
from chargers.services.registration import register_chargers
from installations.models import IdTag, Installation
from installations.services.circuits import create_circuit
from installations.services.grants import grant_access
from installations.services.installations import create_installation
from portal.demo.plan import CARD, groups

# role: (e-mail address, name, password). The demo listens on this machine only.
PEOPLE = {
    "owner": ("owner@demo.example", "Olivia Owner", "charging-demo-owner"),
    "service": ("service@demo.example", "Sam Service", "charging-demo-service"),
    "viewer": ("viewer@demo.example", "Vera Viewer", "charging-demo-viewer"),
    "stranger": ("stranger@demo.example", "Stan Stranger", "charging-demo-stranger"),
    "staff": ("staff@demo.example", "Petra Portal", "charging-demo-staff"),
}
PLACES = [
    ("Demo Garage", "Lagerstraße 12, 20357 Hamburg", "Europe/Berlin"),
    ("Harbour Car Park", "Strandkaien 2, 4005 Stavanger", "Europe/Oslo"),
]
# Circuits of the first place, with the chargers behind them: those that charge share the smaller one.
CIRCUITS = {"Row A": (Decimal(40), ("ZCB",)), "Row B": (Decimal(80), ("ZCS", "ZCM"))}
CARDS = [(CARD, "Olivia's card"), ("04E5F60718", "Pool car")]


def make_demo(*, chargers: int, folder: Path) -> dict[str, Any]:
    """Users with passwords, tokens and installations, as demo.json has them. Credentials go to a file of their own."""
    people = {role: _person(role) for role in PEOPLE}
    places = [_place(index, people) for index in range(len(PLACES))]
    known = _read(folder / "demo.json").get("tokens", {})
    _register(places, chargers, people["service"], folder / "credentials.ndjson")
    return {
        "users": [{"email": PEOPLE[role][0], "password": PEOPLE[role][2], "role": role} for role in PEOPLE],
        "tokens": {
            role: _token(people[role], known.get(role, "")) for role in ("owner", "service", "viewer", "stranger")
        },
        "installations": [{"id": place.pk, "name": place.name} for place in places],
    }


def _person(role: str) -> User:
    email, name, password = PEOPLE[role]
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, password, name=name, is_staff=role == "staff")
    return user


@transaction.atomic
def _place(index: int, people: dict[str, User]) -> Installation:
    name, address, time_zone = PLACES[index]
    place = Installation.objects.filter(name=name).first()
    if place is not None:
        return place
    place = create_installation(
        actor=people["owner"], name=name, address=address, time_zone=time_zone, main_fuse_current=Decimal(160),
        reserved_current=Decimal(20),
    )  # fmt: skip
    for circuit, (amps, _prefixes) in CIRCUITS.items() if index == 0 else ():
        create_circuit(installation=place, actor=people["owner"], name=circuit, max_current=amps)
    installers, _created = Organisation.objects.get_or_create(name="Demo Installers")
    Membership.objects.get_or_create(organisation=installers, user=people["service"])
    grant_access(installation=place, actor=people["owner"], role="service", organisation_name=installers.name)
    grant_access(installation=place, actor=people["owner"], role="viewer", email=people["viewer"].email)
    IdTag.objects.bulk_create(IdTag(installation=place, id_tag=tag, label=label) for tag, label in CARDS)
    return place


def _register(places: list[Installation], chargers: int, actor: User, credentials: Path) -> None:
    for group in groups(chargers):
        known = set(Charger.objects.filter(device_id__in=group.device_ids()).values_list("device_id", flat=True))
        missing = [device_id for device_id in group.device_ids() if device_id not in known]
        place = places[group.place]
        circuit = _circuit_of(place, group.prefix)
        names = {device_id: f"Bay {device_id[-3:].lstrip('0')} {group.prefix}" for device_id in missing}
        items = [NewCharger(device_id, name, circuit) for device_id, name in names.items()]
        lines = register_chargers(installation=place, items=items, actor=actor)
        _append(credentials, [line.credentials for line in lines])


def _circuit_of(place: Installation, prefix: str) -> int | None:
    """None: the main fuse, or a demo that was made before it had circuits."""
    names = [name for name, (_amps, prefixes) in CIRCUITS.items() if prefix in prefixes]
    return place.circuits.filter(name__in=names).values_list("pk", flat=True).first()


def _append(path: Path, found: list[Any]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        for one in found:
            file.write(json.dumps({"device_id": one.user, "password": one.password}) + "\n")


def _token(user: User, known: str) -> str:
    if known and find_actor(known) is not None:
        return known
    expires_at = timezone.now() + timedelta(days=365)
    _token, text = issue_token(user=user, name="demo", scopes=list(Scope), expires_at=expires_at)
    return text


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found
