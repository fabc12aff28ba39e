"""Which URL a charger's connection dials and under which identity: the table of product.md. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.refusals import Text
from installations.findings import Finding, Level
from installations.ocpp_url.host import Doors
from installations.ocpp_url.template import LONGEST_URL, UrlTemplate, parse_template

IDENTITY = re.compile(r"[A-Za-z0-9*_=+|@.-]{1,48}")
CHARGER_POINTER = "/chargers"


class UrlSource(StrEnum):
    INSTALLATION = "installation"
    CHARGER = "charger"
    NONE = "none"


@dataclass(frozen=True)
class Endpoint:
    """What finally is dialled for one charger: WebSocket URL, and the identity that is the Basic user name.

    ``dialled_url`` None: nothing can be dialled, and a problem says why. ``base_url`` and ``appended`` split the URL
    where a charger that appends its own identity is configured (J 3.1.1); ``base_url`` None: it cannot be split there.
    """

    device_id: str
    dialled_url: str | None
    identity: str
    source: UrlSource
    base_url: str | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class ChargerUrl:
    """The charger-level facts the resolver needs."""

    device_id: str
    server_url: str = ""


def resolve(
    template: UrlTemplate | None, charger: ChargerUrl, *, mode: str, legacy_identity: bool, doors: Doors | None = None
) -> Endpoint:
    """Rows 1 to 6 of the identity table. ``template`` is the installation's URL, None where it is empty."""
    if template is not None:
        shadowed = (_shadowed(charger),) if charger.server_url else ()
        return _from_template(template, charger.device_id, UrlSource.INSTALLATION, shadowed)
    if not charger.server_url:
        return _nothing(charger.device_id, _problem(charger, "no_url", _("There is no URL for this charger: set one.")))
    parsed = parse_template(charger.server_url, mode=mode, doors=doors, shared=False)
    if parsed.template is None:
        return _nothing(charger.device_id, *(f.at(CHARGER_POINTER, charger.device_id) for f in parsed.findings))
    warnings = tuple(
        finding.at(CHARGER_POINTER, charger.device_id) for finding in parsed.findings if finding.level is Level.WARNING
    )
    if parsed.template.has_placeholder:
        return _from_template(parsed.template, charger.device_id, UrlSource.CHARGER, warnings)
    return _from_charger_url(parsed.template, charger, legacy_identity, warnings)


def _from_template(template: UrlTemplate, device_id: str, source: UrlSource, findings: tuple[Finding, ...]) -> Endpoint:
    if not template.has_placeholder:
        # Row 6: OCPP-J lets the charger append its identity to the endpoint.
        template = UrlTemplate(
            template.scheme, template.host, template.host_shown, template.port, f"{template.before}/", ""
        )
    url = template.expand(device_id)
    ends_with_identity = template.after == "" and template.before.endswith("/")
    base = template.origin + template.before.removesuffix("/") if ends_with_identity else None
    too_long = _length_problem(url, device_id)
    dotted = _dot_problem(template, device_id)
    return Endpoint(device_id, url, device_id, source, base, (*findings, *too_long, *dotted))


def _from_charger_url(
    template: UrlTemplate, charger: ChargerUrl, legacy_identity: bool, warnings: tuple[Finding, ...]
) -> Endpoint:
    last = unquote(template.before.rsplit("/", 1)[-1])
    findings = [*warnings, *_length_problem(template.canonical, charger.device_id)]
    base = template.origin + template.before.rpartition("/")[0]
    if legacy_identity:
        if last.upper() != charger.device_id:
            findings.append(
                Finding(
                    Level.WARNING, "identity_differs", CHARGER_POINTER,
                    format_lazy(
                        _("The path names {path}, the login {device}: strict backends refuse that."),
                        path=last, device=charger.device_id,
                    ),
                    charger.device_id,
                )
            )  # fmt: skip
            base = ""
        identity = charger.device_id
    else:
        identity = last
        if not IDENTITY.fullmatch(identity):
            findings.append(
                _problem(
                    charger, "identity",
                    _("The last part of the charger's URL is its identity: 1 to 48 of A-Z a-z 0-9 * _ = + | @ . -"),
                )
            )  # fmt: skip
    return Endpoint(charger.device_id, template.canonical, identity, UrlSource.CHARGER, base or None, tuple(findings))


def _nothing(device_id: str, *findings: Finding) -> Endpoint:
    return Endpoint(device_id, None, "", UrlSource.NONE, None, findings)


def _problem(charger: ChargerUrl, code: str, detail: Text) -> Finding:
    return Finding(Level.PROBLEM, code, CHARGER_POINTER, detail, charger.device_id)


def _shadowed(charger: ChargerUrl) -> Finding:
    return Finding(
        Level.NOTICE, "url_shadowed", CHARGER_POINTER,
        _("The charger's own URL is kept but not used: the installation's URL applies to all its chargers."),
        charger.device_id,
    )  # fmt: skip


def _length_problem(url: str, device_id: str) -> tuple[Finding, ...]:
    if len(url) <= LONGEST_URL:
        return ()
    detail = _("For this charger the URL is longer than the 255 characters it can keep. Shorten the path.")
    return (Finding(Level.PROBLEM, "too_long", "/server_url", detail, device_id),)


def _dot_problem(template: UrlTemplate, device_id: str) -> tuple[Finding, ...]:
    segments = (template.before + device_id + (template.after or "")).split("/")
    if "." not in segments and ".." not in segments:
        return ()
    detail = _("With this device id the path would hold a part of dots only, which clients rewrite.")
    return (Finding(Level.PROBLEM, "path", "/server_url", detail, device_id),)


def _place(endpoint: Endpoint) -> tuple[str, str, str]:
    """What a backend tells chargers apart by: percent-encoding is read, case counts in neither identity."""
    path, _slash, last = unquote(endpoint.dialled_url or "").rpartition("/")
    return path, last.upper(), endpoint.identity.upper()


def duplicates(endpoints: Iterable[Endpoint]) -> tuple[Finding, ...]:
    """A blocking problem on every charger that shares URL and identity with another; each names the others."""
    same: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for endpoint in endpoints:
        if endpoint.dialled_url:
            same[_place(endpoint)].append(endpoint.device_id)
    return tuple(
        Finding(
            Level.PROBLEM, "duplicate_identity", CHARGER_POINTER,
            format_lazy(
                _("The backend could not tell this charger from {others}: they share URL and identity."),
                others=", ".join(other for other in devices if other != device),
            ),
            device,
        )
        for devices in same.values() if len(devices) > 1
        for device in devices
    )  # fmt: skip
