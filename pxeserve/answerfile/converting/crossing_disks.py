"""What changes its meaning about disks between two generations: reinstallations, names of devices, mirrors.

Refuses to know how a file is read or written.
"""

from __future__ import annotations

from dataclasses import replace

from pxeserve.answerfile.answers import Answers, Disk, Installed, Mode, Raid
from pxeserve.answerfile.converting.changes import Crossing, Kind


def reinstall(answers: Answers, crossing: Crossing) -> Answers:
    """Up to 5.6 a reinstallation takes the disk of an installation and keeps its SR; from 6.0 on it is a fresh one after a backup."""
    if answers.mode is not Mode.REINSTALL:
        return answers
    keeps, erases = "the local SR is kept", "the local SR is erased and made anew, after a backup of the old system"
    if crossing.reaches("6.0"):
        crossing.note(Kind.MEANING, "mode", f"reinstall: {keeps}", f"reinstall: {erases}", "from 6.0 on it is a fresh installation")
        kind = crossing.target.default("installation", "sr-type") or "open"
        crossing.note(Kind.DEFAULT, "sr-type", "that of the SR that is there", kind, "a new local SR is made: say sr-type for another")
        found = answers.existing_installation
        if found is None or answers.primary_disk is not None:
            return replace(answers, existing_installation=None)
        crossing.note(Kind.REQUIRED, "primary-disk", "", found.device, "it takes the place of existing-installation, which is not read")
        crossing.note(Kind.DROPPED, "existing-installation", found.device, "", "from 6.0 on reinstall does not read it")
        return replace(answers, primary_disk=Disk(found.device), existing_installation=None)
    if crossing.leaves("6.0"):
        crossing.note(Kind.MEANING, "mode", f"reinstall: {erases}", f"reinstall: {keeps}", "up to 5.6 it keeps the disk's layout and SR")
        kind = answers.sr_type or crossing.source.default("installation", "sr-type") or "open"
        crossing.note(Kind.DEFAULT, "sr-type", kind, "that of the SR that is there", "the local SR is kept")
        disk = answers.primary_disk
        if disk is None or disk.mirror or answers.existing_installation is not None:
            return answers
        why = "up to 5.6 it takes the place of primary-disk, and an installation has to be there"
        crossing.note(Kind.REQUIRED, "existing-installation", "", disk.device, why)
        return replace(answers, existing_installation=Installed(disk.device))
    return answers


def device_names(answers: Answers, crossing: Crossing) -> Answers:
    """Up to 5.5 /dev/ is put in front of whatever is written, so that /dev/sda means /dev//dev/sda."""
    if crossing.source.since("5.6") or not crossing.target.since("5.6"):
        return answers
    changed = answers
    if (disk := answers.primary_disk) is not None:
        changed = replace(changed, primary_disk=replace(disk, device=_tight(disk.device, "primary-disk", crossing)))
    if (found := answers.existing_installation) is not None:
        device = _tight(found.device, "existing-installation", crossing)
        changed = replace(changed, existing_installation=replace(found, device=device))
    guests = tuple(_tight(device, "guest-disks", crossing) for device in answers.guest_disks)
    return replace(changed, guest_disks=guests)


def _tight(device: str, field: str, crossing: Crossing) -> str:
    if not device.strip().startswith("/dev/"):
        return device
    name = device.strip().removeprefix("/dev/")
    why = "up to 5.5 /dev/ was put in front of /dev/ as well, which is no disk"
    crossing.note(Kind.MEANING, field, f"/dev/{device}", f"/dev/{name}", why)
    return name


def mirror(answers: Answers, crossing: Crossing) -> Answers:
    """Two disks mirrored: XenServer says it of the primary disk, XCP-ng makes an array first and installs on that."""
    disk = answers.primary_disk
    if disk is None or answers.mode not in (Mode.FRESH, Mode.REINSTALL):
        return answers
    source, target = crossing.source, crossing.target
    if disk.mirror and "raid" in target.modes and not target.has("primary-disk", "swraid") and "missing" not in disk.mirror:
        array = Raid(_ARRAY, disk.mirror)
        why = f"installers of {target.name} make an array first, and install on that"
        crossing.note(Kind.RENAMED, "primary-disk.mirror", ",".join(disk.mirror), array.device, why)
        crossing.note(Kind.RENAMED, "raid", "", f"{array.device} of {', '.join(array.disks)}", why)
        return replace(answers, primary_disk=replace(disk, device=array.device, mirror=()), raids=(*answers.raids, array))
    own = next((one for one in answers.raids if one.device == disk.device and len(one.disks) == 2), None)
    if own is not None and "raid" in source.modes and target.has("primary-disk", "swraid"):
        why = f"installers of {target.name} make the array of the primary disk themselves"
        crossing.note(Kind.RENAMED, "raid", f"{own.device} of {', '.join(own.disks)}", "", why)
        crossing.note(Kind.RENAMED, "primary-disk.mirror", own.device, ",".join(own.disks), why)
        others = tuple(one for one in answers.raids if one is not own)
        return replace(answers, primary_disk=replace(disk, device="", mirror=own.disks), raids=others)
    return answers


_ARRAY = "md127"
"""What XCP-ng's own installer calls the array that it makes."""
