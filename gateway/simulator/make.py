"""What make a simulated charge point is: the configuration keys of its vendor profile, and what it dials with them."""

import hashlib
import re
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, unquote, urlsplit

from chargers.links.base import Encoding
from chargers.profiles import Profile, UrlForm, profile_named
from chargers.profiles.profile import UrlKeys
from gateway.simulator.configuration import Configuration, Key, anything, boolean, standard_keys
from gateway.simulator.values import BACKEND, MAIN, Endpoint

_URL = re.compile(r"wss?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[!-;=?-Z_a-z|~]*)?")
_PACKED_URL = re.compile(r"ocppCsmsUrl\{([^}]*)\}")


def is_url(value: str, *, may_be_empty: bool = False) -> bool:
    return (may_be_empty and not value) or (len(value) <= 255 and _URL.fullmatch(value) is not None)


def is_key(value: str, encoding: Encoding) -> bool:
    """16..20 bytes as hexadecimal digits (1.6 security whitepaper), or 16..40 printable characters."""
    if encoding is Encoding.HEX:
        return re.fullmatch(r"(?:[0-9A-Fa-f]{2}){16,20}", value) is not None
    return re.fullmatch(r"[!-~]{16,40}", value) is not None


def _is_packed(value: str) -> bool:
    found = _PACKED_URL.search(value)
    return found is not None and is_url(found[1])


def fingerprint(key_text: str) -> str:
    return hashlib.sha256(key_text.encode()).hexdigest()[:16] if key_text else ""


