"""Which addresses the outside world may make this server talk to.

Webhooks, remote pictures and feeds name their destination; without this rule they could reach what only the
server sees: itself, the internal network, a cloud's metadata service.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

# Public by number, yet answering with secrets of the machine inside some clouds.
_METADATA = tuple(ip_network(text) for text in ("168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::254/128"))
_NAT64 = ip_network("64:ff9b::/96")
_COMPATIBLE = ip_network("::/96")


def is_public(address: Address) -> bool:
    """Tell whether an address, and every IPv4 address carried inside it, is an ordinary public one."""
    if isinstance(address, IPv6Address) and (address.scope_id or address.is_site_local):
        return False
    if any(address in network for network in _METADATA if network.version == address.version):
        return False
    carried = list(_carried(address))
    if carried:
        return all(is_public(inner) for inner in carried)
    return (
        address.is_global
        and not address.is_reserved
        and not address.is_multicast
        and not address.is_link_local
        and not address.is_loopback
        and not address.is_unspecified
    )


def is_allowed(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Tell whether the server may connect there: public, or inside a network the administrator allowed."""
    plain = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
    return is_public(address) or any(plain in network for network in allowed if network.version == plain.version)


def parse(text: str) -> Address:
    """Return the address that a resolver gave as text; raises ValueError."""
    return ip_address(text)


def _carried(address: Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses to which packets for this IPv6 address may be turned."""
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    elif address.sixtofour:
        yield address.sixtofour
    elif address.teredo:
        yield from address.teredo
    elif address in _NAT64 or (address in _COMPATIBLE and int(address) > 0xFFFF):
        yield IPv4Address(int(address) & 0xFFFFFFFF)
