"""The steps that look for what is on the machine already: an installation to replace, a backup to restore."""

from __future__ import annotations

from collections.abc import Callable

from pxeserve.answerfile.answers import Installed
from pxeserve.answerfile.dialects.shape import Said
from pxeserve.answerfile.document import Node
from pxeserve.answerfile.reading import machine
from pxeserve.answerfile.reading.disks import file_system
from pxeserve.answerfile.reading.draft import Draft
from pxeserve.answerfile.reading.looking import Looking
from pxeserve.answerfile.reading.naming import device_named, looked_up, master_of, path_of
from pxeserve.answerfile.reading.refusal import Cause

_NOT_FOUND = "Could not locate the installation specified to be reinstalled."


def existing_plain(look: Looking, draft: Draft) -> None:
    """4.1 and 5.0: by the disk's name, letter by letter."""
    node = look.needed("existing-installation")[0]
    text = look.text(node)
    if machine.installations_on(look.machine, f"/dev/{text}", by_identity=False) != 1:
        _not_found(look, node, "AnswerfileError")
    draft["existing_installation"] = Installed(text)


def existing_by_id(look: Looking, draft: Draft) -> None:
    """5.5 and 5.6: by the disk's name or its identity, letter by letter; in 5.6 also a LUN."""
    node = look.needed("existing-installation")[0]
    text = look.text(node)
    lun = look.dialect.trims and text.startswith("iscsi:")
    if not lun and look.dialect.looks_disks_up:
        looked_up(look, node, f"/dev/{text}")
    path = master_of(look, device_named(look, node, text)) if lun else _over(look, f"/dev/{text}")
    if not (lun and look.machine is None) and machine.installations_on(look.machine, path, by_identity=True) != 1:
        _not_found(look, node, "AnswerfileError")
    draft["existing_installation"] = Installed(text)


def existing(look: Looking, draft: Draft) -> None:
    """6.0 on: by any name of the disk; of several installations the first."""
    node = look.needed("existing-installation")[0]
    device = device_named(look, node, look.text(node))
    lun = device.startswith("iscsi:") and look.machine is None
    if not lun:
        looked_up(look, node, path_of(look, device))
    kind = file_system(look, node, "existing-installation")
    if not lun and machine.installations_on(look.machine, master_of(look, device), by_identity=True) < 1:
        _not_found(look, node, "AnswerfileException")
    draft["existing_installation"] = Installed(device, kind)


def backup(look: Looking, draft: Draft) -> None:
    """6.1 to 7.1: the only backup there is, or the only one on the disk that is named."""
    _backup(look, draft, _named)


def backup_multipath(look: Looking, draft: Draft) -> None:
    """7.2 on: and of a disk with several paths, on any of them."""
    _backup(look, draft, _followed)


def _backup(look: Looking, draft: Draft, path_behind: Callable[[Looking, Node, str], str]) -> None:
    backups = None if look.machine is None else look.machine.backups
    if backups == ():
        said = Said("AnswerfileException", "Could not locate exsisting backup.")
        look.stop(said, Cause.MACHINE, look.root, "restore only a machine that has a backup")
    node = look.lone("backup-disk")
    if node is not None:
        device = device_named(look, node, look.text(node))
        path = path_behind(look, node, device)
        count = int(machine.has_disk(None, path) or device.startswith("iscsi:")) if backups is None else backups.count(path)
        draft["backup_disk"] = device
    else:
        count = 1 if backups is None else len(backups)
    if count > 1:
        said = Said("AnswerfileException", "Multiple backups were found. Unable to deduce which backup to restore from.")
        look.stop(said, Cause.MACHINE, node or look.root, "name its disk in one <backup-disk>")
    if not count:
        said = Said("AnswerfileException", "Unable to find a backup to restore.")
        look.stop(said, Cause.MACHINE, node or look.root, "name the disk that carries the backup")


def _named(look: Looking, _node: Node, device: str) -> str:
    return path_of(look, device)


def _followed(look: Looking, node: Node, device: str) -> str:
    looked_up(look, node, path_of(look, device))
    return master_of(look, device)


def _over(look: Looking, path: str) -> str:
    return machine.master_of(look.machine, path) or path


def _not_found(look: Looking, node: Node, error: str) -> None:
    look.stop(Said(error, _NOT_FOUND), Cause.MACHINE, node, "name the disk that carries the installation, such as sda")
