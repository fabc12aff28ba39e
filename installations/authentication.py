"""The rules of an authentication setting: what may be saved, what must be acknowledged, what it means. Pure."""

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from installations.findings import Finding, Level, Text, of_level
from installations.ocpp_url.host import Doors
from installations.ocpp_url.identity import ChargerUrl, Endpoint, duplicates, resolve
from installations.ocpp_url.template import UrlTemplate, parse_template

NATIVE, DIRECT, CLOUD = "native", "ocpp_direct", "ocpp_cloud"
MODES = (NATIVE, DIRECT, CLOUD)
HEX_KEY = re.compile(r"[0-9A-Fa-f]{32,40}")
PRINTABLE = re.compile(r"[\x20-\x7e]*")

BACKEND_AUTHORISES = _("The backend decides who may charge: this portal's charge cards no longer apply.")
BALANCING_STAYS = _(
    "Sharing the site's current among its chargers is not handed to the backend: it stays with this portal."
)
BACKEND_AWAY: Mapping[str, Text] = {
    "reject": _("While the backend is away, nobody can begin to charge (site data)."),
    "known": _("While the backend is away, cards it accepted before and the default tag may charge (site data)."),
    "accept": _("While the backend is away, everybody may charge (site data)."),
}


@dataclass(frozen=True)
class KeepPassword:
    """The password stays as it is (in a PUT: the field is absent)."""


@dataclass(frozen=True)
class ClearPassword:
    """The password is removed (in a PUT: null)."""


@dataclass(frozen=True)
class NewPassword:
    text: str = field(repr=False)


Password = KeepPassword | ClearPassword | NewPassword


@dataclass(frozen=True)
class Draft:
    """What a person or script asks for, before any rule was applied."""

    mode: str
    server_url: str = ""
    password: Password = field(default_factory=KeepPassword)
    default_id_tag: str = ""
    authorization_required: bool = True
    legacy_identity: bool = False


@dataclass(frozen=True)
class Settings:
    """Normalised settings as a revision keeps them; the password is kept apart and never here."""

    mode: str
    server_url: str = ""
    default_id_tag: str = ""
    authorization_required: bool = True
    legacy_identity: bool = False


@dataclass(frozen=True)
class Site:
    """The facts about an installation that the rules look at.

    ``offline_authorization``: who may charge while a backend that we dial is away (reject, known or accept).
    ``queued``: messages that still wait for such a backend, by the URL they are for. ``balanced``: the portal shares
    out the site's fuses where the mode lets it.
    """

    chargers: Sequence[ChargerUrl] = ()
    password_set: bool = False
    current_mode: str = NATIVE
    usable_cards: int = 0
    offline_authorization: str = "known"
    queued: Mapping[str, int] = field(default_factory=dict)
    balanced: bool = False
    doors: Doors = field(default_factory=Doors)


@dataclass(frozen=True)
class Review:
    """``settings`` is None when a problem of the fields themselves leaves nothing to normalise."""

    settings: Settings | None
    findings: tuple[Finding, ...]
    endpoints: tuple[Endpoint, ...] = ()

    @property
    def problems(self) -> tuple[Finding, ...]:
        return of_level(self.findings, Level.PROBLEM)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return of_level(self.findings, Level.WARNING)

    @property
    def notices(self) -> tuple[Finding, ...]:
        return of_level(self.findings, Level.NOTICE)

    def unacknowledged(self, acknowledged: Collection[str]) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.warnings if finding.code not in acknowledged)


def review(draft: Draft, site: Site) -> Review:
    """Judge a draft against all rules at once, so that a person sees everything in one go."""
    mode_problems = _mode_findings(draft)
    if mode_problems:
        return Review(None, mode_problems)
    if draft.mode == NATIVE:
        findings = (*_native_findings(draft), *_lock_out(draft, site), *_left_behind((), site))
        settings = Settings(NATIVE, authorization_required=draft.authorization_required)
        return _finish(settings, findings, ())
    findings, template = _url_findings(draft, site)
    endpoints = () if draft.server_url and template is None else _endpoints(draft, template, site)
    schemes = {template.scheme} if template else {(endpoint.dialled_url or "").split(":")[0] for endpoint in endpoints}
    findings += (*_password_findings(draft, schemes, site), *_id_tag_findings(draft), *_consequences(draft, site))
    findings += _left_behind(endpoints if draft.mode == CLOUD else (), site)
    settings = Settings(
        draft.mode,
        template.canonical if template else draft.server_url,
        draft.default_id_tag,
        draft.authorization_required,
        draft.legacy_identity,
    )
    per_charger = tuple(finding for endpoint in endpoints for finding in endpoint.findings)
    return _finish(settings, (*findings, *per_charger, *duplicates(endpoints)), endpoints)


