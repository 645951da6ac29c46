"""Hosts, profiles and what they add to a boot. Refuses to know where they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any


@dataclass(frozen=True, slots=True)
class BootWords:
    """Words that a profile adds to the three parts of a boot entry (hypervisor, kernel; the RAM disk takes none).

    `serial` is `ttyS0,115200` or None for no serial console; `dom0_mem` as Xen reads it, such as `752M` or `max:8192M`. `leave` is how the
    machine's firmware lets go of a network boot (`boot.exits.Leave`), "" for the usual way; `secure_boot` is `yes` where its firmware runs
    only what is signed. `multipath` is enabled, disabled or if-multiple, `network_device` the card by which an installer fetches its
    answerfile (`eth0`, a MAC or `all`); each generation spells them in its own way (`boot.installer`).
    """

    serial: str | None = None
    dom0_mem: str | None = None
    xen_args: str = ""
    kernel_args: str = ""
    leave: str = ""
    secure_boot: str = ""
    multipath: str = ""
    network_device: str = ""


@dataclass(frozen=True, slots=True)
class PlainBoot:
    """An operating system that boots from plain files beneath the data folder's `files/`.

    Either `kernel` with an optional `initrd`, or `multiboot`: hypervisor and modules, each a path followed by its words.
    """

    kernel: str = ""
    initrd: str = ""
    args: str = ""
    multiboot: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """What a kind of host gets: a medium or plain files, words for the boot entry, and answers for the installer."""

    name: str
    medium: str | None = None
    parent: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    words: BootWords = BootWords()
    plain: PlainBoot | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """One machine that people have named. `macs` are normalised; `address` is its reservation in server mode; `rack` is where it stands
    and `tags` are the site's own words for it, by name: both only find it, nothing is decided by them."""

    id: int
    name: str
    macs: tuple[str, ...]
    profile: str
    uuid: str | None = None
    serial: str | None = None
    address: IPv4Address | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    rack: str | None = None
    tags: tuple[str, ...] = ()
