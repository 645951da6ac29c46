"""Lines for people who keep their own DHCP server and want no proxy: what it has to say to which machine. Pure text.

One table for all four servers. Refuses to know who boots what: the names are those that pxeserve answers without a boot session.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address
from typing import Any


class Other(StrEnum):
    """DHCP servers that lines can be written for."""

    ISC = "isc"
    KEA = "kea"
    DNSMASQ = "dnsmasq"
    WINDOWS = "windows"


@dataclass(frozen=True, slots=True)
class Line:
    """Machines of these architectures (option 93) are told `file`. `http`: they are HTTP Boot clients (option 60 `HTTPClient`), which want
    a whole address, and option 60 back."""

    name: str
    architectures: tuple[int, ...]
    file: str
    http: bool = False


SCRIPT = "boot.ipxe"
"""What iPXE is told (user class 77 `iPXE`), whatever it runs on. It has to be asked for first: else iPXE is sent itself, for ever."""

LINES = (
    Line("bios", (0,), "pxelinux.0"),
    Line("uefi-ia32", (6,), "grubia32.efi"),
    Line("uefi-x64", (7, 9), "grubx64.efi"),
    Line("uefi-arm64", (11,), "grubaa64.efi"),
    Line("http-x64", (16,), "grubx64.efi", http=True),
    Line("http-arm64", (19,), "grubaa64.efi", http=True),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where machines find pxeserve."""

    server: IPv4Address
    http_port: int = 80

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://{self.server}" + ("" if self.http_port == 80 else f":{self.http_port}")

    def name(self, line: Line) -> str:
        """The boot file as a machine of `line` is told it."""
        return f"{self.url}/{line.file}" if line.http else line.file


def snippet(other: Other, place: Place) -> str:
    """The lines for `other`."""
    return _WRITERS[other](place)


def _head(place: Place, mark: str) -> list[str]:
    return [
        f"{mark} Network boot by pxeserve at {place.server}, written by: pxeserve dhcp snippet",
        f'{mark} pxeserve itself needs [dhcp] mode = "off" then. Architectures that are not named here get no boot file.',
    ]


def _isc(place: Place) -> str:
    lines = [*_head(place, "#"), "option pxeserve-arch code 93 = unsigned integer 16;", ""]
    lines += ['class "pxeserve" {', '  match if substring(option vendor-class-identifier, 0, 9) = "PXEClient"']
    lines += ['    or substring(option vendor-class-identifier, 0, 10) = "HTTPClient" or option user-class = "iPXE";']
    lines += [f"  next-server {place.server};", f'  if option user-class = "iPXE" {{ filename "{place.url}/{SCRIPT}"; }}']
    for line in LINES:
        test = " or ".join(f"option pxeserve-arch = 00:{code:02x}" for code in line.architectures)
        back = ' option vendor-class-identifier "HTTPClient";' if line.http else ""
        lines.append(f'  elsif {test} {{{back} filename "{place.name(line)}"; }}')
    return "\n".join([*lines, "}", ""])


def _kea(place: Place) -> str:
    """Kea 2.2. Each class leaves out iPXE, since a packet is in every class whose test is true."""
    ipxe = "option[77].hex == 'iPXE'"
    classes: list[dict[str, Any]] = [
        {"name": "pxeserve-ipxe", "test": ipxe, "next-server": str(place.server), "boot-file-name": f"{place.url}/{SCRIPT}"}
    ]
    for line in LINES:
        codes = " or ".join(f"option[93].hex == 0x{code:04x}" for code in line.architectures)
        one: dict[str, Any] = {
            "name": f"pxeserve-{line.name}",
            "test": f"({codes}) and not ({ipxe})",
            "next-server": str(place.server),
            "boot-file-name": place.name(line),
        }
        if line.http:
            one["option-data"] = [{"name": "vendor-class-identifier", "data": "HTTPClient", "always-send": True}]
        classes.append(one)
    return "\n".join([*_head(place, "//"), '"client-classes": ' + json.dumps(classes, indent=2), ""])


def _dnsmasq(place: Place) -> str:
    lines = [*_head(place, "#"), "dhcp-userclass=set:pxeserve-ipxe,iPXE"]
    for line in LINES:
        lines += [f"dhcp-match=set:pxeserve-{line.name},option:client-arch,{code}" for code in line.architectures]
    lines.append(f"dhcp-boot=tag:pxeserve-ipxe,{place.url}/{SCRIPT},,{place.server}")
    for line in LINES:
        tags = f"tag:pxeserve-{line.name},tag:!pxeserve-ipxe"
        lines.append(f"dhcp-boot={tags},{place.name(line)},,{place.server}")
        if line.http:
            lines.append(f"dhcp-option-force=tag:pxeserve-{line.name},60,HTTPClient")
    return "\n".join([*lines, ""])


def _windows(place: Place) -> str:
    """Policies by vendor class, as the DHCP server of Windows Server 2012 and later has them; it cannot look at option 93 itself, but
    firmware says its architecture in option 60 as well."""
    lines = [*_head(place, "#"), "# For PowerShell on the DHCP server, as an administrator. pxeserve's tests have not run these lines."]
    lines += ['Add-DhcpServerv4Class -Name "pxeserve ipxe" -Type User -Data "iPXE"']
    lines += _policy("ipxe", '-UserClass EQ,"pxeserve ipxe"', f"{place.url}/{SCRIPT}", place)
    for line in LINES:
        kind = "HTTPClient" if line.http else "PXEClient"
        for code in line.architectures:
            name = f"{line.name} {code}"
            lines.append(f'Add-DhcpServerv4Class -Name "pxeserve {name}" -Type Vendor -Data "{kind}:Arch:{code:05}"')
            lines += _policy(name, f'-VendorClass EQ,"pxeserve {name}*"', place.name(line), place)
            if line.http:
                lines.append(f'Set-DhcpServerv4OptionValue -PolicyName "pxeserve {name}" -OptionId 60 -Value "HTTPClient"')
    return "\n".join([*lines, ""])


def _policy(name: str, condition: str, file: str, place: Place) -> list[str]:
    policy = f'-PolicyName "pxeserve {name}"'
    return [
        f'Add-DhcpServerv4Policy -Name "pxeserve {name}" -Condition OR {condition}',
        f'Set-DhcpServerv4OptionValue {policy} -OptionId 66 -Value "{place.server}"',
        f'Set-DhcpServerv4OptionValue {policy} -OptionId 67 -Value "{file}"',
    ]


_WRITERS: dict[Other, Callable[[Place], str]] = {Other.ISC: _isc, Other.KEA: _kea, Other.DNSMASQ: _dnsmasq, Other.WINDOWS: _windows}
