"""What one charger must be told so that it does what its installation agreed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from chargers.links.base import Encoding, KeyWrite, Reopen
from chargers.profiles.profile import Profile, UrlForm, UrlKeys
from installations.authentication import DIRECT, NATIVE, Settings, password_form
from installations.findings import Text
from installations.ocpp_url.identity import Endpoint, UrlSource

# AuthorizationKey holds at most 20 bytes, written as 40 hexadecimal digits (J 6.2.2).
LONGEST_HEX_PASSWORD = 20


@dataclass(frozen=True)
class GivenSecret:
    """The backend password of a revision: its row, its length and form, never itself."""

    secret_id: int
    length: int = LONGEST_HEX_PASSWORD
    hexadecimal: bool = False

    @classmethod
    def of(cls, secret_id: int, text: str) -> "GivenSecret":
        return cls(secret_id, len(text), password_form(text) == "hex")


@dataclass(frozen=True)
class Unsupported:
    """Why this charger can never take the setting over OCPP, and what a person can do instead."""

    code: str
    detail: Text


@dataclass(frozen=True)
class Target:
    """What a charger is to be told. ``writes`` are in order: the password before the URL it is for.

    ``leaves``: once told, the charger goes to the backend and is gone from us. ``must_read_first``: the writes depend
    on keys that were never reported. ``clear_charging_profiles``: from then on its own backend limits it. Only the
    gateway knows what already matches; it writes only what differs.
    """

    writes: tuple[KeyWrite, ...] = ()
    read_keys: tuple[str, ...] = ()
    reset: bool = False
    leaves: bool = False
    reopen: Reopen = Reopen.AT_END
    fence: bool = True
    must_read_first: bool = False
    clear_charging_profiles: bool = False
    url_value: str = ""
    unsupported: Unsupported | None = None

    @property
    def expected(self) -> dict[str, str]:
        """Readable keys and the values they must show."""
        return {write.key: write.value for write in self.writes if write.value is not None}


def target_for(
    profile: Profile,
    settings: Settings,
    endpoint: Endpoint | None,
    *,
    secret: GivenSecret | None,
    secret_needed: bool,
    reported: Mapping[str, str | None],
    portal: Endpoint,
    told_url: str = "",
) -> Target:
    """``endpoint`` is the resolved one, needed in direct mode. ``secret_needed``: this charger was not given it yet.

    ``portal`` is our gateway as this charger dials it. ``told_url``: the URL value we last wrote to this charger; in
    native and cloud mode a charger that still holds it (it was told, but never left) is told the portal's own again.
    In cloud mode the charger hears of neither the backend nor its password: those are the bridge's.
    """
    if settings.mode == DIRECT:
        assert endpoint is not None
        return _direct(profile, settings, endpoint, secret if secret_needed else None, reported)
    return _at_the_portal(profile, settings, reported, portal, told_url)


def portal_endpoint(public_url: str, device_id: str) -> Endpoint:
    """Our own gateway as a charger's backend; ``public_url`` is settings.GATEWAY_PUBLIC_URL."""
    base = public_url.rstrip("/")
    return Endpoint(device_id, f"{base}/{device_id}", device_id, UrlSource.NONE, base)


def _cannot_dial(keys: UrlKeys, endpoint: Endpoint) -> Unsupported | None:
    if endpoint.dialled_url is None:
        return Unsupported("no_url", _("There is no URL for this charger: set one."))
    if keys.form is UrlForm.FULL:
        return None
    if not endpoint.base_url:
        return Unsupported(
            "url_form", _("This make appends its identity to the address: {deviceId} must be the last part of the URL.")
        )
    if not keys.identity_key and endpoint.identity.upper() != endpoint.device_id.upper():
        return Unsupported(
            "identity", _("This make appends its own device id to the address: the URL cannot end in another identity.")
        )
    return None


def _direct(
    profile: Profile,
    settings: Settings,
    endpoint: Endpoint,
    secret: GivenSecret | None,
    reported: Mapping[str, str | None],
) -> Target:
    if profile.url is None:
        return Target(unsupported=Unsupported("no_url_key", _(profile.manual)))
    if refusal := _cannot_dial(profile.url, endpoint):
        return Target(unsupported=refusal)
    writes: list[KeyWrite] = []
    if secret is not None:
        if profile.auth is None:
            return Target(
                unsupported=Unsupported("no_password_key", _("This make takes no backend password over OCPP."))
            )
        if profile.auth.encoding is Encoding.HEX and not secret.hexadecimal and secret.length > LONGEST_HEX_PASSWORD:
            return Target(
                unsupported=Unsupported(
                    "password_too_long", _("This make takes passwords of at most 20 characters, or hexadecimal ones.")
                )
            )
        writes.append(
            KeyWrite(
                profile.auth.key,
                secret_id=secret.secret_id,
                encoding=profile.auth.encoding,
                candidate_login=not profile.keeps_portal_link,
                proof_key=profile.auth.proof_key,
            )
        )
    writes += _free_vend(profile, settings)
    url_writes = _url_writes(profile, endpoint, reported)
    target = _target(
        profile, (*writes, *url_writes), leaves=not profile.keeps_portal_link, must_read_first=not url_writes
    )
    return replace(target, clear_charging_profiles=True)


