"""Orders a charger to do something: judged here, done by the gateway that holds its socket, followed in a row."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.actor import Who
from accounts.limits import hit
from accounts.refusals import Conflict, Fault, Invalid, Throttled
from chargers.commands import INT32, Order, read_order
from chargers.facts import link_facts
from chargers.link_state import is_connected
from chargers.models import Charger, GatewayRequest
from chargers.profiles import profile_for
from chargers.profiles.profile import Profile
from chargers.request_states import RequestKind
from chargers.secret_keys import is_secret
from chargers.services.asking import ask

# A charger has 30 s to answer, after what is being sent to it already.
SECONDS = 60.0
# A change reads, closes, writes, reads back and opens: several calls, each of which may take its time.
CHANGE_SECONDS = 180.0
MINUTE, ORDERS_OF_CHARGER = 60, 30


def command(
    *, charger: Charger, kind: str, parameters: Mapping[str, Any], actor: Who, reason: str = ""
) -> GatewayRequest:
    """Raises Invalid with a fault per field, Conflict ``offline`` where nobody holds the charger, or Throttled."""
    given = {name: value for name, value in parameters.items() if value is not None}
    if kind == RequestKind.RESERVE_NOW:
        given.setdefault("reservation_id", secrets.randbelow(INT32) + 1)
    order = read_order(kind, given, now=timezone.now())
    payload = dict(order.payload)
    if order.kind is RequestKind.CHANGE_CONFIGURATION:
        profile = profile_for(charger.vendor, charger.model, charger.firmware)
        _check_keys(payload["settings"], profile)
        payload |= {"fence": profile.fence, "reopen": str(profile.reopen)}
    facts = link_facts([charger.pk])[charger.pk]
    if not is_connected(facts, timezone.now()):
        detail = _("The charger is not connected to the portal just now, so nothing can be sent to it.")
        raise Conflict("offline", detail)
    verdict = hit(f"commands:{charger.pk}", limit=ORDERS_OF_CHARGER, window_seconds=MINUTE)
    if not verdict.allowed:
        detail = _("Too many commands to this charger: wait a minute, then try again.")
        raise Throttled("too_many_commands", detail, retry_seconds=verdict.reset_seconds)
    return ask(
        kind=order.kind,
        installation=charger.installation,
        charger=charger,
        node=facts.node,
        payload={"action": order.action, "call": payload},
        seconds=CHANGE_SECONDS if order.kind is RequestKind.CHANGE_CONFIGURATION else SECONDS,
        actor=actor,
        reason=reason,
        told=_told(order),
    )


def _told(order: Order) -> dict[str, Any]:
    """What the audit keeps: of a data transfer not its content, which may be anything."""
    if order.kind is RequestKind.DATA_TRANSFER:
        return {name: value for name, value in order.payload.items() if name != "data"}
    return dict(order.payload)


def _check_keys(settings: Mapping[str, str], profile: Profile) -> None:
    managed = {key.lower() for key in managed_keys(profile)}
    faults = []
    for key in settings:
        if is_secret(key):
            detail = _("{key} holds a password: passwords are set under Settings › Authentication.")
            faults.append(Fault("secret_key", format_lazy(detail, key=key), "/settings"))
        elif key.lower() in managed:
            detail = _("{key} belongs to the authentication setting: change it under Settings › Authentication.")
            faults.append(Fault("managed_key", format_lazy(detail, key=key), "/settings"))
    if faults:
        raise Invalid(faults[0].code, faults[0].detail, pointer="/settings", faults=faults)


def managed_keys(profile: Profile) -> frozenset[str]:
    """Keys that a rollout writes at chargers of this make."""
    found: set[str] = {"AuthorizationKey"}
    if (url := profile.url) is not None:
        found |= {url.key, *url.alternatives, url.path_key, url.second_key, url.priority_key, url.identity_key}
    if profile.auth is not None:
        found |= {profile.auth.key, profile.auth.proof_key}
    if profile.free_vend is not None:
        found |= {profile.free_vend.key, profile.free_vend.tag_key}
    return frozenset(found - {""})
