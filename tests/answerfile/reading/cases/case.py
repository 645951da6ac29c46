"""What a case is: a file, changed from one that every generation takes, and how an installer refuses it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pxeserve.answerfile.reading import Machine

BASE = """<installation>
  <primary-disk>sda</primary-disk>
  <source type="url">http://192.0.2.1/media</source>
  <admin-interface name="eth0" proto="dhcp"/>
  <root-password>secret1</root-password>
  <timezone>Europe/London</timezone>
</installation>
"""
STATIC = '<admin-interface name="eth0" proto="static"><ip>192.0.2.9</ip><subnet-mask>255.255.255.0</subnet-mask><gateway>192.0.2.1</gateway></admin-interface>'  # noqa: E501
V6 = (
    '<admin-interface name="eth0" proto="none" protov6="static"><ipv6>2001:db8::9/64</ipv6><gatewayv6>fe80::1</gatewayv6></admin-interface>'
)
NIC, PASSWORD = '<admin-interface name="eth0" proto="dhcp"/>', "<root-password>secret1</root-password>"
SOURCE, DISK = '<source type="url">http://192.0.2.1/media</source>', "<primary-disk>sda</primary-disk>"

MACHINE = Machine(
    nics={"eth0": "52:54:00:77:00:01", "eth1": "52:54:00:77:00:02", "eth2": "52:54:00:77:00:02"},
    disks=frozenset({"/dev/sda", "/dev/sdb"}),
    links={"/dev/disk/by-id/one": "/dev/sda"},
    installations=("/dev/sda",),
    backups=("/dev/sda", "/dev/sdb"),
)
LARGE = replace(MACHINE, large_block=frozenset({"/dev/sda"}), large_block_sr="largeblock")
BARE = replace(MACHINE, installations=(), backups=())
PATHS = replace(MACHINE, masters={"/dev/sdb": "/dev/mapper/mpatha"})


@dataclass(frozen=True, slots=True)
class Case:
    """A file that an installer refuses with `error` and `message`, at the element `node` (the first of that name, `nth` from 0)."""

    text: str
    error: str
    message: str
    node: str
    machine: Machine | None = None
    nth: int = 0


def changed(*changes: tuple[str, str], root: str = "<installation>") -> str:
    """The base file with some of it exchanged. What is to be exchanged has to be there, once."""
    text = BASE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    name = root.strip("<>").split()[0]
    return text.replace("<installation>", root).replace("</installation>", f"</{name}>")


def plus(*elements: str, root: str = "<installation>") -> str:
    """The base file with some elements more, before all else."""
    return changed(("  <primary-disk>", f"  {' '.join(elements)}\n  <primary-disk>"), root=root)


def within(elements: str, root: str = "<installation>") -> str:
    """A file of nothing else."""
    return f"{root}{elements}</{root.strip('<>').split()[0]}>"
