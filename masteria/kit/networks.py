"""Networks and addresses of callers, IPv4 and IPv6; an IPv4 address in IPv6 clothes is the IPv4 address."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from masteria.kit.errors import Invalid

_MAPPED = ip_network("::ffff:0:0/96")


def read_network(text: str) -> str:
    """`203.0.113.7`, `203.0.113.0/24` or `2001:db8::/48` in its one spelling; `Invalid` for anything else."""
    try:
        found = ip_network(text.strip(), strict=False)
    except ValueError:
        raise Invalid("addresses", "not_a_network", text=text.strip()[:60]) from None
    return str(_unmapped(found))


def is_within(address: str, networks: Iterable[str]) -> bool:
    """Whether the address lies in one of the networks; what is no address lies nowhere."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in ip_network(network) for network in networks)


def is_covered(network: str, networks: Iterable[str]) -> bool:
    """Whether one of the networks holds all of this one."""
    found, outer = ip_network(network), [ip_network(text) for text in networks]
    return any(type(found) is type(one) and found.subnet_of(one) for one in outer)  # pyright: ignore[reportArgumentType]


def _unmapped(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    if isinstance(network, IPv6Network) and isinstance(_MAPPED, IPv6Network) and network.subnet_of(_MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return network
