"""What came of a request, in sentences that say what to do. Codes are fixed; nothing a peer said is repeated. Pure."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from accounts.refusals import Text

STATES: Mapping[str, Text] = {
    "waiting": _("waiting for a gateway"),
    "running": _("running"),
    "done": _("done"),
    "failed": _("failed"),
}

ERRORS: Mapping[str, Text] = {
    "bus_away": _("The portal's message bus does not answer just now, so nothing was done. Try again in a minute."),
    "no_gateway": _("No gateway took this in time, so nothing was done. Try again; if it stays so, tell the operator."),
    "outcome_unknown": _(
        "No answer came in time. Whether something was done is not known: look at the charger's state."
    ),
    "not_allowed": _("The person who asked for this no longer has the right to it. Nothing was done."),
    "offline": _("The charger is not connected to the portal, so nothing was sent. Try again when it is back."),
    "not_booted": _("The charger has just connected and is not ready for commands: try again in a minute."),
    "busy": _(
        "A setting is being written to the charger, or it is in use: nothing was sent. Try again when it is idle."
    ),
    "not_sent": _("The charger was busy answering something else, so nothing was sent. Try again."),
    "call_error": _("The charger answered with an error: it may not know this command."),
    "invalid_answer": _("The charger answered with something that is no answer to this. Tell its maker."),
    "mismatch": _("The charger accepted the value and then reports another one: it did not keep it."),
    "broken": _("The portal failed while doing this. Tell the operator."),
}

STEPS: Mapping[str, Text] = {
    "url": _("URL"),
    "name": _("Name"),
    "address": _("Address"),
    "connection": _("Connection"),
    "tls": _("Encryption (TLS)"),
    "status": _("Answer (HTTP)"),
    "subprotocol": _("Subprotocol"),
}

FAULTS: Mapping[str, Text] = {
    "url_refused": _("The portal does not dial this URL: it breaks a rule of the settings. See what is said below it."),
    "name_not_found": _("The host's name does not exist. Check its spelling, and that it is in public DNS."),
    "name_timeout": _("The host's name could not be resolved in 3 seconds. Check its DNS servers, then try again."),
    "address_refused": _("The name leads to a private or reserved address, which the portal's servers do not dial."),
    "connection_refused": _("Nobody accepts connections there. Check the port, and whether the backend is running."),
    "connection_timeout": _("No connection in 5 seconds. A firewall may drop it: let the portal's address in."),
    "connection_lost": _("The backend hung up during the handshake. Its log should say why."),
    "tls_expired": _("The backend's certificate has expired. Its operator has to renew it."),
    "tls_name": _("The backend's certificate is for another name. Use the name it was made for."),
    "tls_untrusted": _("The backend's certificate is not from a known authority, or its chain is not complete."),
    "tls_failed": _("No encrypted connection came about. Does this port speak TLS? For ws:// it must not."),
    "redirected": _("The backend sends elsewhere. Chargers do not follow: enter the final URL."),
    "unauthorized": _("The backend refuses the login. Check the password, and that it knows this serial number."),
    "forbidden": _("The backend forbids this charger or the portal's address. Its operator has to let it in."),
    "not_found": _(
        "The backend knows no such path, or not this charger. Check the path, and register the charger there."
    ),
    "status_unexpected": _("The backend answers with an error of its own. Its log should say why."),
    "not_websocket": _("Something answers there, but not a WebSocket. Check port and path."),
    "no_answer": _("The backend accepts the connection and then says nothing. Check that it is the right port."),
    "subprotocol_missing": _("The backend does not agree to ocpp1.6: it may be for another version of OCPP."),
}

ONLY_ON_SITE = _(
    "The portal's servers do not dial private or reserved addresses. In OCPP direct the charger dials by itself and may"
    " reach this one: only a charger on the site can try it."
)
WITHHELD = _(
    "The stored password was not used, because it belongs to another server: type the password to test with it."
)


def error_sentence(kind: str, error: str, mode: str = "") -> str:
    """Of a request that failed; empty for none. ``mode``: of a backend test."""
    if not error:
        return ""
    if mode == "ocpp_direct" and error in {"address_refused", "url_refused"}:
        return str(ONLY_ON_SITE)
    return str(FAULTS[error] if kind == "backend_test" and error in FAULTS else ERRORS[error])
