"""Which network addresses belong to the open internet."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_CLOSED4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
"""IANA's special-purpose registry, with multicast and everything above it."""

_OPEN6 = IPv6Network("2000::/3")
_CLOSED6 = tuple(
    IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
"""What in the only block that IANA hands out is no plain address: Teredo, ORCHID, benchmarks, documentation, 6to4."""


def is_public(address: str) -> bool:
    """Whether a numeric address, as a resolver gives it, may be reached over the open internet.

    An IPv4 address inside an IPv6 one (`::ffff:…`) is judged by itself; translated and tunnelled ones
    (`64:ff9b::/96`, 6to4, Teredo) are not public, because they lead wherever they please.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    match parsed:
        case IPv4Address():
            return not any(parsed in block for block in _CLOSED4)
        case IPv6Address():
            if parsed.ipv4_mapped is not None:
                return is_public(str(parsed.ipv4_mapped))
            return "%" not in address and parsed in _OPEN6 and not any(parsed in block for block in _CLOSED6)
