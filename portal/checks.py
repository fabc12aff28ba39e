"""System checks for the traps an operator can step into; they run at every start."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from accounts.keyring import parse_ring
from portal.env import env

SHORTEST_PEPPER = 32


@register(Tags.security)
def check_keys(**_options: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    try:
        parse_ring(settings.SECRET_KEY_RING)
    except ImproperlyConfigured as error:
        found.append(Error(str(error), hint="Set SECRET_KEY_RING to id:base64key (32 random bytes).", id="portal.E001"))
    if len(settings.CHARGER_KEY_PEPPER) < SHORTEST_PEPPER:
        found.append(
            Error(
                "CHARGER_KEY_PEPPER is missing or short: chargers could not be authenticated safely.",
                hint=f"Set it to at least {SHORTEST_PEPPER} random characters, once and for all.",
                id="portal.E002",
            )
        )
    return found


@register(Tags.security)
def check_servers(**_options: Any) -> list[CheckMessage]:
    if not settings.PRODUCTION:
        return []
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not env.text(name)]
    return [
        Error(
            f"{name} is not set: production does not run on the embedded servers.",
            hint=f"Set {name} to the address of your server.",
            id="portal.E003",
        )
        for name in missing
    ]


@register(deploy=True)
def check_gateway_address(**_options: Any) -> list[CheckMessage]:
    if settings.GATEWAY_PUBLIC_URL.startswith("wss://"):
        return []
    return [
        checks.Warning(
            "GATEWAY_PUBLIC_URL is not wss://: chargers would send their passwords in clear.",
            hint="Put TLS in front of the gateway and set GATEWAY_PUBLIC_URL to its wss:// address.",
            id="portal.W001",
        )
    ]


@register(deploy=True)
def check_public_address(**_options: Any) -> list[CheckMessage]:
    if settings.PORTAL_PUBLIC_URL.startswith("https://"):
        return []
    return [
        checks.Warning(
            "PORTAL_PUBLIC_URL is not https://: chargers that are asked for diagnostics could not upload them.",
            hint="Set PORTAL_PUBLIC_URL to the https:// address of the pages.",
            id="portal.W002",
        )
    ]
