"""A firewall's rules as a small model, and what they do with a packet: let through, dropped, or not to be told.

Three answers to each condition (yes, no, perhaps), so that what is not understood is never taken for either. Refuses to know where rules
come from. Source: nft(8), libnftables-json(5), iptables-extensions(8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network

_DEEPEST = 16
"""Jumps into each other that the kernel takes (NFT_JUMP_STACK_SIZE)."""


class Fate(StrEnum):
    """What becomes of a packet."""

    ACCEPT = "accept"
    DROP = "drop"
    ON = "goes on"
    """The end of a chain that was jumped into."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A machine's packet to this server. `source` is a network that it may come from, None for any; `state` is connection tracking's."""

    protocol: str
    port: int
    interface: str
    source: IPv4Network | None = None
    destination: IPv4Address | None = None
    broadcast: bool = False
    state: str = "new"


@dataclass(frozen=True, slots=True)
class Match:
    """One condition: a field of the packet against values. A `field` of "" is one that is not understood."""

    field: str
    values: tuple[object, ...] = ()
    negated: bool = False

    def holds(self, packet: Packet) -> bool | None:
        """Whether it holds for `packet`; None for perhaps."""
        found = self._plain(packet)
        return found if found is None or not self.negated else not found

    def _plain(self, packet: Packet) -> bool | None:
        match self.field:
            case "protocol":
                return packet.protocol in self.values
            case "port":
                return any(first <= packet.port <= last for first, last in _ranges(self.values))
            case "interface":
                return any(_same_interface(str(name), packet.interface) for name in self.values)
            case "state":
                return packet.state in self.values
            case "source":
                return _inside(packet.source, self.values)
            case "destination" if packet.broadcast or packet.destination is not None:
                to = IPv4Network("255.255.255.255/32") if packet.broadcast else IPv4Network(f"{packet.destination}/32")
                return _inside(to, self.values)
            case "kind":
                return ("broadcast" if packet.broadcast else "host") in self.values
            case "delivery":
                return ("broadcast" if packet.broadcast else "local") in self.values
            case "never":
                return False
        return None


@dataclass(frozen=True, slots=True)
class Rule:
    """Conditions that all have to hold, and what follows: a fate, the name of a chain to go to, or nothing ("")."""

    matches: tuple[Match, ...]
    verdict: Fate | str = ""
    returns: bool = False
    leaves: bool = False
    """Whether the rules behind it are not looked at after the other chain (nft's goto)."""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """Rules in their order. `policy` is what the end means: of a base chain accept or drop, else to go on where one came from."""

    name: str
    rules: Sequence[Rule] = ()
    policy: Fate = Fate.ON
    base: bool = False
    priority: int = 0


@dataclass(frozen=True, slots=True)
class By:
    """What decides about a packet: a rule or the policy of a chain."""

    table: str
    chain: str
    text: str

    def __str__(self) -> str:
        return f"{self.text} of {self.table} {self.chain}"


_NOBODY = By("", "", "")


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All chains by table and name; `unread` are tables that could not be understood."""

    chains: Mapping[tuple[str, str], Chain]
    unread: tuple[str, ...] = ()

    def fates(self, packet: Packet) -> dict[Fate, By]:
        """What may become of `packet`, each with the rule or chain that may do it. One fate: that is what happens."""
        found: dict[Fate, By] = {}
        for (table, _), chain in sorted(self.chains.items(), key=lambda item: (item[1].priority, item[0])):
            if not chain.base:
                continue
            here = self._walk(table, chain, packet, 0)
            if set(here) == {Fate.DROP}:
                return here
            found |= {fate: why for fate, why in here.items() if fate is Fate.DROP}
        found.setdefault(Fate.ACCEPT, _NOBODY)
        return found

    def _walk(self, table: str, chain: Chain, packet: Packet, depth: int) -> dict[Fate, By]:
        """What may come of `packet` in this chain; of one that is no base chain `Fate.ON` is its end."""
        if depth > _DEEPEST:
            return {Fate.ACCEPT: _NOBODY, Fate.DROP: By(table, chain.name, "jumps too deep")}
        end, by = (chain.policy if chain.base else Fate.ON), By(table, chain.name, "policy")
        found: dict[Fate, By] = {}
        for rule in chain.rules:
            held = _all([match.holds(packet) for match in rule.matches])
            if held is False:
                continue
            after = self._after(table, chain, rule, packet, depth)
            found = {fate: why for fate, why in after.items() if fate is not Fate.ON} | found
            if Fate.ON in after and (rule.returns or rule.leaves):
                found.setdefault(end, by)
                after = {fate: why for fate, why in after.items() if fate is not Fate.ON}
            if held and Fate.ON not in after:
                return found
        found.setdefault(end, by)
        return found

    def _after(self, table: str, chain: Chain, rule: Rule, packet: Packet, depth: int) -> dict[Fate, By]:
        """What follows once the conditions of `rule` hold."""
        if isinstance(rule.verdict, Fate):
            return {rule.verdict: By(table, chain.name, rule.text or str(rule.verdict))}
        if not rule.verdict:
            return {Fate.ON: _NOBODY}
        target = self.chains.get((table, rule.verdict))
        if target is None:
            return {Fate.ACCEPT: _NOBODY, Fate.DROP: By(table, chain.name, rule.verdict), Fate.ON: _NOBODY}
        return self._walk(table, target, packet, depth + 1)


@dataclass(slots=True)
class Numbers:
    """All port numbers that rules name, gathered while they are read: where what is done may change."""

    found: set[int] = field(default_factory=set)

    def inside(self, first: int, last: int) -> list[int]:
        """Ports from `first` to `last` that stand for all of them."""
        edges = {first, last, (first + last) // 2}
        edges |= {near for number in self.found for near in (number - 1, number, number + 1)}
        return sorted(port for port in edges if first <= port <= last)


def _all(held: Sequence[bool | None]) -> bool | None:
    if False in held:
        return False
    return None if None in held else True


def _ranges(values: Sequence[object]) -> list[tuple[int, int]]:
    return [value if isinstance(value, tuple) else (int(str(value)), int(str(value))) for value in values]


def _same_interface(name: str, interface: str) -> bool:
    return interface.startswith(name[:-1]) if name.endswith(("*", "+")) else name == interface


def _inside(network: IPv4Network | None, values: Sequence[object]) -> bool | None:
    """Whether all of `network` is in one of `values`: yes, no where none touches it, else perhaps."""
    known = [value for value in values if isinstance(value, IPv4Network)]
    if network is not None and any(network.subnet_of(value) for value in known):
        return True
    if len(known) < len(values) or network is None:
        return None
    return None if any(network.overlaps(value) for value in known) else False
