"""Asks a gateway to do something and leaves a row to follow; every row ends, whoever is away.

Access is the caller's; a gateway judges the asker's right again when it takes the row.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from accounts import audit, keyring
from accounts.actor import Actor, Who
from chargers.link_state import NODE_ALIVE
from chargers.links.base import LinkUnavailable
from chargers.links.registry import current_link
from chargers.models import Charger, GatewayNode, GatewayRequest
from chargers.request_states import OPEN, RequestError, RequestKind, RequestState
from installations.models import Installation, Secret

log = structlog.get_logger(__name__)

# Rows are read back by people for a while; what was asked stays in the audit trail.
KEPT = timedelta(days=30)

OVERDUE = """
UPDATE chargers_gatewayrequest SET state = 'failed', ended_at = now(), sealed = NULL, sealed_by = '',
    error = CASE state WHEN 'waiting' THEN 'no_gateway' ELSE 'outcome_unknown' END
WHERE id IN (SELECT id FROM chargers_gatewayrequest WHERE ended_at IS NULL AND deadline_at < now() LIMIT %s)
"""


def ask(
    *,
    kind: RequestKind,
    installation: Installation,
    charger: Charger | None,
    node: str,
    payload: Mapping[str, Any],
    seconds: float,
    actor: Who,
    secret: Secret | None = None,
    password: str = "",
    reason: str = "",
    told: Mapping[str, Any] | None = None,
) -> GatewayRequest:
    """A row, audited, and its gateway told after the commit. ``node`` empty: nobody is there, and it ends at once.

    ``password`` is encrypted in the row and goes with its end; the bus carries the row's number only. ``told`` is what
    the audit keeps of the request.
    """
    who = Actor.of(actor)
    now = timezone.now()
    with transaction.atomic():
        request = GatewayRequest.objects.create(
            kind=kind,
            installation=installation,
            charger=charger,
            payload=dict(payload),
            secret=secret,
            node=node,
            asked_by=who.user,
            asked_by_label=who.label,
            asked_at=now,
            deadline_at=now + timedelta(seconds=seconds),
        )
        if password:
            request.sealed_by, request.sealed = keyring.encrypt(password.encode(), associated=seal_of(request.pk))
            request.save(update_fields=["sealed_by", "sealed"])
        after = {"kind": str(kind), "request": request.pk, **(told or {})}
        target = charger or installation
        audit.record(actor, "asked_gateway", target, installation_id=installation.pk, after=after, reason=reason)
        if node:
            transaction.on_commit(lambda: _tell(request))
        else:
            _fail(request, RequestError.NO_GATEWAY)
    return request


def seal_of(request_id: int) -> str:
    """What a sealed password is tied to."""
    return f"chargers_gatewayrequest:{request_id}:sealed"


def any_node() -> str:
    """A gateway that lives, by lot; empty: there is none."""
    alive = GatewayNode.objects.filter(stopped_at__isnull=True, seen_at__gt=timezone.now() - NODE_ALIVE)
    names = list(alive.order_by("name").values_list("name", flat=True))
    return secrets.choice(names) if names else ""


def settle(request: GatewayRequest) -> GatewayRequest:
    """The row as it stands; one whose time is over ends here, so that whoever follows it sees an end."""
    if request.ended_at is None and request.deadline_at < timezone.now():
        end_overdue()
        request.refresh_from_db()
    return request


def end_overdue(bound: int = 2000) -> None:
    with connection.cursor() as cursor:
        cursor.execute(OVERDUE, [bound])


def forget_old(bound: int = 2000) -> None:
    """Rows that ended long ago."""
    old = GatewayRequest.objects.filter(ended_at__lt=timezone.now() - KEPT).order_by("ended_at").values("pk")[:bound]
    GatewayRequest.objects.filter(pk__in=old).delete()


def _tell(request: GatewayRequest) -> None:
    try:
        current_link().ask(request.node, request.pk)
    except LinkUnavailable as error:
        log.warning("a gateway was not told of a request", request=request.pk, error=type(error.__cause__).__name__)
        _fail(request, RequestError.BUS_AWAY)


def _fail(request: GatewayRequest, error: RequestError) -> None:
    """Unless somebody took it meanwhile."""
    ended = {"state": RequestState.FAILED, "error": error, "ended_at": timezone.now(), "sealed": None, "sealed_by": ""}
    if GatewayRequest.objects.filter(pk=request.pk, state=RequestState.WAITING).update(**ended):
        for name, value in ended.items():
            setattr(request, name, value)


def is_open(request: GatewayRequest) -> bool:
    return request.state in OPEN
