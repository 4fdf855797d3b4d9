"""Which addresses a sweep may touch: parse what a person typed, refuse what is swept only by accident."""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST_ADDRESSES: Final = 1 << 20
"""More than this in one sweep is refused: sixteen /16 networks."""
ORDINARY: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "fc00::/7",
        "::1/128",
    )
)  # fmt: skip
"""Private, shared (RFC 6598), unique local and loopback ranges: swept without asking twice."""
_NEVER: Final = tuple(
    ipaddress.ip_network(text) for text in ("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "ff00::/8", "::/128")
)


class BadTarget(ValueError):
    """A target that cannot or may not be swept; the text says why, for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A run of addresses of one family, both ends included."""

    first: Address
    last: Address

    @property
    def size(self) -> int:
        """How many addresses there are."""
        return int(self.last) - int(self.first) + 1

    def addresses(self) -> Iterator[str]:
        """Yield every address as text, in order."""
        family = type(self.first)
        for number in range(int(self.first), int(self.last) + 1):
            yield str(family(number))

    def networks(self) -> Iterator[Network]:
        """Yield the networks that make up the run."""
        yield from ipaddress.summarize_address_range(self.first, self.last)

    def common(self, other: Target) -> Target | None:
        """Return the run of addresses that are in both; None where there is none."""
        if self.first.version != other.first.version:
            return None
        first, last = max(self.first, other.first, key=int), min(self.last, other.last, key=int)
        return Target(first, last) if int(first) <= int(last) else None

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


class Gathered:
    """Networks that are asked about many addresses: as few runs as can be, looked up by bisection."""

    def __init__(self, networks: Iterable[Network]) -> None:
        some = list(networks)
        self._runs: dict[int, tuple[list[int], list[int]]] = {}
        for version in (4, 6):
            runs = sorted(ipaddress.collapse_addresses(net for net in some if net.version == version))  # type: ignore[type-var]
            self._runs[version] = [int(run[0]) for run in runs], [int(run[-1]) for run in runs]

    def holds(self, address: str) -> bool:
        """Tell whether an address lies in one of the networks."""
        parsed = ipaddress.ip_address(address)
        firsts, lasts = self._runs[parsed.version]
        place = bisect_right(firsts, int(parsed)) - 1
        return place >= 0 and int(parsed) <= lasts[place]


def _address(text: str) -> Address:
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        raise BadTarget(f"{text.strip()[:80]!r} is not an IP address.") from None


def parse_target(text: str) -> Target:
    """Return the run that ``10.0.0.7``, ``10.0.0.0/24``, ``10.0.0.5-10.0.1.9`` or ``10.0.0.5-9`` names.

    Raises BadTarget for anything else and for more than 2**20 addresses.
    """
    target = parse_range(text)
    if target.size > MOST_ADDRESSES:
        raise BadTarget(
            f"{text.strip()[:80]} has {target.size:,} addresses; at most {MOST_ADDRESSES:,} can be swept at once."
        )
    return target


def parse_range(text: str) -> Target:
    """Return the run that a text names, as :func:`parse_target` does, however large: for what is left alone."""
    text = text.strip()
    if "/" in text:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise BadTarget(f"{text[:80]!r} is not a network such as 192.168.1.0/24.") from None
        target = Target(network[0], network[-1])
    elif "-" in text:
        low, _, high = text.partition("-")
        first = _address(low)
        if first.version == 4 and high.strip().isdecimal():
            high = str(first).rsplit(".", 1)[0] + "." + high.strip()
        target = Target(first, _address(high))
        if target.first.version != target.last.version or int(target.last) < int(target.first):
            raise BadTarget(f"{text[:80]!r} does not run from a lower to a higher address.")
    else:
        target = Target(_address(text), _address(text))
    return target


def refuse_forbidden(target: Target, *, allow_public: bool) -> None:
    """Raise BadTarget for multicast and reserved ranges, and (unless allowed) for public ones."""
    for network in target.networks():
        if any(network.overlaps(never) for never in _NEVER if never.version == network.version):
            raise BadTarget(f"{network} holds addresses that no device can have.")
        if not allow_public and not inside(network, ORDINARY):
            raise BadTarget(f"{network} is not a private range. Allow public and link-local addresses to sweep it.")


def inside(network: Network, allowed: Iterable[Network]) -> bool:
    """Tell whether ``network`` lies wholly inside one of the allowed networks."""
    return any(
        network.version == other.version and network.subnet_of(other)  # type: ignore[arg-type]
        for other in allowed
    )


def in_networks(address: str, networks: Sequence[Network]) -> bool:
    """Tell whether an address lies in one of the networks."""
    parsed = ipaddress.ip_address(address)
    return any(parsed.version == network.version and parsed in network for network in networks)


def expand(targets: Iterable[Target], *, exclude: Sequence[Network] = (), allow_public: bool = False) -> list[str]:
    """Return every address once, without the excluded ones. Raises BadTarget as :func:`refuse_forbidden`."""
    found: dict[str, None] = {}
    for target in targets:
        refuse_forbidden(target, allow_public=allow_public)
        if len(found) + target.size > MOST_ADDRESSES:
            raise BadTarget(f"These targets are more than {MOST_ADDRESSES:,} addresses together.")
        found.update(dict.fromkeys(target.addresses()))
    if not exclude:
        return list(found)
    left_out = Gathered(exclude)
    return [address for address in found if not left_out.holds(address)]


def subnet_of(address: str) -> str:
    """Return the subnet that pacing and fairness are kept for: the /24, or the /64 for IPv6."""
    if ":" in address:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return address.rsplit(".", 1)[0]


def interleaved(addresses: Iterable[str]) -> list[str]:
    """Return the addresses so that subnets take turns: no subnet gets two in a row while others wait."""
    subnets: dict[str, list[str]] = {}
    for address in addresses:
        subnets.setdefault(subnet_of(address), []).append(address)
    return [address for wave in zip_longest(*subnets.values()) for address in wave if address is not None]