def _endpoints(draft: Draft, template: UrlTemplate | None, site: Site) -> tuple[Endpoint, ...]:
    return tuple(
        resolve(template, charger, mode=draft.mode, legacy_identity=draft.legacy_identity, doors=site.doors)
        for charger in site.chargers
    )


def _finish(settings: Settings, findings: tuple[Finding, ...], endpoints: tuple[Endpoint, ...]) -> Review:
    own = [finding for finding in of_level(findings, Level.PROBLEM) if not finding.charger]
    return Review(None if own else settings, findings, endpoints)


def _problem(code: str, pointer: str, detail: Text) -> Finding:
    return Finding(Level.PROBLEM, code, pointer, detail)


def _warning(code: str, pointer: str, detail: Text) -> Finding:
    return Finding(Level.WARNING, code, pointer, detail)


def _mode_findings(draft: Draft) -> tuple[Finding, ...]:
    if draft.mode not in MODES:
        return (_problem("mode", "/mode", _("The mode is one of native, ocpp_direct and ocpp_cloud.")),)
    return ()


def _native_findings(draft: Draft) -> tuple[Finding, ...]:
    findings = []
    if draft.server_url:
        findings.append(
            _problem("not_in_native", "/server_url", _("In native mode there is no backend: leave the URL empty."))
        )
    if isinstance(draft.password, NewPassword):
        findings.append(
            _problem(
                "not_in_native", "/initial_device_password",
                _("In native mode there is no backend: leave the password empty."),
            )
        )  # fmt: skip
    if draft.default_id_tag:
        findings.append(
            _problem(
                "not_in_native", "/default_id_tag", _("In native mode the default tag is not used: leave it empty.")
            )
        )
    return tuple(findings)


def _lock_out(draft: Draft, site: Site) -> tuple[Finding, ...]:
    if not draft.authorization_required:
        return (
            _warning(
                "everybody_may_charge", "/authorization_required",
                _("Everybody who can reach a charger may charge, without a card."),
            ),
        )  # fmt: skip
    if site.usable_cards or not site.chargers:
        return ()
    return (
        _problem(
            "no_charge_card", "/authorization_required",
            _("No charge card is registered: nobody would be able to charge. Register a card first, or do not require"
              " authorisation."),
        ),
    )  # fmt: skip


def _url_findings(draft: Draft, site: Site) -> tuple[tuple[Finding, ...], UrlTemplate | None]:
    if draft.server_url:
        parsed = parse_template(draft.server_url, mode=draft.mode, doors=site.doors)
        return parsed.findings, parsed.template
    if all(charger.server_url for charger in site.chargers) and site.chargers:
        return (), None
    return (
        (_problem("no_url", "/server_url", _("Enter the backend's URL: not every charger has one of its own.")),),
        None,
    )


def password_form(text: str) -> str:
    """``hex`` for 32..40 hexadecimal digits, ``text`` for 16..40 printable ASCII characters, else empty."""
    if HEX_KEY.fullmatch(text) and len(text) % 2 == 0:
        return "hex"
    return "text" if 16 <= len(text) <= 40 and PRINTABLE.fullmatch(text) else ""


def _password_findings(draft: Draft, schemes: Collection[str], site: Site) -> tuple[Finding, ...]:
    pointer = "/initial_device_password"
    findings: list[Finding] = []
    if isinstance(draft.password, NewPassword):
        form = password_form(draft.password.text)
        if not form:
            detail = _("A password has 16 to 40 printable ASCII characters, or 32 to 40 hexadecimal digits in pairs.")
            return (_problem("password", pointer, detail),)
        taken = _("taken as a key in hexadecimal digits") if form == "hex" else _("taken as text")
        findings.append(
            Finding(Level.NOTICE, f"password_{form}", pointer, format_lazy(_("The password was {how}."), how=taken))
        )
    kept = site.password_set and isinstance(draft.password, KeepPassword)
    if (kept or isinstance(draft.password, NewPassword)) and "ws" in schemes:
        findings.append(
            _warning(
                "password_in_clear", pointer, _("Over ws:// the password travels in clear. Use wss:// if you can.")
            )
        )
    return tuple(findings)


