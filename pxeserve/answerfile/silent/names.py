"""Names: which of the generations know one, what it is called here, and which right one a wrong one is nearest to.

Refuses to know any document.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import lru_cache

from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.dialects.shape import Dialect, Element

SYNONYMS = {
    "netmask": "subnet", "mask": "subnet", "subnetmask": "subnet", "address": "ipaddr", "ip-address": "ipaddr", "ipaddress": "ipaddr",
    "router": "gateway", "default-gateway": "gateway", "dns": "name-server", "dns-server": "name-server", "nameservers": "name-server",
    "ntp-srv": "ntp-server", "time-server": "ntp-server", "password": "root-password", "rootpw": "root-password",
    "root-pw": "root-password", "rootpassword": "root-password", "disk": "primary-disk", "root-disk": "primary-disk",
    "keyboard": "keymap", "keyboard-layout": "keymap", "host-name": "hostname", "time-zone": "timezone", "tz": "timezone",
    "network-interface": "admin-interface", "interface": "admin-interface", "management-interface": "admin-interface",
    "repository": "source", "url": "source", "post-install": "post-install-script", "boot-loader": "bootloader",
}  # fmt: skip
"""What people write, and the modern name of what they mean."""

NO_OPTIONS = {
    "license": "a licence is applied on the installed host",
    "license-key": "a licence is applied on the installed host",
    "licence": "a licence is applied on the installed host",
    "eula": "unattended, the licence agreement is never asked for",
    "accept-eula": "unattended, the licence agreement is never asked for",
    "pool-token": "a pool is joined on the installed host, by a script",
    "pool": "a pool is joined on the installed host, by a script",
    "time-config-method": "it is a word of the installer's own inside: time servers, or ntp from XenServer 8, decide",
    "install-xen64": "it was a boot parameter, up to 5.x",
    "xenserver-network-backend": "the element is called network-backend",
    "filesystem-populated-script": 'it is written <script stage="filesystem-populated">',
    "installation-start-script": 'it is written <script stage="installation-start">',
    "installation-complete-script": 'it is written <script stage="installation-complete">',
    "multipath": "multipath is switched on at the boot line: device_mapper_multipath=yes",
}
"""Names that are said to be options and that no installer reads, with what to do instead."""


def spelt(dialect: Dialect, key: str) -> str | None:
    """How this generation spells the element of a modern name; None when it has none."""
    element = dialect.elements.get(key)
    return element.names[0] if element else None


@lru_cache(maxsize=512)
def key_of(name: str) -> str | None:
    """The modern name of what any generation calls so."""
    return next((element.key for dialect in reversed(DIALECTS.values()) if (element := dialect.element_named(name))), None)


@lru_cache(maxsize=512)
def readers(name: str) -> tuple[str, ...]:
    """The generations that read an element of this name, in order."""
    return tuple(dialect.name for dialect in DIALECTS.values() if dialect.element_named(name) is not None)


@lru_cache(maxsize=512)
def attribute_readers(element: str, name: str) -> tuple[str, ...]:
    """The generations that read an attribute of this name of the element of this modern name ("" for the outermost one), in order."""
    return tuple(dialect.name for dialect in DIALECTS.values() if name in attribute_names(_element(dialect, element)))


def attribute_names(element: Element | None) -> tuple[str, ...]:
    """All spellings of all attributes that are read of an element."""
    return () if element is None else tuple(name for one in element.attributes for name in one.names)


def since_until(names: tuple[str, ...]) -> str:
    """`7.1 and later`, `5.0 to 5.5`, `xcp-8.2 and xcp-8.3`: some of the generations, in order and in few words."""
    order = list(DIALECTS)
    runs: list[list[str]] = []
    for name in names:
        if runs and order.index(name) == order.index(runs[-1][-1]) + 1:
            runs[-1].append(name)
        else:
            runs.append([name])
    return " and ".join(_run(run, order) for run in runs)


def _run(run: list[str], order: list[str]) -> str:
    if len(run) == 1:
        return run[0]
    return f"{run[0]} and later" if run[-1] == order[-1] else f"{run[0]} to {run[-1]}"


def nearest(name: str, known: Iterable[str]) -> tuple[str | None, bool]:
    """The right name that a wrong one is nearest to, or None; and whether it is so near that nothing else can be meant."""
    choices = sorted(set(known))
    folded = name.lower().replace("_", "-")
    plain = folded.replace("-", "")
    for choice in choices:
        if choice == folded or choice.replace("-", "") == plain:
            return choice, True
    near = difflib.get_close_matches(folded, choices, 1, 0.6)
    if not near:
        return None, False
    return near[0], difflib.SequenceMatcher(None, folded, near[0]).ratio() >= 0.85


def _element(dialect: Dialect, key: str) -> Element | None:
    return dialect.elements.get(key) if key else dialect.root
