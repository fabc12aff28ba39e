"""Classes of addresses: what our servers may dial, in whatever spelling it comes."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from installations.ocpp_url.address import AddressClass, classify, is_canonical_v4, looks_numeric, parse_v4, unmapped


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("8.8.8.8", "public"),
        ("2606:4700::1111", "public"),
        ("::ffff:8.8.8.8", "public"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.32.0.1", "public"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "private"),
        ("fd12::1", "private"),
        ("::ffff:10.0.0.1", "private"),
        ("127.8.8.8", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("169.254.1.1", "link_local"),
        ("fe80::1", "link_local"),
        ("fe80::1%eth0", "link_local"),
        ("169.254.169.254", "metadata"),
        ("168.63.129.16", "metadata"),
        ("100.100.100.200", "metadata"),
        ("::ffff:169.254.169.254", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("fd00:ec2::254%1", "metadata"),
        ("224.0.0.1", "multicast"),
        ("ff0e::1", "multicast"),
        ("0.0.0.0", "reserved"),
        ("192.0.0.9", "reserved"),
        ("192.0.2.1", "reserved"),
        ("192.88.99.1", "reserved"),
        ("198.19.0.1", "reserved"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "reserved"),
        ("::8.8.8.8", "reserved"),
        ("64:ff9b::8.8.8.8", "reserved"),
        ("64:ff9b::169.254.169.254", "reserved"),
        ("64:ff9b:1::a00:1", "reserved"),
        ("2001::1", "reserved"),
        ("2001:db8::1", "reserved"),
        ("2002:7f00:1::1", "reserved"),
        ("3fff::1", "reserved"),
        ("fec0::1", "reserved"),
        ("100::1", "reserved"),
    ],
)
def test_each_address_has_one_class(text: str, kind: str) -> None:
    assert classify(ip_address(text)) == AddressClass(kind)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_what_is_public_is_global_and_no_tunnel(address: IPv4Address | IPv6Address) -> None:
    if classify(address) is not AddressClass.PUBLIC:
        return
    assert address.is_global
    plain = unmapped(address)
    unfit = plain.is_multicast, plain.is_reserved, plain.is_loopback, plain.is_link_local, plain.is_unspecified
    assert not any(unfit)


@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_judged_as_the_one_it_means(address: IPv4Address) -> None:
    assert classify(IPv6Address(f"::ffff:{address}")) is classify(address)


SPELLINGS = st.one_of(
    st.integers(0, 2**33).map(str),
    st.integers(0, 2**33).map(hex),
    st.lists(st.integers(0, 300).flatmap(lambda n: st.sampled_from([str(n), f"0{n:o}", hex(n)])), max_size=5).map(
        ".".join
    ),
)


@given(SPELLINGS)
def test_every_spelling_is_read_like_the_c_library_reads_it(text: str) -> None:
    try:
        wanted = IPv4Address(socket.inet_aton(text))
    except OSError:
        return
    assert looks_numeric(text)
    assert parse_v4(text) == wanted
    assert is_canonical_v4(text) == (str(wanted) == text)
