"""The steps that read disks, the local SR and RAIDs.

`/dev/` is not part of a disk's name in the answers. Where an installer resolves links, names that come to the same disk are the same.
"""

from __future__ import annotations

from pxeserve.answerfile.answers import Disk, Partition, Raid
from pxeserve.answerfile.dialects.shape import Said
from pxeserve.answerfile.document import Node
from pxeserve.answerfile.reading import machine
from pxeserve.answerfile.reading.draft import Draft
from pxeserve.answerfile.reading.looking import Looking
from pxeserve.answerfile.reading.naming import DISK_FIX, below_dev, device_named, looked_up, master_of, path_of
from pxeserve.answerfile.reading.python import lower, whole_number
from pxeserve.answerfile.reading.refusal import Cause


def sr_type_plain(look: Looking, draft: Draft) -> None:
    """4.1 to 5.6: checked before anything else."""
    draft["sr_type"] = look.word(look.root, "sr-type") or None


def sr_type(look: Looking, draft: Draft) -> None:
    """6.0 to 8.2."""
    draft["sr_type"] = look.word(look.root, "sr-type") or None


def sr_type_large_block(look: Looking, draft: Draft) -> None:
    """xs8, xcp-8.3 and xs9: disks with 4 KiB sectors need the SR type that was made for them."""
    large = look.dialect.large_block_sr or (look.machine and look.machine.large_block_sr)
    paths = _sr_disks(look, draft)
    for path in paths:
        _sectors_looked_at(look, path)
    chosen = look.attribute(look.root, "sr-type") or None
    if chosen is None or chosen != large:
        look.word(look.root, "sr-type")
    mismatched = [path for path in paths if look.machine and path in look.machine.large_block]
    if large and mismatched and chosen not in (None, large):
        said = Said("AnswerfileException", f"{', '.join(mismatched)} not compatible with SR type {chosen}")
        written = look.written(look.root, look.known_attribute("sr-type", None))
        look.stop(said, Cause.MACHINE, look.root, f'sr-type="{large}"', written)
    draft["sr_type"] = chosen


def primary_plain(look: Looking, draft: Draft) -> None:
    """4.1 to 5.5: any text, with /dev/ in front."""
    node = look.needed("primary-disk")[0]
    device = look.text(node)
    draft["primary_disk"] = Disk(device, _plain_yes(look, node, "guest-storage"))


def primary_bare(look: Looking, draft: Draft) -> None:
    """The OEM edition on a flash stick: no disk of guests."""
    draft["primary_disk"] = Disk(look.text(look.needed("primary-disk")[0]))


def primary_5_6(look: Looking, draft: Draft) -> None:
    """5.6: /dev/ only where it is missing, and a LUN by its specification."""
    node = look.needed("primary-disk")[0]
    device = device_named(look, node, look.text(node))
    draft["primary_disk"] = Disk(device, _plain_yes(look, node, "guest-storage"), _plain_yes(look, node, "sr-at-end"))


def primary(look: Looking, draft: Draft) -> None:
    """6.0 to 8.2, and XCP-ng 8.3."""
    node = look.needed("primary-disk")[0]
    preserved = _first_partition(look, node)
    device = device_named(look, node, look.text(node))
    draft["primary_disk"] = Disk(device, *_shares(look, node), preserved)


def primary_checked(look: Looking, draft: Draft) -> None:
    """xs8 and xs9: a mirror of two disks, and disks that have to be there."""
    node = look.needed("primary-disk")[0]
    preserved = _first_partition(look, node)
    mirror = look.yes(node, "swraid", "primary-disk") or False
    text = look.text(node)
    members = _mirror(look, node, text) if mirror else (text,)
    devices = tuple(member if mirror and member == "missing" else device_named(look, node, member) for member in members)
    for device in devices:
        if not (mirror and device == "missing"):
            _has_to_be_there(look, node, "Primary", path_of(look, device))
    shares = _shares(look, node)
    root_system = file_system(look, node, "primary-disk")
    draft["primary_disk"] = Disk("" if mirror else devices[0], *shares, preserved, devices if mirror else (), root_system)


def target(look: Looking, draft: Draft) -> None:
    """5.6 to xs8: an upgrade may name where the installation is to go."""
    node = look.lone("primary-disk")
    if node is not None:
        draft["primary_disk"] = Disk(device_named(look, node, look.text(node)))


def guests_plain(look: Looking, draft: Draft) -> None:
    """4.1 to 5.5: any texts."""
    draft["guest_disks"] = tuple(look.text(node) for node in look.all("guest-disk"))


def guests_5_6(look: Looking, draft: Draft) -> None:
    """5.6: of a disk with several paths only the one that is installed on. A LUN's specification is not understood here."""
    draft["guest_disks"] = tuple(_local(look, draft, node, below_dev(look.text(node))) for node in look.all("guest-disk"))


def guests_6_0(look: Looking, draft: Draft) -> None:
    """6.0: of a disk with several paths only the one that is installed on."""
    draft["guest_disks"] = tuple(_local(look, draft, node, device_named(look, node, look.text(node))) for node in look.all("guest-disk"))


def guests_kept(look: Looking, draft: Draft) -> None:
    """6.1 and 6.2: each as often as it is named."""
    draft["guest_disks"] = tuple(device_named(look, node, look.text(node)) for node in look.all("guest-disk"))


def guests(look: Looking, draft: Draft) -> None:
    """6.5 on: each once."""
    draft["guest_disks"] = _once(look, [device_named(look, node, look.text(node)) for node in look.all("guest-disk")])


def guests_checked(look: Looking, draft: Draft) -> None:
    """xs8 and xs9: each once, and all of them there."""
    guests(look, draft)
    for node in look.all("guest-disk"):
        _has_to_be_there(look, node, "Guest", path_of(look, below_dev(node.text.strip())))


