"""Which installer generation a product belongs to: one table, so that media, answerfiles and menus agree."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """Products named `product` from version `since` up to but not including `until` are installed by installers of `dialect`."""

    product: str
    since: tuple[int, ...]
    until: tuple[int, ...]
    dialect: str
    because: str


_EVER = (999,)
_LAST_TRUNK = "the commit of the installer on the release's date"

ROWS: tuple[Row, ...] = (
    Row("XenServer", (4, 0), (5, 0), "4.1", "4.0 and 4.1 share the parser without checks"),
    Row("XenServer", (5, 0), (5, 5), "5.0", _LAST_TRUNK),
    Row("XenServer", (5, 5), (5, 6), "5.5", "the parser became a class"),
    Row("XenServer", (5, 6), (6, 0), "5.6", "white space trimmed, scripts"),
    Row("XenServer", (6, 0), (6, 1), "6.0", "named errors, new names"),
    Row("XenServer", (6, 1), (6, 5), "6.2", "restore, IPv6"),
    Row("XenServer", (6, 5), (7, 0), "6.5", _LAST_TRUNK),
    Row("XenServer", (7, 0), (7, 1), "7.0", "yum media, GRUB 2"),
    Row("XenServer", (7, 1), (7, 2), "7.1", "several sources"),
    Row("XenServer", (7, 2), (8, 0), "8.2", "vlan since 7.2"),
    Row("Citrix Hypervisor", (8, 0), (8, 3), "8.2", "installer 10.7"),
    Row("XenServer", (8, 0), (9, 0), "xs8", "release/xs8: ntp, swraid"),
    Row("XenServer", (9, 0), _EVER, "xs9", "Python 3, Xen as an EFI program"),
    Row("XCP-ng", (7, 4), (8, 3), "xcp-8.2", "8.2 with raid"),
    Row("XCP-ng", (8, 3), (8, 4), "xcp-8.3", "installer 10.10.19.xcpng"),
)


def dialect_of(product: str, version: str) -> str | None:
    """The dialect of `product` in `version` (numbers parted by dots, anything behind them ignored); None for one not in the table."""
    numbers: list[int] = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
        if digits != part:
            break
    key = tuple(numbers)
    if not key:
        return None
    return next((row.dialect for row in ROWS if row.product.lower() == product.lower() and row.since <= key < row.until), None)


def known() -> str:
    """The products in the table, for a message."""
    spans: dict[str, list[Row]] = {}
    for row in ROWS:
        spans.setdefault(row.product, []).append(row)
    return ", ".join(f"{product} from {'.'.join(map(str, min(row.since for row in rows)))}" for product, rows in spans.items())
