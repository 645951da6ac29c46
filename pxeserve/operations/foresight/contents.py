"""What would be loaded: is there a loader for this firmware, and is the medium, or are the plain files, as they should be?"""

from __future__ import annotations

from collections.abc import Iterator

from pxeserve.boot.loaders import loaders_of
from pxeserve.domain.client import Firmware
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.medium import Medium, MediumState
from pxeserve.operations.context import Context
from pxeserve.operations.media.verification import mend, recheck
from pxeserve.rehearse.prediction import Prediction
from pxeserve.store import media
from pxeserve.timeline.steps import Step

_MOST = 8
"""Damaged files that are named one by one."""

_INDEXES = (".treeinfo", "repodata/", "XS-REPOSITORY", "XS-PACKAGES")


def nothing(host: Host, profile: Profile | None, medium: Medium | None) -> Iterator[Prediction]:
    """A host that has nothing to install."""
    if profile is None:
        said = f"{host.name}'s profile {host.profile} is gone, so it gets its own disk"
        yield Prediction(Step.MENU, "no-profile", said, f"pxeserve host set {host.name} --profile NAME", f"host {host.name}")
    elif profile.plain is None and medium is None:
        what = f"medium {profile.medium}, which is not here" if profile.medium else "neither a medium nor plain files"
        said = f"profile {profile.name} names {what}, so {host.name} gets its own disk"
        fix = f"pxeserve profile set {profile.name} --medium NAME"
        yield Prediction(Step.MENU, "nothing-to-install", said, fix, f"profile {profile.name}")


def loader(context: Context, mac: str, medium_: Medium | None, profile: Profile | None, firmware: Firmware) -> Iterator[Prediction]:
    """No boot loader for this firmware: the table of loaders says what to change."""
    config = context.config
    site = loaders_of(context.store, config.server.data, config.dhcp.mode, config.boot.idle).site_for(medium_, profile)
    if firmware in site.loaders:
        return
    why = site.missing_loader.get(firmware, "this release serves none")
    said = f"no boot file is named to {firmware} firmware: {why}"
    fix = f"pxeserve explain {mac} --firmware {firmware} names the reasons; pxeserve loaders list shows what is there"
    yield Prediction(Step.LOADER, "no-loader", said, fix, "table of loaders")


def medium(context: Context, found: Medium | None) -> Iterator[Prediction]:
    """A medium that is not what was imported: no menu leads to it, and each damaged file would stop its own step."""
    if found is None:
        return
    faults = recheck(context, found).faults
    if not faults and found.state is not MediumState.GOOD:
        faults = (found.state_reason,)
    fix, source = mend(found.name), f"medium {found.name}, against its manifest"
    if faults:
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        said = f"medium {found.name} is damaged, so no menu leads to it: {faults[0]}{more}"
        yield Prediction(Step.MENU, "medium-damaged", said, fix, source)
    with context.store.site.read() as connection:
        positions = {file.path: file.position for file in media.files(connection, found.name)}
    for fault in faults[:_MOST]:
        yield Prediction(_step(found, fault, positions), "file-damaged", fault, fix, source)
    if found.boot is None:
        said = f"medium {found.name} has no boot/xen.gz, boot/vmlinuz and install.img, so nothing can boot from it"
        yield Prediction(Step.KERNEL, "medium-without-boot", said, "import the whole medium again, from its image", source)


def plain_files(context: Context, profile: Profile) -> Iterator[Prediction]:
    """Kernel and RAM disk of a profile without a medium."""
    plain = profile.plain
    if plain is None:
        return
    parts = [part.split()[0] for part in plain.multiboot if part.split()]
    folder = context.config.server.data / "files"
    for path in parts or [one for one in (plain.kernel, plain.initrd) if one]:
        if not (folder / path.lstrip("/")).is_file():
            last = path == plain.initrd or (bool(parts) and path == parts[-1] and len(parts) > 1)
            said = f"there is no file {path}, which profile {profile.name} boots"
            step = Step.RAM_DISK if last else Step.KERNEL
            yield Prediction(step, "boot-file-missing", said, f"put it beneath {folder}", f"profile {profile.name}")


def _step(found: Medium, fault: str, positions: dict[str, int]) -> Step:
    """The step that a damaged file would stop."""
    path = max((one for one in positions if fault.startswith((f"{one}:", f"{one} "))), key=len, default="")
    boot = found.boot
    if boot is not None and path in (boot.xen, boot.kernel):
        return Step.KERNEL
    if boot is not None and path == boot.initrd:
        return Step.RAM_DISK
    if path.startswith(_INDEXES) or path.rpartition("/")[2].startswith(_INDEXES):
        return Step.REPOSITORY
    return Step.PACKAGES if positions.get(path, -1) >= 0 else Step.REPOSITORY
