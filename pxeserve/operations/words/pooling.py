"""The words of a pool's storage and networks, each bounded and checked: they end up in `xe` commands on hosts, and in scripts.

Refuses to know what belongs together. Every check gives the text as it is kept, or raises PxeserveError.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address

from pxeserve.errors import PxeserveError, quoted

_POOL = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 _-]{0,61}[A-Za-z0-9_-])?", re.ASCII)
_IQN = re.compile(r"iqn\.\d{4}-(0[1-9]|1[0-2])\.[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[a-z0-9.:-]+)?", re.ASCII)
_EUI = re.compile(r"eui\.[0-9a-f]{16}|naa\.([0-9a-f]{16}|[0-9a-f]{32})", re.ASCII)
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.ASCII)
_PATH = re.compile(r"(/[A-Za-z0-9_.~+@-]+)+", re.ASCII)
_DEVICE = re.compile(r"/dev(/[A-Za-z0-9_.:+-]+)+", re.ASCII)
_SCSI_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,127}", re.ASCII)
_CARD = re.compile(r"(eth|bond|lacp)\d{1,2}", re.ASCII)
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:-]{0,127}", re.ASCII)
_EDITION = re.compile(r"[a-z][a-z0-9-]{0,39}", re.ASCII)
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]{0,39}", re.ASCII)
_VERSION = re.compile(r"\d{1,4}(\.\d{1,5}){0,3}", re.ASCII)


def pool_name(text: str) -> str:
    """A name for a pool."""
    return _fits(_POOL, text, "a name for a pool: lower-case letters, digits, dots and hyphens, 63 at most")


def label(text: str) -> str:
    """A name for a storage or a network, as the pool's own database shows it."""
    return _fits(_LABEL, text, "a name for storage or a network: letters, digits, blanks, _ and -, 63 at most")


def iqn(text: str) -> str:
    """An iSCSI name by RFC 3720, 3.2.6.3 (or RFC 3980's `naa.`), in lower case as RFC 3722 has it: 223 bytes at most."""
    found = text.lower()
    if len(found) > 223 or not (_IQN.fullmatch(found) or _EUI.fullmatch(found)):
        fix = "iqn.YEAR-MONTH.DOMAIN:NAME, the domain the other way round: iqn.2008-03.org.example:xen01"
        raise PxeserveError(f"{quoted(text)} is not an iSCSI name", fix=fix)
    return found


def server(text: str) -> str:
    """An IPv4 address or a host's name."""
    found = text.lower()
    if re.fullmatch(r"[0-9.]+", found):
        return address(found)
    if len(found) > 253:
        raise PxeserveError(f"{quoted(text)} is neither an address nor a name")
    return _fits(_HOST, found, "an address or a host's name")


def address(text: str) -> str:
    """An IPv4 address."""
    return str(ipv4(text))


def ipv4(text: str) -> IPv4Address:
    """The same, as one."""
    try:
        return IPv4Address(text)
    except AddressValueError:
        raise PxeserveError(f"{quoted(text)} is not an IPv4 address") from None


def path(text: str) -> str:
    """An exported folder, absolute; `/` by itself too."""
    if text == "/":
        return text
    return _path(_PATH, text.rstrip("/"), 255, "an absolute path of letters, digits and _.~+@-, 255 characters at most")


def device(text: str) -> str:
    """A disk or a partition by its path."""
    return _path(_DEVICE, text, 128, "a device such as /dev/sdb or /dev/disk/by-id/NAME")


def scsi_id(text: str) -> str:
    """A LUN's SCSIid, as `xe sr-probe` prints it."""
    return _fits(_SCSI_ID, text, "a SCSIid, as xe sr-probe prints it")


def card(text: str) -> str:
    """A card of a host, or a bond."""
    return _fits(_CARD, text, "a card such as eth1, or a bond such as bond0")


def user(text: str) -> str:
    """A name by which something is logged in to."""
    return _fits(_USER, text, "a user's name")


def edition(text: str) -> str:
    """A licence's edition."""
    return _fits(_EDITION, text, "an edition, as xe host-apply-edition reads it")


def product(text: str) -> str:
    """What a pool runs."""
    return _fits(_PRODUCT, text, "a product such as XCP-ng")


def version(text: str) -> str:
    """The version of that."""
    return _fits(_VERSION, text, "a version such as 8.3.0")


def fingerprint(text: str) -> str:
    """A certificate's SHA-256, hex without colons and in lower case."""
    found = text.replace(":", "").strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", found):
        fix = "on the host: openssl x509 -in /etc/xensource/xapi-ssl.pem -noout -fingerprint -sha256"
        raise PxeserveError(f"{quoted(text)} is not a certificate's SHA-256 of 64 hex digits", fix=fix)
    return found


def _path(pattern: re.Pattern[str], text: str, most: int, what: str) -> str:
    if len(text) > most or any(part in (".", "..") for part in text.split("/")):
        raise PxeserveError(f"{quoted(text)} is not {what}")
    return _fits(pattern, text, what)


def _fits(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise PxeserveError(f"{quoted(text)} is not {what}")
    return text
