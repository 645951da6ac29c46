"""The filter table as `iptables-save` tells it, in the model of `rules`. Used where rules are iptables' own or came through its tools.

Source: iptables(8), iptables-extensions(8).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from ipaddress import IPv4Network

from pxeserve.doctor.rules import Chain, Fate, Match, Numbers, Rule, Ruleset

_FATES = {"ACCEPT": Fate.ACCEPT, "DROP": Fate.DROP, "REJECT": Fate.DROP}
_SILENT = frozenset({"LOG", "NFLOG", "MARK", "CONNMARK", "TRACE", "AUDIT"})
_PLAIN_MODULES = frozenset(("-m", name) for name in ("udp", "tcp", "multiport", "comment", "conntrack", "state", "addrtype"))
TABLE = "iptables filter"


def read(text: str, numbers: Numbers) -> Ruleset:
    """The rules of the filter table; port numbers that they name go into `numbers`. Raises ValueError for what cannot be split."""
    rules: dict[str, list[Rule]] = {}
    policies: dict[str, str] = {}
    here = False
    for line in text.splitlines():
        if line.startswith("*"):
            here = line == "*filter"
        elif here and line.startswith(":"):
            name, policy = line[1:].split()[:2]
            policies[name] = policy
        elif here and line.startswith("-A "):
            words = shlex.split(line)
            rules.setdefault(words[1], []).append(_rule(words[2:], line, numbers))
    chains = {}
    for name, policy in policies.items():
        base = name == "INPUT"
        if base or policy == "-":
            end = Fate.DROP if policy == "DROP" else Fate.ACCEPT
            chains[(TABLE, name)] = Chain(name, rules.get(name, []), end if base else Fate.ON, base, 200_000)
    return Ruleset(chains)


def _rule(words: list[str], line: str, numbers: Numbers) -> Rule:
    matches: list[Match] = []
    negated = False
    for word, value in _options(words):
        if word == "!":
            negated = True
            continue
        if word in ("-j", "-g"):
            return _ends(value, matches, word == "-g", line)
        if word != "--comment" and (word, value) not in _PLAIN_MODULES:
            matches.append(_match(word, value, numbers, negated=negated))
        negated = False
    return Rule(tuple(matches), "")


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Each option with the word behind it, or with "" where another option follows."""
    at = 0
    while at < len(words):
        word, value = words[at], words[at + 1] if at + 1 < len(words) else ""
        takes = word != "!" and (not value.startswith(("-", "!")) or word == "--comment")
        yield word, value if takes else ""
        at += 2 if takes else 1


def _ends(target: str, matches: list[Match], leaves: bool, line: str) -> Rule:
    if target == "RETURN":
        return Rule(tuple(matches), "", returns=True)
    if target in _SILENT:
        return Rule(tuple(matches), "")
    return Rule(tuple(matches), _FATES.get(target, target), leaves=leaves, text=line[:120])


def _match(word: str, value: str, numbers: Numbers, *, negated: bool) -> Match:
    match word:
        case "-p":
            return Match("protocol", (value,), negated)
        case "-i":
            return Match("interface", (value,), negated)
        case "--ctstate" | "--state":
            return Match("state", tuple(value.lower().split(",")), negated)
        case "--dst-type":
            return Match("delivery", tuple(value.lower().split(",")), negated)
        case "-s" | "-d":
            try:
                return Match("source" if word == "-s" else "destination", (IPv4Network(value, strict=False),), negated)
            except ValueError:
                return Match("")
        case "--dport" | "--dports":
            try:
                ports = tuple(_range(part) for part in value.split(","))
            except ValueError:
                return Match("")
            numbers.found |= {edge for port in ports for edge in port}
            return Match("port", ports, negated)
    return Match("")


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition(":")
    return int(first or 0), int(last or first or 65535) if last or ":" not in text else 65535
