"""Classes of IP addresses, and the spellings in which a host may hide one. Pure."""

import re
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address


class AddressClass(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link_local"
    METADATA = "metadata"
    MULTICAST = "multicast"
    RESERVED = "reserved"


METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254", "fd00:42::42",
    )
)  # fmt: skip
# 100.64/10 is shared by operators (RFC 6598): mobile networks and overlay networks put backends there.
PRIVATE_V4 = [IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
RESERVED_V4 = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
    )
]  # fmt: skip
PUBLIC_V6 = IPv6Network("2000::/3")
RESERVED_V6 = [IPv6Network(text) for text in ("2001::/32", "2001:db8::/32", "2002::/16", "3fff::/20")]
UNIQUE_LOCAL_V6 = IPv6Network("fc00::/7")

_V4_PART = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")


def unmapped(address: Address) -> Address:
    """The IPv4 address behind ``::ffff:a.b.c.d``, else the address itself, without a zone."""
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))


def classify(address: Address) -> AddressClass:
    """The one class an address belongs to; only ``PUBLIC`` may be dialled by our servers without leave.

    Translated and tunnelled addresses (NAT64, 6to4, Teredo, ``::a.b.c.d``) are RESERVED, whatever they lead to.
    """
    address = unmapped(address)
    if address in METADATA:
        return AddressClass.METADATA
    if address.is_loopback:
        return AddressClass.LOOPBACK
    if address.is_link_local:
        return AddressClass.LINK_LOCAL
    if address.is_multicast:
        return AddressClass.MULTICAST
    if isinstance(address, IPv4Address):
        if any(address in network for network in PRIVATE_V4):
            return AddressClass.PRIVATE
        return AddressClass.RESERVED if any(address in network for network in RESERVED_V4) else AddressClass.PUBLIC
    if address in UNIQUE_LOCAL_V6:
        return AddressClass.PRIVATE
    reserved = any(address in network for network in RESERVED_V6)
    public = address in PUBLIC_V6 and not reserved and address.is_global
    return AddressClass.PUBLIC if public else AddressClass.RESERVED


def _v4_number(part: str) -> int | None:
    if not _V4_PART.fullmatch(part):
        return None
    if part[:2].lower() == "0x":
        return int(part[2:] or "0", 16)
    if len(part) > 1 and part[0] == "0":
        return int(part, 8) if all(digit in "01234567" for digit in part) else None
    return int(part)


def looks_numeric(host: str) -> bool:
    """Whether a resolver would read the host as an IPv4 number, well formed or not (its last label is a number)."""
    last = host.rsplit(".", 1)[-1]
    return bool(_V4_PART.fullmatch(last))


def parse_v4(host: str) -> IPv4Address | None:
    """An IPv4 address in any spelling inet_aton reads: decimal, octal, hexadecimal, one to four parts."""
    parts = host.split(".")
    numbers = [_v4_number(part) for part in parts]
    if not 1 <= len(parts) <= 4 or any(number is None for number in numbers):
        return None
    *leading, last = [number for number in numbers if number is not None]
    if any(number > 255 for number in leading) or last >= 256 ** (5 - len(parts)):
        return None
    value = last
    for position, number in enumerate(leading):
        value += number << (8 * (3 - position))
    return IPv4Address(value)


def is_canonical_v4(host: str) -> bool:
    """Four plain decimal parts without leading zero: the one spelling that everybody reads alike."""
    parsed = parse_v4(host)
    return parsed is not None and str(parsed) == host
