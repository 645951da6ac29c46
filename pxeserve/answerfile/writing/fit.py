"""Fits answers to one generation: what is left is exactly what its installer will read back, and all the rest is named.

Refuses to know how anything is spelt.
"""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.answerfile.answers import Answers
from pxeserve.answerfile.writing import boot, disks, network, packages, scripts, settings
from pxeserve.answerfile.writing.facts import Facts
from pxeserve.answerfile.writing.fitting import Fitting, Lost
from pxeserve.answerfile.writing.missing import Missing, missing


@dataclass(frozen=True, slots=True)
class Fitted:
    """Answers as one generation takes them, what it cannot be told, and what it needs besides."""

    answers: Answers
    lost: tuple[Lost, ...]
    missing: tuple[Missing, ...]

    @property
    def faults(self) -> list[str]:
        """What keeps an installation from going well, a sentence each."""
        return [*(str(one) for one in self.missing), *(str(one) for one in self.lost if one.fix)]

    @property
    def unwritable(self) -> list[str]:
        """What of it keeps the file from being written at all."""
        return [*(str(one) for one in self.missing), *(str(one) for one in self.lost if one.fix and not one.taken)]


def fitted(answers: Answers, known: Facts) -> Fitted:
    """`answers` as the generation takes them."""
    fitting = Fitting(known, answers.mode)
    if answers.mode not in known.dialect.order:
        said = f"installers of {known.name} know {', '.join(sorted(known.dialect.order))}"
        fitting.refuse("mode", answers.mode, said, "they stop", "choose one of them")
        return Fitted(answers, tuple(fitting.lost), ())
    kept = Answers(
        mode=answers.mode,
        primary_disk=disks.primary(fitting, answers.primary_disk),
        guest_disks=disks.guests(fitting, answers.guest_disks),
        existing_installation=disks.existing(fitting, answers.existing_installation),
        backup_disk=disks.backup(fitting, answers.backup_disk),
        raids=disks.raids(fitting, answers.raids, answers.primary_disk),
        sr_type=_sr_type(fitting, answers.sr_type),
        sources=packages.sources(fitting, answers.sources),
        driver_sources=packages.drivers(fitting, answers.driver_sources),
        repo_gpgcheck=packages.check(fitting, "repo-gpgcheck", answers.repo_gpgcheck),
        gpgcheck=packages.check(fitting, "gpgcheck", answers.gpgcheck),
        netinstall_gpg_check=packages.check(fitting, "netinstall-gpg-check", answers.netinstall_gpg_check),
        admin_interface=network.interface(fitting, answers.admin_interface),
        root_password=settings.password(fitting, answers.root_password),
        nameservers=settings.many(fitting, "nameservers", "name-server", answers.nameservers),
        hostname=settings.one(fitting, "hostname", answers.hostname),
        timezone=settings.one(fitting, "timezone", answers.timezone),
        ntp_source=settings.ntp_source(fitting, answers),
        ntp_servers=settings.many(fitting, "ntp-servers", "ntp-server", answers.ntp_servers),
        keymap=settings.one(fitting, "keymap", answers.keymap),
        services=settings.services(fitting, answers.services),
        scripts=scripts.scripts(fitting, answers.scripts),
        bootloader=boot.bootloader(fitting, answers.bootloader),
        network_backend=network.backend(fitting, answers.network_backend),
        fcoe=network.fcoe(fitting, answers.fcoe),
        ui_confirmation_prompt=boot.confirmation(fitting, answers.ui_confirmation_prompt),
        target_platform=settings.one(fitting, "target-platform", answers.target_platform),
        ssh_mode=settings.ssh_mode(fitting, answers.ssh_mode),
        drivers=boot.variants(fitting, answers.drivers),
        partitions=disks.partitions(fitting, answers.partitions),
        oem=boot.oem(fitting, answers.oem),
    )
    return Fitted(kept, tuple(fitting.lost), tuple(missing(kept, known)))


def _sr_type(fitting: Fitting, wanted: str | None) -> str | None:
    if not wanted:
        return None
    if not fitting.reads("sr-type"):
        fitting.lose("sr-type", wanted, f"{fitting.them} do not read it in mode {fitting.mode}", "the local SR stays what it is")
        return None
    types = fitting.facts.words("installation", "sr-type")
    if wanted not in types:
        said = f"{fitting.them} know {' and '.join(types)}, not {wanted}"
        fitting.refuse("sr-type", wanted, said, "they stop", f"one of {', '.join(types)}")
    return wanted