def partitions_5_6(look: Looking, draft: Draft) -> None:
    """5.6: those whose three numbers are numbers."""
    outer = look.lone("initial-partitions")
    if outer is None:
        return
    made = []
    for node in look.all("partition", outer):
        numbers = []
        for key in ("number", "size", "id"):
            number = whole_number(look.attribute(node, key, "partition"))
            if number is None:
                break
            numbers.append(number)
        else:
            made.append(Partition(*numbers))
    draft["partitions"] = tuple(made)


def partitions_skipped(look: Looking, _draft: Draft) -> None:
    """6.0 to 8.2: a fault of the installer's makes it skip each of them."""
    outer = look.first("initial-partitions")
    if outer is not None:
        look.all("partition", outer)


def raids(look: Looking, draft: Draft) -> None:
    """XCP-ng: of two with the same device the last counts."""
    made: dict[str, Raid] = {}
    for node in look.all("raid"):
        device = device_named(look, node, look.attribute(node, "device", "raid"), "device")
        disks = tuple(device_named(look, disk, look.text(disk)) for disk in look.all("disk", node))
        made[path_of(look, device)] = Raid(device, disks)
    draft["raids"] = tuple(made.values())


def multipath(look: Looking, draft: Draft) -> None:
    """6.1 on, after all else: of a disk with several paths only the one that is installed on."""
    if look.machine is None:
        return
    primary: Disk | None = draft.get("primary_disk")
    node = look.first("primary-disk")
    if primary is not None and not primary.mirror and node is not None:
        looked_up(look, node, path_of(look, primary.device))
    own = master_of(look, primary.device) if primary else ""
    for node in look.all("guest-disk") if "guest_disks" in draft else ():
        path = path_of(look, below_dev(node.text.strip()))
        looked_up(look, node, path)
        over = machine.master_of(look.machine, path)
        if over and over != own:
            said = Said("Exception", f"Non-local disk {path} specified to be added to Local SR")
            look.stop(said, Cause.MACHINE, node, "leave it out: a disk with several paths is not local")


def file_system(look: Looking, node: Node, element: str) -> str | None:
    """The file system to be made or found on that disk (xs9)."""
    return look.word(node, "fs-type", element) or None if look.element(element).attribute("fs-type") else None


def _local(look: Looking, draft: Draft, node: Node, device: str) -> str:
    path = machine.resolved(look.machine, f"/dev/{device}")
    looked_up(look, node, path)
    over = machine.master_of(look.machine, path)
    if over and over != master_of(look, draft["primary_disk"].device):
        value = look.element("guest-disk").text
        assert value is not None
        assert value.says is not None
        look.stop(value.says.of(value=path), Cause.MACHINE, node, "leave it out: a disk with several paths is not local")
    return device


def _plain_yes(look: Looking, node: Node, key: str) -> bool | None:
    said = lower(look.attribute(node, key, "primary-disk"))
    return said in look.known_attribute(key, "primary-disk").value.words if said else None


def _shares(look: Looking, node: Node) -> tuple[bool | None, bool | None]:
    return look.yes(node, "guest-storage", "primary-disk"), look.yes(node, "sr-at-end", "primary-disk")


def _first_partition(look: Looking, node: Node) -> str | None:
    said = look.word(node, "preserve-first-partition", "primary-disk")
    preserved = {"yes": "true", "no": "false"}.get(said, said) or None
    if "zap-utility-partitions" in look.dialect.elements:
        for zap in look.all("zap-utility-partitions"):
            look.counts(zap)
            preserved = "false"
    return preserved


def _mirror(look: Looking, node: Node, text: str) -> tuple[str, ...]:
    members = tuple(text.split(","))
    if len(members) != 2:
        said = Said("AnswerfileException", "swraid primary-disk requires exactly two physical disks")
        look.stop(said, Cause.VALUE, node, "two disks with a comma between, such as sda,sdb")
    if members.count("missing") > 1:
        said = Said("AnswerfileException", "swraid primary-disk supports only one missing disk")
        look.stop(said, Cause.VALUE, node, "name at least one disk")
    return members


def _has_to_be_there(look: Looking, node: Node, which: str, path: str) -> None:
    if not machine.has_path(look.machine, path):
        look.stop(Said("AnswerfileException", f"{which} disk {path} is missing"), Cause.MACHINE, node, DISK_FIX)


def _sectors_looked_at(look: Looking, path: str) -> None:
    """A disk that is not there has no sectors to look at, which is a crash."""
    if machine.has_disk(look.machine, path):
        return
    error = "IOError" if look.dialect.python == 2 else "FileNotFoundError"
    block = path.removeprefix("/dev/").replace("/", "!")
    said = Said(error, f"[Errno 2] No such file or directory: '/sys/block/{block}/queue/logical_block_size'")
    guests = (node for node in look.all("guest-disk") if path_of(look, below_dev(node.text.strip())) == path)
    look.stop(said, Cause.MACHINE, next(guests, None) or look.first("primary-disk") or look.root, DISK_FIX)


def _sr_disks(look: Looking, draft: Draft) -> list[str]:
    disk: Disk = draft["primary_disk"]
    members = [one for one in disk.mirror if one != "missing"] if disk.mirror else [disk.device]
    own = members if disk.guest_storage is not False else []
    return list(dict.fromkeys(path_of(look, device) for device in (*own, *draft["guest_disks"])))


def _once(look: Looking, devices: list[str]) -> tuple[str, ...]:
    first: dict[str, str] = {}
    for device in devices:
        first.setdefault(path_of(look, device), device)
    return tuple(first.values())
