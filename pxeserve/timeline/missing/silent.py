"""Armed, and not heard: why a machine that should boot from the network has not asked."""

from __future__ import annotations

from pxeserve.timeline.missing.shape import Expectation, Rule, always, likely, possible, proven, strongest
from pxeserve.timeline.missing.situation import Situation
from pxeserve.timeline.steps import Step

PATIENCE = 300.0
"""Seconds after an arming in which silence means nothing: servers take minutes from power-on to their network boot."""

_EXPECTED = "the machine boots from its network card and asks by DHCP"
_NEXT_BOOT = "an armed host is installed when it boots from the network next"
_BOOT_ORDER = (
    "put the network first in its boot order, or press its one-time boot key while it starts (F12 on most makes, F11 for their menu), or "
    "ask its BMC: ipmitool chassis bootdev pxe (options=efiboot on UEFI), then ipmitool chassis power cycle"
)


def _lapsed(situation: Situation) -> bool:
    return situation.has("lapsed")


def _started(situation: Situation) -> bool:
    """Its own system asked for an address anew: no reason to wait, the machine has started, and not from the network."""
    return situation.heard.system is not None and situation.heard.system.started


def _runs(situation: Situation) -> bool:
    return situation.heard.system is not None and not situation.heard.system.started


def _stranger(situation: Situation) -> bool:
    return not situation.heard.before


EXPECTATIONS = (
    Expectation(
        Step.OTHER, _EXPECTED, 0, "its arming ran out, and nothing was heard of it", "an arming is good for [arming] expires",
        when="its arming ran out", holds=_lapsed,
    ),
    Expectation(
        Step.OTHER, _EXPECTED, 0,
        "armed, and it started its own system instead at {system_at}{system_address}: it boots its disk before the network", _NEXT_BOOT,
        when="its own system asked for an address anew", holds=_started,
    ),
    Expectation(
        Step.OTHER, _EXPECTED, PATIENCE, "armed for {minutes} minutes, and its own system is running: heard at {system_at}", _NEXT_BOOT,
        when="its own system renewed its lease", holds=_runs,
    ),
    Expectation(Step.OTHER, _EXPECTED, PATIENCE, "armed for {minutes} minutes, and nothing was heard of it", _NEXT_BOOT),
)  # fmt: skip

_ARMED = (Step.OTHER,)

RULES = (
    Rule(
        "lapsed-unheard", _ARMED, "its arming ran out meanwhile", proven(_lapsed),
        "its arming ran out before the machine came", "pxeserve host list shows lapsed",
        "arm it again, with a longer [arming] expires where machines take long to start", "an arming is good for [arming] expires",
    ),
    Rule(
        "started-its-system", _ARMED, "its own system asked for an address anew", proven(_started),
        "it booted its own disk first", "its system asked for an address anew, as it does when it starts", _BOOT_ORDER,
        "RFC 2131 section 4.4.1: a client without an address begins with DISCOVER",
    ),
    Rule(
        "still-running", _ARMED, "its own system renewed its lease", proven(_runs),
        "it was not restarted, or it booted its own disk first",
        "its lease was renewed, so it is on, on this network and has this MAC", f"restart it; {_BOOT_ORDER}",
        "RFC 2131 section 4.3.2: a REQUEST by itself may be a renewal",
    ),
    Rule(
        "booted-its-disk", _ARMED, "nothing came by DHCP", possible(always),
        "it was not restarted, or it booted its own disk first", "its screen or its BMC: which device it booted", _BOOT_ORDER,
        "firmware boots the first device in its order",
    ),
    Rule(
        "switched-off", _ARMED, "nothing came by DHCP", possible(always),
        "it is off", "ipmitool chassis power status, or its lamp", "switch it on", "what is off asks for nothing",
    ),
    Rule(
        "not-on-this-network", _ARMED, "nothing came by DHCP", possible(always),
        "it is on another network: cable, switch port, tagged VLAN (network boots are untagged)",
        "the port's lamp and the switch's table of MAC addresses; PXE-E51 on its screen means that nobody answered",
        "put the port into the network of this server, untagged", "XCP-ng documentation: PXE boot needs an untagged network",
    ),
    Rule(
        "another-card", _ARMED, "no card of it was ever heard; likely when an unknown card has an address near its own",
        strongest(possible(_stranger), likely(lambda s: _stranger(s) and bool(s.heard.near))),
        "its card has another MAC than it was given here", "never heard here: {near}",
        "name that card too: pxeserve host set NAME --mac", "a host is known by its MACs",
    ),
    Rule(
        "no-relay", _ARMED, "nothing came by DHCP", possible(always),
        "its network has no DHCP relay to this server", "no machine of that network is in pxeserve events",
        "give its router this server's address as ip helper-address", "RFC 1542 section 4: broadcasts end at a router",
    ),
)  # fmt: skip
