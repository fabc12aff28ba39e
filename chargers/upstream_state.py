"""How a charger's connection to its backend stands, in the words that pages and API share. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from installations.findings import Text

# HTTP 401 and 403: credentials do not mend themselves.
LOGIN_FAULTS = frozenset({"unauthorized", "forbidden"})

FAULTS: Mapping[str, Text] = {
    "url_refused": _("the URL is not accepted any more"),
    "name_not_found": _("the host name is not known"),
    "name_timeout": _("the host name could not be looked up in time"),
    "address_refused": _("the host name leads to an address that this portal does not dial"),
    "connection_refused": _("nobody listens at the address"),
    "connection_timeout": _("the address does not answer"),
    "connection_lost": _("the connection was lost"),
    "tls_expired": _("the certificate has expired"),
    "tls_name": _("the certificate is for another name"),
    "tls_untrusted": _("the certificate is not trusted"),
    "tls_failed": _("no encrypted connection could be agreed"),
    "redirected": _("the backend sends us to another address, which is not followed"),
    "unauthorized": _("the backend refuses the login (401)"),
    "forbidden": _("the backend forbids the connection (403)"),
    "not_found": _("the backend does not know this charger or path (404)"),
    "status_unexpected": _("the backend answered with an unexpected status"),
    "not_websocket": _("there is no WebSocket at the address"),
    "no_answer": _("the backend gave no answer"),
    "subprotocol_missing": _("the backend does not speak OCPP 1.6J there"),
}


class Shown(StrEnum):
    """What to say at a glance. CLOSED: while the charger is away. UNSERVED: its gateway is gone, nothing newer is
    known.
    """

    CONNECTED = "connected"
    PENDING = "pending"
    CONNECTING = "connecting"
    REFUSED = "refused"
    WAITING = "waiting"
    CLOSED = "closed"
    UNSERVED = "unserved"


@dataclass(frozen=True)
class UpstreamFacts:
    """What is stored of the connection to the backend at ``url`` (empty: the charger has none).

    ``state``: connecting, pending, connected, waiting or closed. ``queued``: messages on their way up, the oldest from
    ``oldest_at``. ``left``: how many were given up at ``left_at``, when the charger went to another backend.
    """

    url: str
    state: str
    since: datetime | None = None
    fault: str = ""
    http_status: int = 0
    failures: int = 0
    retry_at: datetime | None = None
    lease_until: datetime | None = None
    queued: int = 0
    oldest_at: datetime | None = None
    left: int = 0
    left_at: datetime | None = None

    @property
    def refuses_login(self) -> bool:
        return self.state == "waiting" and self.fault in LOGIN_FAULTS


def shown(facts: UpstreamFacts, now: datetime) -> Shown | None:
    """None: the charger has no backend that this portal dials."""
    if not facts.url:
        return None
    if facts.state == "closed":
        return Shown.CLOSED
    if facts.lease_until is None or facts.lease_until < now:
        return Shown.UNSERVED
    if facts.state == "waiting":
        return Shown.REFUSED if facts.refuses_login else Shown.WAITING
    return Shown(facts.state)


def fault_text(facts: UpstreamFacts) -> Text:
    """Why there is no connection, in words from a fixed list; empty where nothing is wrong."""
    if facts.fault:
        return FAULTS.get(facts.fault, facts.fault)
    return FAULTS["connection_lost"] if facts.state == "waiting" else ""