def _at_the_portal(
    profile: Profile, settings: Settings, reported: Mapping[str, str | None], portal: Endpoint, told_url: str
) -> Target:
    writes = [*_free_vend(profile, settings)]
    if profile.url is not None and profile.keeps_portal_link:
        writes.append(KeyWrite(profile.url.key, "", alternatives=profile.url.alternatives))
    elif profile.url is not None and told_url and reported.get(profile.url.key) == told_url:
        writes += _url_writes(profile, portal, reported)
    return _target(profile, tuple(writes), leaves=False)


def _target(profile: Profile, writes: tuple[KeyWrite, ...], *, leaves: bool, must_read_first: bool = False) -> Target:
    readable = [write.key for write in writes if write.value is not None]
    proofs = [write.proof_key for write in writes if write.proof_key]
    slots = (
        [profile.url.priority_key, profile.url.key, profile.url.second_key]
        if profile.url and profile.url.form is UrlForm.TWO_SLOTS
        else []
    )
    return Target(
        writes=writes,
        read_keys=tuple(dict.fromkeys([*readable, *proofs, *slots])),
        reset=profile.reboot,
        leaves=leaves,
        reopen=profile.reopen if leaves else Reopen.AT_END,
        fence=profile.fence,
        must_read_first=must_read_first,
        url_value=next((write.value or "" for write in writes if profile.url and write.key == profile.url.key), ""),
    )


def _free_vend(profile: Profile, settings: Settings) -> list[KeyWrite]:
    """Without a card; where a backend authorises, only with a tag that it is told."""
    keys, tag = profile.free_vend, settings.default_id_tag
    if keys is None:
        return []
    active = not settings.authorization_required and (settings.mode == NATIVE or bool(tag))
    writes = []
    if active and tag and keys.tag_key:
        writes.append(KeyWrite(keys.tag_key, tag))
    writes.append(KeyWrite(keys.key, keys.on if active else keys.off))
    return writes


def _url_writes(profile: Profile, endpoint: Endpoint, reported: Mapping[str, str | None]) -> list[KeyWrite]:
    """The URL in this make's form; empty when a two-slot charger has not said yet which slot is in use."""
    keys = profile.url
    assert keys is not None
    assert endpoint.dialled_url is not None
    base = endpoint.base_url or endpoint.dialled_url
    writes: list[KeyWrite] = []
    if keys.identity_key and endpoint.identity:
        writes.append(KeyWrite(keys.identity_key, endpoint.identity))
    match keys.form:
        case UrlForm.FULL:
            writes.append(KeyWrite(keys.key, endpoint.dialled_url, alternatives=keys.alternatives))
        case UrlForm.ENDPOINT:
            writes.append(KeyWrite(keys.key, base, alternatives=keys.alternatives))
        case UrlForm.HOST_PATH:
            parts = urlsplit(base)
            host = parts.netloc if parts.port else f"{parts.netloc}:{443 if parts.scheme == 'wss' else 80}"
            writes.append(KeyWrite(keys.path_key, f"{parts.path}/"))
            writes.append(KeyWrite(keys.key, host, alternatives=keys.alternatives))
        case UrlForm.PACKED:
            writes.append(KeyWrite(keys.key, keys.template.replace("{URL}", "{" + base + "}")))
        case UrlForm.TWO_SLOTS:
            writes += _slot_writes(keys, base, reported)
            if not writes:
                return []
    return writes


def _slot_writes(keys: UrlKeys, base: str, reported: Mapping[str, str | None]) -> list[KeyWrite]:
    """The URL into the slot that is not in use, then the order of the two swapped; empty when the order is unknown."""
    order = [slot.strip() for slot in (reported.get(keys.priority_key) or "").split(",")]
    if order[0] not in {keys.key, keys.second_key}:
        return []
    in_use, idle = (keys.key, keys.second_key) if order[0] == keys.key else (keys.second_key, keys.key)
    if reported.get(in_use) == base:
        return [KeyWrite(in_use, base)]
    return [KeyWrite(idle, base), KeyWrite(keys.priority_key, f"{idle},{in_use}")]


def differences(expected: Mapping[str, str], observed: Mapping[str, str | None]) -> dict[str, tuple[str, str | None]]:
    """Keys whose observed value is not the wanted one: key to (wanted, observed). Booleans compare without case."""
    return {
        key: (wanted, observed.get(key))
        for key, wanted in expected.items()
        if not same_value(wanted, observed.get(key))
    }


def same_value(wanted: str, observed: str | None) -> bool:
    if observed is None:
        return wanted == ""
    if wanted.lower() in {"true", "false"}:
        return observed.strip().lower() == wanted.lower()
    return observed.strip() == wanted
