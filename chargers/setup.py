"""What an installer enters at a charger so that it dials our gateway, in the form its make wants it. Pure."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.refusals import Text
from chargers.profiles.profile import Grade, Profile, Setup, UrlForm

PORTS = {"ws": 80, "wss": 443}
UNSURE = _("The names here are not from the maker's own document: in your firmware they may read differently.")
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

    ``choose``: nobody knows the form, the entries are two ways to try. ``password`` is there only at the moment it was
    made.
    """

    device_id: str
    name: str
    make: str
    where: str
    entries: tuple[Entry, ...]
    choose: bool
    identity: Entry
    code: str
    hints: tuple[Text, ...]
    password_field: str = ""
    password: str = field(default="", repr=False)


def setup_sheet(
    *, device_id: str, name: str = "", profile: Profile | None, gateway_url: str, password: str = ""
) -> SetupSheet:
    """``profile`` None: nobody knows the make yet. ``gateway_url``: as chargers dial the gateway, without identity."""
    setup = profile.setup if profile else Setup()
    base = gateway_url.rstrip("/")
    form = profile.hand_form if profile else None
    entries = _entries(form, setup, base, device_id)
    return SetupSheet(
        device_id=device_id,
        name=name,
        make=profile.title if profile and profile.match else "",
        where=setup.where,
        entries=entries,
        choose=form is None,
        identity=Entry(_("Identity (user name)"), device_id, setup.identity_field),
        code=entries[0].value if len(entries) == 1 else f"{base}/{device_id}",
        hints=_hints(base, setup),
        password_field=setup.password_field,
        password=password,
    )


def _entries(form: UrlForm | None, setup: Setup, base: str, device_id: str) -> tuple[Entry, ...]:
    full = f"{base}/{device_id}"
    match form:
        case UrlForm.FULL:
            return (Entry(FULL_URL, full, setup.url_field),)
        case UrlForm.ENDPOINT:
            return (Entry(ENDPOINT_URL, base, setup.url_field),)
        case UrlForm.HOST_PATH:
            parts = urlsplit(base)
            host = f"{parts.hostname}:{parts.port or PORTS[parts.scheme]}"
            return (
                Entry(_("Server and port"), host, setup.url_field),
                Entry(_("Path"), parts.path or "/", setup.path_field),
            )
    return (Entry(FULL_URL, full, setup.url_field), Entry(ENDPOINT_URL, base, setup.url_field))


def _hints(base: str, setup: Setup) -> tuple[Text, ...]:
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
    hints: tuple[Text, ...] = (format_lazy(said, port=port, host=parts.hostname or ""),)
    return (*hints, UNSURE) if setup.where and setup.grade is not Grade.A else hints
