"""Which network addresses an outbound request may reach: the guard against server-side request forgery.

Belongs here: telling public addresses from all others. Does not belong here: resolving names or connecting
(``http_connection.py``). The check is on the address that is connected to, never on the spelling of a URL, so
``127.1``, ``0x7f000001`` and ``[::ffff:127.0.0.1]`` need no rules of their own.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64 (RFC 6052): the last 32 bits are an IPv4 address."""
_REFUSED_IPV6 = (
    IPv6Network("::/96"),  # unspecified, loopback and IPv4-compatible addresses (RFC 4291 2.5.5.1, deprecated)
    IPv6Network("64:ff9b:1::/48"),  # local-use translation (RFC 8215)
    IPv6Network("2001::/32"),  # Teredo tunnels (RFC 4380)
    IPv6Network("fec0::/10"),  # site-local (RFC 3879, deprecated)
)


def is_public(address: str) -> bool:
    """Say whether an IP address is one that anyone on the internet could reach.

    Args:
        address: the textual address that a socket is about to connect to, e.g. ``"93.184.216.34"``. IPv4 addresses
            inside IPv6 ones (mapped, 6to4, NAT64) are judged as the IPv4 address they stand for.

    Raises:
        ValueError: not an IP address.
    """
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        inner = _inner_ipv4(parsed)
        if inner is not None:
            return _is_public(inner)
        if any(parsed in network for network in _REFUSED_IPV6):
            return False
    return _is_public(parsed)


def _inner_ipv4(address: IPv6Address) -> IPv4Address | None:
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    )
