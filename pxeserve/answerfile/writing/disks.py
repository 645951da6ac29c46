"""Disks: where to install, what joins the local SR, what is there already, and arrays made first."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pxeserve.answerfile.answers import Answers, Disk, Installed, Partition, Raid
from pxeserve.answerfile.writing.fitting import Fitting
from pxeserve.answerfile.writing.markup import Element, yes_no

_DEV = "/dev/"
_PRESERVE = ("true", "false", "if-utility")
_FS_TYPES = ("ext3", "ext4")


def primary(fitting: Fitting, disk: Disk | None) -> Disk | None:
    """The disk to install on, as far as it can be told."""
    if disk is None:
        return None
    if not fitting.reads("primary-disk"):
        fitting.unread("primary-disk", _named(disk), "primary-disk")
        return None
    if fitting.mode == "upgrade" or fitting.mode == "oemflash":
        return _only_named(fitting, disk)
    return Disk(
        device="" if disk.mirror else _device(fitting, "primary-disk", disk.device),
        guest_storage=disk.guest_storage,
        sr_at_end=_attribute(fitting, "sr-at-end", disk.sr_at_end),
        preserve_first_partition=_chosen(fitting, "preserve-first-partition", disk.preserve_first_partition, _PRESERVE),
        mirror=_mirror(fitting, disk.mirror),
        fs_type=_chosen(fitting, "fs-type", disk.fs_type, _FS_TYPES),
    )


def _only_named(fitting: Fitting, disk: Disk) -> Disk:
    if disk.mirror:
        _mirror(fitting, disk.mirror)
    kept = Disk(_device(fitting, "primary-disk", disk.device))
    for name in ("guest_storage", "sr_at_end", "preserve_first_partition", "fs_type"):
        if (value := getattr(disk, name)) is not None:
            said = f"{fitting.them} read no such attribute in mode {fitting.mode}"
            fitting.lose(f"primary-disk.{name.replace('_', '-')}", value, said, "the disk keeps what it has")
    return kept


def _attribute(fitting: Fitting, name: str, value: bool | None) -> bool | None:
    if value is None or fitting.facts.has("primary-disk", name):
        return value
    fitting.lose(f"primary-disk.{name}", yes_no(value), f"{fitting.them} do not read {name}", "it does what it always does")
    return None


def _chosen(fitting: Fitting, name: str, value: str | None, values: tuple[str, ...]) -> str | None:
    if value is None:
        return None
    field = f"primary-disk.{name}"
    if not fitting.facts.has("primary-disk", name):
        fitting.lose(field, value, f"{fitting.them} do not read {name}", "it does what it always does")
        return None
    if value not in values:
        fitting.refuse(field, value, f"{fitting.them} know no such value", "they stop", f"one of {', '.join(values)}")
    return value


def _mirror(fitting: Fitting, disks: tuple[str, ...]) -> tuple[str, ...]:
    if not disks:
        return ()
    shown, fix = ",".join(disks), "name one disk"
    if not fitting.facts.has("primary-disk", "swraid") or fitting.mode not in ("fresh", "reinstall"):
        fitting.refuse("primary-disk.mirror", shown, f"{fitting.them} make no RAID of two disks themselves", "no disk is named", fix)
        return ()
    kept = tuple(disk if disk == "missing" else _device(fitting, "primary-disk.mirror", disk) for disk in disks)
    if len(kept) != 2 or kept.count("missing") > 1 or any("," in disk for disk in kept):
        fitting.refuse("primary-disk.mirror", shown, "two disks are needed, one at most missing", "they stop", "name two disks")
    return kept


def guests(fitting: Fitting, disks: tuple[str, ...]) -> tuple[str, ...]:
    """The other disks of the local SR."""
    if disks and not fitting.reads("guest-disk"):
        fitting.unread("guest-disks", ", ".join(disks), "guest-disk")
        return ()
    kept = [_device(fitting, "guest-disks", disk) for disk in disks]
    if not fitting.facts.once("guest-disk"):
        return tuple(kept)
    once: dict[str, str] = {}
    for device in kept:
        once.setdefault(posixpath.normpath(_DEV + device), device)
    return tuple(once.values())  # a set: to be named twice is to be named


def existing(fitting: Fitting, installed: Installed | None) -> Installed | None:
    """The installation to work on."""
    if installed is None:
        return None
    if not fitting.reads("existing-installation"):
        fitting.unread("existing-installation", installed.device, "existing-installation")
        return None
    fs_type = installed.fs_type
    if fs_type is not None and not fitting.facts.has("existing-installation", "fs-type"):
        fitting.lose("existing-installation.fs-type", fs_type, f"{fitting.them} do not read fs-type", "they see for themselves")
        fs_type = None
    elif fs_type is not None and fs_type not in _FS_TYPES:
        field = "existing-installation.fs-type"
        fitting.refuse(field, fs_type, f"{fitting.them} know no such value", "they stop", f"one of {', '.join(_FS_TYPES)}")
    device = _device(fitting, "existing-installation", installed.device)
    if device.startswith("disk/") and fitting.facts.knows_installations_by_name:
        why, instead = f"{fitting.them} know an installation by its disk's own name alone", "Could not locate the installation"
        fitting.refuse("existing-installation", device, why, instead, "name the disk as the kernel does, such as sda")
    return Installed(device, fs_type)


def backup(fitting: Fitting, disk: str | None) -> str | None:
    """The disk with the backup to restore."""
    if disk is None:
        return None
    if not fitting.reads("backup-disk"):
        fitting.unread("backup-disk", disk, "backup-disk")
        return None
    return _device(fitting, "backup-disk", disk)


def raids(fitting: Fitting, wanted: tuple[Raid, ...], target: Disk | None) -> tuple[Raid, ...]:
    """The arrays to make first; of two with one name the installer makes the later."""
    if not wanted:
        return ()
    if not fitting.reads("raid"):
        for raid in wanted:
            if target is not None and target.device == raid.device:
                why, instead = f"{fitting.them} make no RAID", f"there is no disk {raid.device}"
                fitting.refuse("raid", _array(raid), why, instead, "name another disk, or make the RAID before")
            else:
                fitting.unread("raid", _array(raid), "raid")
        return ()
    made: dict[str, Raid] = {}
    for raid in wanted:
        if not raid.device:
            fitting.refuse("raid", _array(raid), "Missing mandatory attribute device", "they stop", "name the array, such as md127")
        device = _known(fitting, "raid", fitting.word("raid", raid.device) or "")
        path = posixpath.normpath(_DEV + device)
        if path in made:
            fitting.lose("raid", _array(made[path]), f"another array {device} comes after it", "only the later one is made")
        made[path] = Raid(device, tuple(_device(fitting, "raid", disk) for disk in raid.disks))
    return tuple(made.values())


def partitions(fitting: Fitting, wanted: tuple[Partition, ...]) -> tuple[Partition, ...]:
    """The partitions of the vendor's lab."""
    if wanted and not fitting.reads("initial-partitions"):
        fitting.lose("initial-partitions", len(wanted), f"{fitting.them} make none", "the disk is laid out as always")
        return ()
    return wanted


