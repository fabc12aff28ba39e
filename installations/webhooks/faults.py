"""Why an event did not arrive, from a fixed list: what a receiver says is never repeated. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from installations.findings import Text


class Fault(StrEnum):
    URL = "url_refused"
    NAME_NOT_FOUND = "name_not_found"
    NAME_TIMEOUT = "name_timeout"
    ADDRESS_REFUSED = "address_refused"
    PLAIN_HTTP = "plain_http"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_TIMEOUT = "connection_timeout"
    CONNECTION_LOST = "connection_lost"
    TLS_EXPIRED = "tls_expired"
    TLS_NAME = "tls_name"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_FAILED = "tls_failed"
    NO_ANSWER = "no_answer"
    NOT_HTTP = "not_http"
    REDIRECTED = "redirected"
    GONE = "gone"
    STATUS = "status_unexpected"
    SWITCHED_OFF = "switched_off"
    SECRET = "secret_unreadable"  # noqa: S105  a code


SENTENCES: Mapping[str, Text] = {
    Fault.URL: _("The URL is not accepted any more."),
    Fault.NAME_NOT_FOUND: _("The host name is not known."),
    Fault.NAME_TIMEOUT: _("The host name could not be looked up in time."),
    Fault.ADDRESS_REFUSED: _("The host name leads to an address that this portal does not send to."),
    Fault.PLAIN_HTTP: _("Without encryption this portal sends only into its own networks: use https."),
    Fault.CONNECTION_REFUSED: _("Nobody listens at the address."),
    Fault.CONNECTION_TIMEOUT: _("The address does not answer."),
    Fault.CONNECTION_LOST: _("The connection was lost before the answer."),
    Fault.TLS_EXPIRED: _("The certificate has expired."),
    Fault.TLS_NAME: _("The certificate is for another name."),
    Fault.TLS_UNTRUSTED: _("The certificate is not trusted."),
    Fault.TLS_FAILED: _("No encrypted connection could be agreed."),
    Fault.NO_ANSWER: _("No answer within 10 seconds."),
    Fault.NOT_HTTP: _("What was answered is not HTTP."),
    Fault.REDIRECTED: _("The receiver sends us to another address, which is not followed: enter that address."),
    Fault.GONE: _("The receiver wants no more events (410)."),
    Fault.STATUS: _("The receiver did not take it: only an answer from 200 to 299 means that it has the event."),
    Fault.SWITCHED_OFF: _("The webhook was switched off before it was sent."),
    Fault.SECRET: _("The secret can no longer be read on this portal: make a new one."),
}


def fault_of_status(status: int) -> Fault | None:
    """None: the event arrived."""
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return Fault.REDIRECTED
    return Fault.GONE if status == 410 else Fault.STATUS