@dataclass(frozen=True, slots=True)
class Make:
    """``gateway``: the portal's endpoint, without identity; ``password``: the one the portal gave for its link."""

    profile: Profile
    device_id: str
    gateway: str
    password: str

    @property
    def moves(self) -> bool:
        return self.profile.url is not None and not self.profile.keeps_portal_link

    def configuration(self, connectors: int, meter_seconds: float) -> Configuration:
        keys = standard_keys(connectors, meter_seconds)
        profile = self.profile
        if profile.auth is not None:
            encoding = profile.auth.encoding
            held = "" if profile.keeps_portal_link else self.password
            value = held.encode().hex() if encoding is Encoding.HEX else held
            keys.append(Key(profile.auth.key, value, partial(is_key, encoding=encoding), secret=True))
            if profile.auth.proof_key:
                keys.append(Key(profile.auth.proof_key, fingerprint(value), readonly=True))
        if profile.free_vend is not None:
            binary = {profile.free_vend.on, profile.free_vend.off} == {"true", "false"}
            keys.append(Key(profile.free_vend.key, profile.free_vend.off, boolean if binary else anything))
            if profile.free_vend.tag_key:
                keys.append(Key(profile.free_vend.tag_key, "", lambda value: len(value) <= 20))
        if profile.url is not None:
            keys += self._url_keys(profile.url)
        return Configuration(keys)

    def boot_payload(self) -> dict[str, str]:
        example = self.profile.example
        payload = {
            "chargePointVendor": example.vendor[:20],
            "chargePointModel": example.model[:20],
            "chargePointSerialNumber": self.device_id[:25],
        }
        return {**payload, "firmwareVersion": example.firmware[:50]} if example.firmware else payload

    def free_vend_tag(self, configuration: Configuration) -> str | None:
        """The tag under which everybody may charge (it may be empty); None: cards are asked for."""
        keys = self.profile.free_vend
        if keys is None or configuration[keys.key].lower() != keys.on.lower():
            return None
        return configuration[keys.tag_key] if keys.tag_key else ""

    def _url_keys(self, url: UrlKeys) -> list[Key]:
        reboot = self.profile.reboot
        keys = [Key(url.identity_key, self.device_id, reboot=reboot)] if url.identity_key else []
        match url.form:
            case UrlForm.FULL:
                own = f"{self.gateway}/{quote(self.device_id)}" if self.moves else ""
                check = partial(is_url, may_be_empty=not self.moves)
                return [*keys, Key(url.key, own, check, reboot=reboot)]
            case UrlForm.ENDPOINT:
                return [*keys, Key(url.key, self.gateway, is_url, reboot=reboot)]
            case UrlForm.HOST_PATH:
                parts = urlsplit(self.gateway)
                path = Key(url.path_key, f"{parts.path}/", lambda value: value.startswith("/"), reboot=reboot)
                return [*keys, Key(url.key, parts.netloc, reboot=reboot), path]
            case UrlForm.PACKED:
                packed = url.template.replace("{URL}", "{" + self.gateway + "}")
                return [*keys, Key(url.key, packed, _is_packed, reboot=reboot)]
            case UrlForm.TWO_SLOTS:
                order = Key(url.priority_key, "1,2", lambda value: value in {"1,2", "2,1"}, reboot=reboot)
                slots = [Key(url.key, self.gateway, is_url), Key(url.second_key, "", is_url)]
                return [*keys, *slots, order]

    def addresses(self, configuration: Configuration) -> dict[str, tuple[str, str]]:
        """Line to (URL, identity), as the configuration has it now."""
        portal = f"{self.gateway}/{quote(self.device_id)}", self.device_id
        url = self.profile.url
        if url is None:
            return {MAIN: portal}
        identity = (configuration[url.identity_key] if url.identity_key else "") or self.device_id
        dialled = _dialled(url, configuration, quote(identity, safe=""))
        if url.form is UrlForm.FULL and not url.identity_key and self.device_id not in unquote(dialled):
            identity = unquote(dialled.rpartition("/")[2])
        if self.moves:
            return {MAIN: (dialled, identity)}
        return {MAIN: portal, BACKEND: (dialled, identity)} if dialled else {MAIN: portal}

    def key(self, line: str, configuration: Configuration) -> bytes:
        auth = self.profile.auth
        if auth is None or (line == MAIN and self.profile.keeps_portal_link):
            return self.password.encode()
        text = configuration[auth.key]
        return bytes.fromhex(text) if auth.encoding is Encoding.HEX else text.encode()

    def endpoint(self, line: str, address: tuple[str, str], configuration: Configuration) -> Endpoint:
        return Endpoint(address[0], address[1], self.key(line, configuration))

    def may_write(self, name: str, configuration: Configuration) -> bool:
        """The slot a two-slot charger is connected through cannot be overwritten."""
        url = self.profile.url
        if url is None or url.form is not UrlForm.TWO_SLOTS:
            return True
        in_use = url.key if configuration[url.priority_key].startswith("1") else url.second_key
        return name.lower() != in_use.lower()

    def where(self) -> tuple[str, ...]:
        """Names of the keys that say where to connect and how: what a charger falls back to."""
        url, auth = self.profile.url, self.profile.auth
        names = () if url is None else (url.key, url.path_key, url.second_key, url.priority_key, url.identity_key)
        own = () if auth is None else (auth.key, auth.proof_key)
        return tuple(name for name in (*names, *own) if name)


def _dialled(url: UrlKeys, configuration: Configuration, identity: str) -> str:
    match url.form:
        case UrlForm.FULL:
            return configuration[url.key]
        case UrlForm.ENDPOINT:
            base = configuration[url.key]
        case UrlForm.HOST_PATH:
            host = configuration[url.key]
            port = host.rpartition("]")[2].rpartition(":")[2] if ":" in host.rpartition("]")[2] else ""
            base = f"{'wss' if port in {'', '443'} else 'ws'}://{host}{configuration[url.path_key]}"
        case UrlForm.PACKED:
            found = _PACKED_URL.search(configuration[url.key])
            base = found[1] if found else ""
        case UrlForm.TWO_SLOTS:
            slots = {"1": configuration[url.key], "2": configuration[url.second_key]}
            base = slots[configuration[url.priority_key][:1]]
    return f"{base.rstrip('/')}/{identity}"


def make(profile: str, device_id: str, gateway: str, password: str) -> Make:
    """Raises KeyError for a profile nobody wrote."""
    return Make(profile_named(profile), device_id, gateway.rstrip("/"), password)
