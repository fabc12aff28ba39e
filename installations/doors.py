"""What the operator of this portal allows chargers and our servers to dial besides public addresses."""

from ipaddress import ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from installations.ocpp_url.host import Doors


def configured_doors() -> Doors:
    """From ALLOW_PRIVATE_BACKENDS (networks) and ALLOW_LOOPBACK_BACKENDS. Raises ImproperlyConfigured."""
    try:
        networks = tuple(ip_network(text) for text in settings.ALLOW_PRIVATE_BACKENDS)
    except ValueError as error:
        raise ImproperlyConfigured(f"ALLOW_PRIVATE_BACKENDS holds something that is no network: {error}") from error
    return Doors(networks, loopback=settings.ALLOW_LOOPBACK_BACKENDS)
