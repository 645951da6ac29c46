"""Prints docs/pictures.md: how pxeserve is built, drawn from its own tables: the floors that the linter keeps, the processes that the
parent starts, the loaders that machines are given. States and runbooks are drawn where they are explained."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from pxeserve.boot.entry import Load
from pxeserve.boot.table import row
from pxeserve.domain.client import ARCHITECTURES, Firmware
from pxeserve.supervisor.children import MODULES

_CHECKOUT = Path(__file__).parent.parent
_HEAD = """\
# In pictures

<!-- Drawn by `python packaging/pictures.py`; a test compares. -->

Nothing here was drawn by hand: each picture comes from the table that the code goes by. Two more stand where they are explained:
[the states of an install](arming.md), and [the runbooks of a recovery](recovery.md). What the rooms are for is said in
[how pxeserve is built](architecture.md)."""
_FLOORS = """\
## Floors

Whatever stands in a box may import from those below it and from nothing above; those in one box do not know each other. From the contracts
in `pyproject.toml`, which `lint-imports` keeps."""
_PROCESSES = """\
## Processes

The parent binds ports and answers nobody; each child is a process of its own that has dropped its rights before it serves
(`pxeserve/supervisor/children.py`)."""
_LOADERS = """\
## From firmware to installer

Which boot loader each kind of firmware is given, by what is to be loaded (`pxeserve/boot/table.py`; [why](loaders.md)). In brackets are the
codes by which DHCP tells a machine's firmware (option 93); iPXE says its own name."""
_LOADS = {
    Load.XEN: "XenServer 7 and 8, XCP-ng",
    Load.XEN_BIOS: "XenServer 4.1 to 6.5",
    Load.XEN_EFI: "XenServer 9",
    Load.LINUX: "A kernel and its RAM disk",
}
_REFUSED = "refused, with what to change"


def page() -> Iterator[str]:
    """The page's lines."""
    yield _HEAD
    yield f"\n{_FLOORS}"
    for contract in tomllib.loads((_CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]:
        if contract["type"] == "layers":
            yield f"\n### {contract['name'].removeprefix('the ').capitalize()}\n"
            yield from _picture(_layers(contract["layers"]))
    yield f"\n{_PROCESSES}\n"
    yield from _picture(_processes())
    yield f"\n{_LOADERS}"
    for load, title in _LOADS.items():
        yield f"\n### {title}\n"
        yield from _picture(_chain(load, title))


def _picture(lines: Iterator[str]) -> Iterator[str]:
    yield "```mermaid"
    yield from lines
    yield "```"


def _layers(layers: Sequence[str]) -> Iterator[str]:
    yield "flowchart TD"
    for number, layer in enumerate(layers):
        said = " · ".join(one.strip().removeprefix("pxeserve.") for one in layer.split("|"))
        yield f'    floor{number}["{said}"]'
    for one, other in pairwise(range(len(layers))):
        yield f"    floor{one} --> floor{other}"


def _processes() -> Iterator[str]:
    yield "flowchart LR"
    yield '    parent["the parent: ports and children"]'
    for name, module in MODULES.items():
        yield f'    {name}["{name}: {module.removeprefix("pxeserve.")}"]'
        yield f"    parent --> {name}"


def _chain(load: Load, title: str) -> Iterator[str]:
    """Firmware, its loader, and what that starts; what a mode changes stands at the arrow."""
    yield "flowchart LR"
    boxes: dict[str, str] = {}
    arrows: list[str] = []
    for firmware in Firmware:
        codes = sorted(code for code, one in ARCHITECTURES.items() if one.firmware is firmware)
        boxes[firmware] = f"{firmware} ({', '.join(map(str, codes))})" if codes else str(firmware)
        given = {mode: _given(firmware, load, mode) for mode in ("server", "proxy", "off")}
        for name in dict.fromkeys(given.values()):
            modes = [mode for mode, one in given.items() if one == name]
            boxes[_id(name)] = name
            arrows.append(f"    {firmware} -->" + (f'|"{", ".join(modes)}"|' if len(modes) < len(given) else "") + f" {_id(name)}")
    loaders = [key for key in boxes if key not in set(Firmware) and boxes[key] != _REFUSED]
    yield from (f'    {key}["{said}"]' for key, said in boxes.items())
    yield f'    loaded["{title}"]'
    yield from arrows
    yield from (f"    {key} --> loaded" for key in loaders)


def _given(firmware: Firmware, load: Load, mode: str) -> str:
    """The loader in words."""
    line = row(firmware, load, mode)
    if line is None or line.family is None:
        return _REFUSED
    return f"{line.file}, by {'HTTP' if line.http else 'TFTP'}"


def _id(said: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in said.lower())


if __name__ == "__main__":
    print("\n".join(page()))