def _device(fitting: Fitting, field: str, name: str) -> str:
    return _known(fitting, field, fitting.text(field, name))


def _known(fitting: Fitting, field: str, text: str) -> str:
    """A device as it is read, when it is of a kind that the installer knows."""
    if text.startswith("iscsi:"):
        dialect, fix = fitting.facts.dialect, "name a disk of the machine's own"
        if dialect.dev_always:
            fitting.doubt(field, text, f"{fitting.them} know no iSCSI disks", f"they look for /dev/{text}", fix)
        elif dialect.iscsi_fails is not None:
            fitting.refuse(field, text, f"{fitting.them} break off over an iSCSI disk", dialect.iscsi_fails.text, fix)
    return text


def _named(disk: Disk) -> str:
    return ",".join(disk.mirror) or disk.device


def _array(raid: Raid) -> str:
    return f"{raid.device} of {', '.join(raid.disks)}"


def elements(fitting: Fitting, answers: Answers) -> Iterator[Element]:
    """What a file says about disks."""
    if (disk := answers.primary_disk) is not None:
        attributes = {
            "gueststorage": yes_no(disk.guest_storage),
            "sr-at-end": yes_no(disk.sr_at_end),
            "preserve-first-partition": disk.preserve_first_partition,
            "fs-type": disk.fs_type,
            "swraid": "yes" if disk.mirror else None,
        }
        text = ",".join(one if one == "missing" else _spelt(fitting, "", one) for one in disk.mirror)
        yield Element("primary-disk", text or _spelt(fitting, "primary-disk", disk.device), attributes)
    for name in answers.guest_disks:
        yield Element("guest-disk", _spelt(fitting, "guest-disk", name))
    if (installed := answers.existing_installation) is not None:
        text = _spelt(fitting, "existing-installation", installed.device)
        yield Element("existing-installation", text, {"fs-type": installed.fs_type})
    if answers.backup_disk is not None:
        yield Element("backup-disk", _spelt(fitting, "backup-disk", answers.backup_disk))
    for raid in answers.raids:
        inside = [Element("disk", _spelt(fitting, "disk", name)) for name in raid.disks]
        yield Element("raid", "", {"device": _spelt(fitting, "raid", raid.device)}, inside)
    if answers.partitions:
        made = [Element("partition", "", {key: str(getattr(one, key)) for key in ("number", "size", "id")}) for one in answers.partitions]
        yield Element("initial-partitions", "", {}, made)


def _spelt(fitting: Fitting, element: str, name: str) -> str:
    """How a disk below /dev/ is written: up to 5.5 (and of 5.6 the existing installation) /dev/ is put in front of whatever stands
    there; later only where it is missing."""
    return _DEV + name if name.startswith(_DEV) and element not in fitting.facts.literal else name
