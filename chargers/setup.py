"""What an installer enters at a charger so that it dials our gateway, in the form its make wants it. Pure."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.refusals import Text
from chargers.profiles.profile import Profile, UrlForm

PORTS = {"ws": 80, "wss": 443}
FULL_URL, ENDPOINT_URL = _("URL with the identity"), _("URL without the identity, which the charger appends itself")


@dataclass(frozen=True)
class Entry:
    """``there``: what the maker calls the field."""

    label: Text
    value: str
    there: str = ""


@dataclass(frozen=True)
class SetupSheet:
    """``make`` and ``where`` are empty where the make is not known; ``code``: what the picture to scan holds.

    ``password`` is there only at the moment it was made.
    """

    device_id: str
    name: str
    make: str
    where: str
    entries: tuple[Entry, ...]
    identity: Entry
    code: str
    hints: tuple[Text, ...]
    password_field: str = ""
    password: str = field(default="", repr=False)


def setup_sheet(
    *, device_id: str, name: str = "", profile: Profile | None, gateway_url: str, password: str = ""
) -> SetupSheet:
    """``profile`` None: nobody knows the make yet. ``gateway_url``: as chargers dial the gateway, without identity."""
    setup = profile.setup if profile else None
    base = gateway_url.rstrip("/")
    entries = _entries(profile, base, device_id)
    return SetupSheet(
        device_id=device_id,
        name=name,
        make=profile.title if profile and profile.match else "",
        where=setup.where if setup else "",
        entries=entries,
        identity=Entry(_("Identity (user name)"), device_id, setup.identity_field if setup else ""),
        code=entries[0].value if len(entries) == 1 else f"{base}/{device_id}",
        hints=_hints(base),
        password_field=setup.password_field if setup else "",
        password=password,
    )


def url_form(profile: Profile | None) -> UrlForm | None:
    """In which form the make takes a URL by hand; None where that is not known."""
    if profile is None:
        return None
    if profile.setup is not None:
        return profile.setup.form
    return profile.url.form if profile.url and profile.url.form in {UrlForm.FULL, UrlForm.ENDPOINT} else None


def _entries(profile: Profile | None, base: str, device_id: str) -> tuple[Entry, ...]:
    setup, full = profile.setup if profile else None, f"{base}/{device_id}"
    there = setup.url_field if setup else ""
    match url_form(profile):
        case UrlForm.FULL:
            return (Entry(FULL_URL, full, there),)
        case UrlForm.ENDPOINT:
            return (Entry(ENDPOINT_URL, base, there),)
        case UrlForm.HOST_PATH:
            parts = urlsplit(base)
            host = f"{parts.hostname}:{parts.port or PORTS[parts.scheme]}"
            path_field = setup.path_field if setup else ""
            return (Entry(_("Server and port"), host, there), Entry(_("Path"), parts.path or "/", path_field))
    return (Entry(FULL_URL, full), Entry(ENDPOINT_URL, base))


def _hints(base: str) -> tuple[Text, ...]:
    parts = urlsplit(base)
    port = parts.port or PORTS[parts.scheme]
    if parts.scheme == "wss":
        said = _(
            "The connection is encrypted (TLS). From the site's network, port {port} to {host} must be open outwards."
        )
    else:
        said = _(
            "The connection is not encrypted. Port {port} to {host} must be open; keep it inside of your own network."
        )
    return (format_lazy(said, port=port, host=parts.hostname or ""),)
