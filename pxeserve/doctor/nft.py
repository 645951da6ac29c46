"""nft's rule set, as `nft -j list ruleset` tells it, in the model of `rules`. What is not understood becomes a "perhaps".

Source: libnftables-json(5).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Any

from pxeserve.doctor.rules import Chain, Fate, Match, Numbers, Rule, Ruleset

_FAMILIES = ("inet", "ip", "netdev")
_SKIPPED = frozenset({"counter", "log", "comment", "nftrace", "mangle", "notrack"})
_VERDICTS = frozenset({"accept", "drop", "reject", "jump", "goto", "return", "continue"})
_PORTS = frozenset({("udp", "dport"), ("tcp", "dport"), ("th", "dport")})
_UNKNOWN = Match("")


def read(text: str, numbers: Numbers) -> Ruleset:
    """The rule set; port numbers that it names go into `numbers`. Raises ValueError for what is no rule set."""
    try:
        return _read([one for one in json.loads(text)["nftables"] if isinstance(one, dict)], numbers)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError) as error:
        raise ValueError(f"not a rule set: {type(error).__name__}: {error}") from None


def _read(entries: Sequence[Mapping[str, Any]], numbers: Numbers) -> Ruleset:
    sets = {_key(one[word]): one[word].get("elem", []) for one in entries for word in ("set", "map") if word in one}
    rules: dict[tuple[str, str], list[Rule]] = {}
    for one in entries:
        if "rule" in one and one["rule"].get("family") in _FAMILIES:
            rule = one["rule"]
            rules.setdefault((f"{rule['family']} {rule['table']}", rule["chain"]), []).extend(_rule(rule, sets, numbers))
    chains = {}
    for one in entries:
        chain = one.get("chain")
        if chain is None or chain.get("family") not in _FAMILIES:
            continue
        key = (f"{chain['family']} {chain['table']}", chain["name"])
        hook = chain.get("hook")
        if hook not in (None, "input", "prerouting", "ingress") or (hook == "prerouting" and chain.get("type") == "nat"):
            continue
        policy = Fate.DROP if chain.get("policy") == "drop" else Fate.ACCEPT
        stage = {"ingress": 0, "prerouting": 1}.get(str(hook), 2)
        chains[key] = Chain(chain["name"], rules.get(key, []), policy, hook is not None, stage * 100_000 + int(chain.get("prio") or 0))
    return Ruleset(chains)


def _key(one: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(one.get("family")), str(one.get("table")), str(one.get("name"))


def _rule(rule: Mapping[str, Any], sets: Mapping[tuple[str, str, str], Any], numbers: Numbers) -> list[Rule]:
    """One rule, or several where a map of verdicts stands for them."""
    matches: list[Match] = []
    for part in rule.get("expr", ()):
        word, value = next(iter(part.items()))
        if word == "match":
            matches += _match(value, rule, sets, numbers)
        elif word == "vmap":
            return _mapped(value, rule, matches, sets, numbers)
        elif word in _VERDICTS:
            return [_ends(word, value, rule, matches)]
        elif word not in _SKIPPED:
            matches.append(_UNKNOWN)
            if word in ("xt", "queue"):
                return [Rule(tuple(matches), f"{word} that is not understood", text=_text(rule))]
    return [Rule(tuple(matches), "")]


def _ends(word: str, value: Any, rule: Mapping[str, Any], matches: Sequence[Match]) -> Rule:
    if word in ("jump", "goto"):
        return Rule(tuple(matches), str(value.get("target", "")), leaves=word == "goto", text=_text(rule))
    if word == "return":
        return Rule(tuple(matches), "", returns=True)
    if word == "continue":
        return Rule(tuple(matches), "")
    return Rule(tuple(matches), Fate.ACCEPT if word == "accept" else Fate.DROP, text=_text(rule))


def _mapped(
    told: Mapping[str, Any], rule: Mapping[str, Any], matches: Sequence[Match], sets: Mapping[tuple[str, str, str], Any], numbers: Numbers
) -> list[Rule]:
    """A map of verdicts as a rule for each of its elements, which exclude each other."""
    data = told.get("data")
    if isinstance(data, str) and data.startswith("@"):
        data = {"set": sets.get((str(rule.get("family")), str(rule.get("table")), data[1:]))}
    elements = data.get("set") if isinstance(data, dict) else None
    if not isinstance(elements, list):
        return [Rule((*matches, _UNKNOWN), "vmap that is not understood", text=_text(rule))]
    found = []
    for element in elements:
        key, verdict = element
        word, value = next(iter(verdict.items()))
        if isinstance(key, dict) and "concat" in key:
            condition = [_UNKNOWN]
        else:
            condition = _match({"op": "==", "left": told.get("key"), "right": key}, rule, sets, numbers)
        found.append(_ends(word, value, rule, [*matches, *condition]))
    return found


def _text(rule: Mapping[str, Any]) -> str:
    comment = f' ("{rule["comment"]}")' if rule.get("comment") else ""
    return f"rule with handle {rule.get('handle')}{comment}"


def _match(told: Mapping[str, Any], rule: Mapping[str, Any], sets: Mapping[tuple[str, str, str], Any], numbers: Numbers) -> list[Match]:
    left, right, op = told.get("left"), told.get("right"), told.get("op")
    if op not in ("==", "!=", "in") or not isinstance(left, dict):
        return [_UNKNOWN]
    negated = op == "!="
    if isinstance(right, str) and right.startswith("@"):
        right = {"set": sets.get((str(rule.get("family")), str(rule.get("table")), right[1:]), [{"unknown": None}])}
    values = _values(right)
    payload, meta, tracked, route = left.get("payload"), left.get("meta"), left.get("ct"), left.get("fib")
    if isinstance(payload, dict) and "protocol" in payload:
        return _payload(str(payload["protocol"]), str(payload.get("field")), values, numbers, negated=negated)
    if isinstance(meta, dict):
        key = str(meta.get("key"))
        if key in ("iifname", "iif"):
            return [_plain("interface", values, negated)]
        if key == "l4proto":
            return [_plain("protocol", values, negated)]
        if key == "nfproto":
            return [] if ("ipv4" in values) != negated else [Match("never")]
        if key == "pkttype":
            return [_plain("kind", values, negated)]
        return [_UNKNOWN]
    if isinstance(tracked, dict) and tracked.get("key") == "state":
        return [_plain("state", values, negated)]
    if isinstance(tracked, dict) and tracked.get("key") == "status" and values == ["dnat"]:
        return [] if negated else [Match("never")]  # what was sent to this machine itself
    if isinstance(route, dict) and route.get("result") == "type" and route.get("flags") in ("daddr", ["daddr"]):
        return [_plain("delivery", values, negated)]
    return [_UNKNOWN]


def _plain(field: str, values: Sequence[object], negated: bool) -> Match:
    return Match(field, tuple(values), negated) if all(isinstance(value, str | int) for value in values) else _UNKNOWN


def _payload(protocol: str, field: str, values: Sequence[object], numbers: Numbers, *, negated: bool) -> list[Match]:
    if (protocol, field) in _PORTS:
        ports = [_port(value) for value in values]
        if any(port is None for port in ports):
            return [_UNKNOWN]
        known = tuple(port for port in ports if port is not None)
        numbers.found |= {edge for port in known for edge in port}
        own = [] if protocol == "th" else [Match("protocol", (protocol,))]
        return [*own, Match("port", known, negated)]
    if protocol in ("udp", "tcp"):
        return [Match("protocol", (protocol,)), _UNKNOWN]
    if protocol in ("ip6", "icmp", "icmpv6", "igmp", "esp", "ah", "sctp", "arp"):
        return [Match("never")]
    if protocol == "ip" and field in ("saddr", "daddr"):
        return [Match("source" if field == "saddr" else "destination", tuple(_network(value) for value in values), negated)]
    if protocol == "ip" and field == "protocol":
        return [_plain("protocol", values, negated)]
    return [_UNKNOWN]


def _values(right: object) -> list[object]:
    """The values that the right side stands for, each a word, a number, a range or a network as nft writes them."""
    if isinstance(right, dict) and "set" in right:
        inner = right["set"]
        return [part for one in (inner if isinstance(inner, list) else [inner]) for part in _values(one)]
    if isinstance(right, dict) and "elem" in right:
        return _values(right["elem"].get("val"))
    if isinstance(right, list):
        return [part for one in right for part in _values(one)]
    return [right]


_SERVICES = {"bootps": 67, "bootpc": 68, "tftp": 69, "http": 80, "https": 443, "nfs": 2049, "sunrpc": 111, "ftp": 21, "ssh": 22}


def _port(value: object) -> tuple[int, int] | None:
    if isinstance(value, dict) and isinstance(value.get("range"), list) and len(value["range"]) == 2:
        first, last = (_port(edge) for edge in value["range"])
        return (first[0], last[1]) if first and last else None
    if isinstance(value, str):
        value = _SERVICES.get(value, value)
    return (value, value) if isinstance(value, int) else None


def _network(value: object) -> object:
    """As a network; anything else as it is, which is then not understood."""
    try:
        if isinstance(value, dict) and "prefix" in value:
            return IPv4Network(f"{value['prefix']['addr']}/{value['prefix']['len']}", strict=False)
        if isinstance(value, str):
            return IPv4Network(value)
    except (ValueError, KeyError, TypeError):
        return value
    return value
