"""What every connection of ours to a server that people name has in common: which addresses, which certificates."""

import ssl
from collections.abc import Sequence
from functools import cache
from ipaddress import ip_address

from installations.ocpp_url.host import Doors, may_dial


@cache
def trusted() -> ssl.SSLContext:
    """The system's authorities, names checked, TLS 1.2 or newer."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def may_dial_all(addresses: Sequence[str], doors: Doors) -> bool:
    """One that is not allowed refuses them all; so does none."""
    return bool(addresses) and all(may_dial(ip_address(text), doors) for text in addresses)


def certificate_fault(error: ssl.SSLCertVerificationError) -> str:
    """By OpenSSL's verification codes: 10 expired, 62 and 64 another name or address."""
    if error.verify_code in {62, 64}:
        return "tls_name"
    return "tls_expired" if error.verify_code == 10 else "tls_untrusted"
