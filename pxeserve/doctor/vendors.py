"""Who made the card with this MAC: enough to find a box in a rack. A few well-known makers; all of them where Debian's ieee-data lies."""

from __future__ import annotations

from pathlib import Path

_LIST = Path("usr/share/ieee-data/oui.txt")
_LONGEST_LIST = 16 << 20

_MAKERS = {
    "VMware": "000c29 005056 000569 001c14",
    "Microsoft (Hyper-V)": "00155d 0003ff",
    "VirtualBox": "080027",
    "QEMU or libvirt": "525400",
    "Xen": "00163e",
    "Parallels": "001c42",
    "Raspberry Pi": "b827eb dca632 e45f01",
    "Dell": "001422 d4bed9 f8bc12 b083fe 246e96 1866da",
    "Hewlett Packard": "3cd92b 941882 9cb654 1402ec 98f2b3",
    "Supermicro": "002590 ac1f6b 0cc47a 3cecef",
    "IBM": "6cae8b 40f2e9",
    "Intel": "001b21 a0369f 90e2ba 3cfdfe",
    "Realtek": "00e04c",
    "Cisco": "00000c 001b54",
    "Cisco Meraki": "00180a",
    "Aruba": "000b86",
    "Arista": "001c73 444ca8",
    "Juniper": "000585",
    "MikroTik": "4c5e0c 6c3b6b 64d154 b869f4 e48d8c cc2de0 488f5a 000c42",
    "Ubiquiti": "24a43c 0418d6 802aa8 788a20 fcecda 44d9e7 687251 f09fc2",
    "AVM (FRITZ!Box)": "00040e 246511 3ca62f c02506 0896d7 3431c4 bc0543 e0286d 3810d5",
    "TP-Link": "50c7bf ec086b 14cc20 f4f26d c04a00 60e327 98ded0 a0f3c1",
    "Netgear": "00095b 00146c 204e7f 9c3dcf a040a0 c40415 28c68e 2cb05d",
    "D-Link": "00055d 000d88 1c7ee5 28107b c8d3a3",
    "Linksys": "000625 000c41 0014bf 001839",
    "Belkin": "c05627",
    "ASUS": "2c56dc 50465d ac220b 1c872c",
    "Zyxel": "001349",
}
"""Prefixes of the IEEE's list (MA-L) by makers of virtual machines, servers, switches and home routers; 525400 is QEMU's own choice."""

_BY_PREFIX = {prefix: maker for maker, prefixes in _MAKERS.items() for prefix in prefixes.split()}


def maker(mac: str, root: Path = Path("/")) -> str:
    """The maker of the card with `mac`, such as `52:54:00:77:00:01`; `unknown maker` where nothing here knows it."""
    digits = mac.replace(":", "").lower()[:6]
    if digits in _BY_PREFIX:
        return _BY_PREFIX[digits]
    if digits.startswith("0242"):
        return "Docker"
    if int(digits[:2], 16) & 2:
        return "made-up MAC, as virtual machines have"
    return _listed(digits, root / _LIST) or "unknown maker"


def _listed(digits: str, path: Path) -> str:
    """From the IEEE's list, whose lines are `00-22-72   (hex)\\t\\tMaker`."""
    wanted = "-".join(digits[at : at + 2] for at in range(0, 6, 2)).upper()
    try:
        if path.stat().st_size > _LONGEST_LIST:
            return ""
        with path.open(encoding="utf-8", errors="replace") as file:
            line = next((line for line in file if line.startswith(wanted)), "")
    except OSError:
        return ""
    return line.partition("(hex)")[2].strip()
