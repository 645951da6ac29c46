"""What an arming leaves in the record for whoever asks later why nothing came: the answerfile is sealed, and gone at the end. Nothing
secret is in it. Refuses to know the rules that are told of it.
"""

from __future__ import annotations

import re
from typing import Any

from pxeserve.answerfile.answers import Answers
from pxeserve.domain.host import Profile
from pxeserve.operations.preparing.host import Checked
from pxeserve.timeline.missing.armed import findings

_VLAN = re.compile(r"vlan[=:]\s*(\d{1,4})", re.ASCII)
_OURS = "/s/"
"""Beneath this an answerfile's own hooks lie; what a template runs from elsewhere does not report."""


def facts(found: Checked, profile: Profile | None) -> dict[str, Any]:
    """What the record keeps of `found`, the arming of a host of `profile`, by JSON's types."""
    words = profile.words if profile else None
    said: dict[str, Any] = {"device": words.network_device if words else "", "vlan": _vlan(words.kernel_args if words else "")}
    if found.medium is not None:
        said["dialect"] = found.medium.dialect
    if found.answered is not None:
        said |= _of_answers(found.answered.answers)
        said |= {"first_boot": True} if found.first_boot is not None else {}
        said["findings"] = findings(found.answered.findings, _secrets(found))
    return said


def _of_answers(answers: Answers) -> dict[str, Any]:
    disk, card = answers.primary_disk, answers.admin_interface
    first = (disk.mirror or (disk.device,)) if disk is not None else ()
    return {
        "disks": [*first, *answers.guest_disks],
        "cards": [one for one in (card.hwaddr or card.name,) if one] if card is not None else [],
        "fixed": card is None or card.proto != "dhcp",
        "source": answers.sources[0].kind if answers.sources else "",
        "stages": [one.stage for one in answers.scripts if _OURS in one.address],
    } | ({"vlan": str(card.vlan)} if card is not None and card.vlan else {})


def _secrets(found: Checked) -> list[str]:
    password = found.answered.answers.root_password if found.answered else None
    given = found.given
    said = (password.text if password else "", given.made or "", given.root_hash or "", given.delivered, given.once)
    return [one for one in said if one]


def _vlan(words: str) -> str:
    """The VLAN that the kernel's words name for the installation."""
    said = _VLAN.search(words)
    return said[1] if said else ""
