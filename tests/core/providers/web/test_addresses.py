import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from core.ports.documents import Unreadable
from core.providers.web.addresses import is_public
from core.providers.web.fetcher import WebFetcher

CLOSED = [
    "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "192.88.99.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "fec0::1",
    "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::", "2001::1", "2001:db8::1",
    "2001:10::1", "3fff::1", "100::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "5f00::1", "", "a", "1", "127.1",
]  # fmt: skip
OPEN = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.215.14",
    "172.32.0.1",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
]


@pytest.mark.parametrize("address", CLOSED)
def test_addresses_that_are_not_on_the_open_internet_are_closed(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OPEN)
def test_addresses_on_the_open_internet_are_open(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
@example(IPv4Address("224.0.0.1"))
@example(IPv6Address("64:ff9b::7f00:1"))
def test_nothing_is_open_that_python_calls_closed(address: IPv4Address | IPv6Address) -> None:
    if is_public(str(address)) and getattr(address, "ipv4_mapped", None) is None:
        assert address.is_global
        closed = address.is_multicast, address.is_reserved, address.is_link_local, address.is_private
        assert not any(closed)


PRIVATE = [
    IPv4Network(text)
    for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "0.0.0.0/8")
]


def spellings(address: IPv4Address) -> list[str]:
    """Ways to write an IPv4 address that resolvers and browsers take for it."""
    number = int(address)
    a, b, c, d = address.packed
    wide = str.maketrans("0123456789.", "０１２３４５６７８９。")
    circled = str.maketrans("123456789", "①②③④⑤⑥⑦⑧⑨")
    return [
        str(address), str(number), hex(number), oct(number).replace("0o", "0"), f"{a}.{number & 0xFFFFFF}", f"{a}.{b}.{number & 0xFFFF}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"0x{a:x}.0x{b:x}.{c}.{d}", f"{hex(a).upper()}.{b}.{c}.{d}", str(address).translate(wide),
        str(address).translate(circled), f"{address}.", f"[::ffff:{address}]", f"[::ffff:{a:02x}{b:02x}:{c:02x}{d:02x}]",
        f"[64:ff9b::{address}]", f"[2002:{a:02x}{b:02x}:{c:02x}{d:02x}::]", f"[::{address}]", str(address).replace(".", "%2e"),
    ]  # fmt: skip


async def numeric(host: str, port: int) -> list[str]:
    """All that the machine's resolver takes for an address, without asking a name server."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(entry[4][0]) for entry in found]


@given(st.sampled_from(PRIVATE).flatmap(lambda net: st.ip_addresses(v=4, network=str(net))), st.integers(0, 17))
async def test_no_spelling_of_a_private_address_is_connected_to(address: IPv4Address | IPv6Address, way: int) -> None:
    assert isinstance(address, IPv4Address)
    host = spellings(address)[way]
    checked: list[str] = []

    def allow(found: str) -> bool:
        checked.append(found)
        return is_public(found)

    with pytest.raises(Unreadable) as caught:
        await WebFetcher(allow=allow, resolve=numeric).fetch(f"http://{host}:9/")
    assert caught.value.reason in ("ingest.address", "ingest.not_found")
    assert not any(is_public(found) for found in checked)


@given(st.ip_addresses(v=6))
@example(IPv6Address("::1"))
async def test_no_closed_ipv6_address_is_connected_to(address: IPv4Address | IPv6Address) -> None:
    assume(not is_public(str(address)))
    with pytest.raises(Unreadable) as caught:
        await WebFetcher().fetch(f"http://[{address}]:9/")
    assert caught.value.reason == "ingest.address"


@given(
    st.sampled_from(
        [IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16"), IPv6Network("fe80::/10"), IPv6Network("fc00::/7")]
    ),
    st.integers(0, 2**32),
)
def test_whole_blocks_are_closed(block: IPv6Network, offset: int) -> None:
    found = ip_address(int(block.network_address) + offset % block.num_addresses)
    assert not is_public(str(found))
    assert socket.inet_pton(socket.AF_INET6, str(found))