def _id_tag_findings(draft: Draft) -> tuple[Finding, ...]:
    pointer = "/default_id_tag"
    tag = draft.default_id_tag
    if tag and (len(tag) > 20 or not PRINTABLE.fullmatch(tag) or tag != tag.strip()):
        return (
            _problem("id_tag", pointer, _("A tag has 1 to 20 printable ASCII characters and no space at its ends.")),
        )
    if tag and draft.authorization_required:
        return (
            _warning("id_tag_no_effect", pointer, _("The default tag has no effect while authorisation is required.")),
        )
    if not tag and not draft.authorization_required:
        return (
            _warning("id_tag_missing", pointer, _("Without a default tag the chargers will ask for a card after all.")),
        )
    return ()


def _consequences(draft: Draft, site: Site) -> tuple[Finding, ...]:
    count = len(site.chargers)
    if draft.mode == site.current_mode or not count:
        return ()
    if draft.mode == CLOUD:
        return tuple(
            Finding(Level.NOTICE, code, "/mode", detail)
            for code, detail in (
                ("backend_authorises", BACKEND_AUTHORISES),
                ("balancing_stays", BALANCING_STAYS),
                ("backend_away", BACKEND_AWAY[site.offline_authorization]),
            )
            if site.balanced or code != "balancing_stays"
        )
    if not site.balanced:
        return ()
    sentence = ngettext_lazy(
        "Load balancing by the portal stops for {count} charger: the backend takes over.",
        "Load balancing by the portal stops for {count} chargers: the backend takes over.",
        count,
    )
    return (_warning("balancing_stops", "/mode", _counted(sentence, count)),)


def _left_behind(endpoints: Sequence[Endpoint], site: Site) -> tuple[Finding, ...]:
    """Messages that no charger would carry on with: ``endpoints`` are those that we would dial."""
    kept = {endpoint.dialled_url for endpoint in endpoints}
    count = sum(waiting for url, waiting in site.queued.items() if url not in kept)
    if not count:
        return ()
    sentence = ngettext_lazy(
        "{count} message still waits for the backend in use now. It is lost to that backend if it cannot be delivered"
        " before the charger goes.",
        "{count} messages still wait for the backend in use now. They are lost to that backend if they cannot be"
        " delivered before the chargers go.",
        count,
    )
    return (_warning("messages_left", "/server_url", _counted(sentence, count)),)


def _counted(sentence: Any, count: int) -> Text:
    return format_lazy("{sentence}", sentence=_Counted(sentence, count))


class _Counted:
    """A plural sentence with its number, put together when it is shown, in the reader's language."""

    def __init__(self, sentence: Any, count: int) -> None:
        self.sentence, self.count = sentence, count

    def __str__(self) -> str:
        return str(self.sentence).replace("{count}", str(self.count))


def settings_digest(settings: Settings, secret_fingerprint: str) -> str:
    """SHA-256, hexadecimal, over the canonical form; equal digests mean equal settings and password."""
    form = {**_fields(settings), "secret": secret_fingerprint}
    return hashlib.sha256(json.dumps(form, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _fields(settings: Settings) -> dict[str, Any]:
    return {
        "mode": settings.mode,
        "server_url": settings.server_url,
        "default_id_tag": settings.default_id_tag,
        "authorization_required": settings.authorization_required,
        "legacy_identity": settings.legacy_identity,
    }


@dataclass(frozen=True)
class FieldChange:
    field: str
    before: Any
    after: Any


def settings_changes(
    before: Settings, after: Settings, *, fingerprint_before: str = "", fingerprint_after: str = ""
) -> tuple[FieldChange, ...]:
    """Field by field, old to new; of the password only whether it is set and its fingerprint."""
    old, new = _fields(before), _fields(after)
    changes = [FieldChange(name, old[name], new[name]) for name in old if old[name] != new[name]]
    if fingerprint_before != fingerprint_after:
        changes.append(FieldChange("initial_device_password", fingerprint_before or None, fingerprint_after or None))
    return tuple(changes)
