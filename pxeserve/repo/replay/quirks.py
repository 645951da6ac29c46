"""The habits of installers that matter for a medium, each with a name, what it does and what helps. Decides nothing."""

from __future__ import annotations

from collections.abc import Collection

from pxeserve.domain.medium import Role
from pxeserve.repo.replay import yum
from pxeserve.repo.replay.check import RIGHT, Checked
from pxeserve.repo.replay.generation import GENERATIONS, Format, FtpProbe, Generation
from pxeserve.repo.replay.reading import Found, Listed
from pxeserve.repo.replay.report import Log, Quirk

SIZES = Quirk("sizes-unseen", "a size that is listed wrongly is never noticed: it moves the bar and nothing else", "list the right size")
UNSEEN = Quirk(
    "sums-unseen", "the check looks whether drivers and firmware are there, and never at their sums", "pxeserve media verify reads them"
)
BRANDING = "give .treeinfo [platform] and [branding] beside [system-v1], as XCP-ng 8.3 does"
_OTHER = "give it to a product whose installer reads it: pxeserve media show says which"
_HIDDEN = Quirk(
    "hidden-treeinfo",
    "the medium has a .treeinfo and the server does not show it: 7.1 and 8.2 then find nothing, later ones take the tree for an extra one",
    "let the server show names that begin with a dot",
)


def erases_first(generation: Generation) -> Quirk | None:
    """What an unattended installation does to the disk when its source is no good."""
    if generation.looks_first:
        return None
    text = "an unattended installation erases the disk before it looks at its source"
    if not generation.folder_list:
        text += "; where it finds nothing it goes on without a package and fails at the boot loader, where 5.5 and later would say why"
    return Quirk("erases-first", text, "do not arm a host with this medium for this installer")


def looked_for(package: Listed) -> bool:
    """Whether the check only looks for it."""
    return package.kind in ("driver", "firmware")


def of_found(generation: Generation, found: list[Found]) -> list[Quirk]:
    """What can be said of the repositories as they were found."""
    met = []
    places = [(one.identity, one.folder) for one in found]
    twice = sorted({folder for identity, folder in places if places.count((identity, folder)) > 1})
    if twice:
        what = f"{', '.join(folder or 'the top' for folder in twice)}: found twice, and checked twice"
        text = "a folder that XS-REPOSITORY-LIST names though the installer looks there anyway is taken for a second repository"
        met.append(Quirk("listed-again", f"{what}: {text}", "list only folders other than packages, packages.main, .linux and .site"))
    for one in found:
        if one.format is Format.YUM and one.packages is not None and one.name is None:
            text = ".treeinfo has no [branding]: it is found, its check calls every package damaged, and the installation fails at its end"
            met.append(Quirk("no-branding", text, BRANDING))
        if one.packages == () and generation.check.empty_crashes:
            text = f"{one.identity} lists no packages: the check breaks off with an error"
            met.append(Quirk("empty-list", text, "leave the repository out, or give it a package"))
    return met


def of_damage(generation: Generation, one: Checked, truth: str) -> Quirk | None:
    """The habit behind a package that is called damaged, when it is one."""
    if looked_for(one.package) and one.repository.folder:
        text = "the check looks for drivers and firmware at the address's root and not in the repository's folder: they count as damaged"
        return Quirk("driver-at-root", text, "skip the verification, or give that repository an address of its own")
    if one.taken is None or truth not in (RIGHT,):
        return None
    if one.package.size < 100:
        until = "xs8 and xcp-8.3" if generation.check.tiny_is_damaged else "xs9"
        text = f"a package that is listed with less than 100 bytes always counts as damaged (up to {until})"
        return Quirk("under-100-bytes", text, "make it 100 bytes or more")
    if "capitals" in one.because:
        kind = "sha256" if one.repository.format is Format.YUM else "md5"
        text = "sums are compared as text with small letters: capitals never match"
        return Quirk(f"capital-{kind}", text, "write sums in small letters")
    return None


def crashed(generation: Generation, error: str) -> Quirk:
    """The check broke off."""
    text = f"the check of {generation.dialect} breaks off: {error}"
    return Quirk("check-breaks-off", text, "skip the verification in the installer")


def detection(generation: Generation, kind: str, log: Log) -> tuple[str, str]:
    """What to add to an error of detection, and the fix."""
    if any(one.method == "mount" and one.outcome == "refused" for one in log.of("find")):
        return "", "pxeserve status says how NFS fares; the log of the service says more"
    readers = _readers(kind)
    if generation.dialect not in readers:
        known = f"read by {', '.join(readers)}" if readers else "read by none"
        return f"; this medium is {kind}, {known}, and the error ends detection altogether", _OTHER
    return "", "correct the file that the error names: pxeserve media verify says where"


def nothing(generation: Generation, kind: str, role: Role, files: Collection[str], log: Log) -> tuple[str, str, Quirk | None]:
    """Why nothing was found, what helps, and the habit behind it."""
    probes = list(log.of("find"))
    if probes and all(one.outcome == "no answer" for one in probes):
        return "nothing answers at that address", "is the service running, and is the port let through?", None
    if role is Role.NETINSTALL:
        return "this is a netinstall tree, which has no packages", "give the installer the address of a main medium as its source", None
    if generation.dialect not in _readers(kind):
        reads = " and ".join(one.value for one in generation.reads)
        return f"it reads {reads} repositories, and this medium is {kind}", _OTHER, None
    if Format.YUM in generation.reads and "yum" in kind:
        if yum.TREEINFO in files and any(one.path.endswith(yum.TREEINFO) and one.outcome == "not there" for one in probes):
            return f"{yum.TREEINFO} is not shown, though the medium has it", _HIDDEN.fix, _HIDDEN
        absent = [name for name in (yum.TREEINFO, yum.REPOMD) if name not in files]
        if absent:
            lost = "copy media with all names that begin with a dot: cp -a DIR/. rather than cp DIR/*"
            return f"{' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} not in the medium", lost, None
    names = "both XS-REPOSITORY and XS-PACKAGES" if Format.YUM not in generation.reads else "the files that make a repository"
    return f"no folder in which it looks has {names}", "name the folder in XS-REPOSITORY-LIST (5.5 to 7.0), or move it", None


def no_main(generation: Generation, found: list[Found], files: Collection[str]) -> tuple[str, str, Quirk | None]:
    """Why the main repository is missing among those found."""
    if any(one.packages is None for one in found):
        if yum.TREEINFO in files:
            return f"without {yum.TREEINFO} it takes the tree for an extra repository", _HIDDEN.fix, _HIDDEN
        lost = "copy media with all names that begin with a dot: cp -a DIR/. rather than cp DIR/*"
        return f"there is no {yum.TREEINFO}, so it takes the tree for an extra repository", lost, None
    there = ", ".join(one.identity for one in found)
    return f"there is {there} and no {generation.main}", "name it as an extra source beside a main medium", None


def targets(generation: Generation, found: list[Found]) -> Quirk | None:
    """What yum or dnf is asked for, where the repository cannot have it."""
    main = next((one for one in found if one.format is Format.YUM and one.identity == generation.main), None)
    if main is None:
        return None
    said = f"{'dnf' if generation.speech.python >= (3, 0) else 'yum'} is asked for {' and '.join(generation.targets)}"
    if generation.targets[0].startswith("@"):
        if not main.groups:
            return Quirk("no-groups", f"{said}, and repomd.xml names no file of groups: Error installing packages", "add a comps file")
        return None
    wanted = [name for name in generation.targets if not any(_named(one.file, name) for one in main.packages or ())]
    if wanted:
        return Quirk("no-target", f"{said}, and no such package is listed: Error installing packages", f"add {wanted[0]}")
    return None


def port(generation: Generation, number: int) -> Quirk | None:
    """An FTP server at a port where an older installer does not look."""
    if number == 21 or generation.speech.ftp_probe is FtpProbe.RETR:
        return None
    text = f"{generation.dialect} looks for files at port 21 whatever the address says, and this server has port {number}"
    return Quirk("ftp-port-21", f"{text}; the replay asked port {number}", "serve FTP at port 21: [ftp] port = 21")


def mounting(generation: Generation, version: int, number: int) -> Quirk:
    """An NFS server that this generation would not find by itself."""
    how = "mounts NFSv3, and asks the portmapper for its ports" if generation.speech.python < (2, 7) else "names no port when it mounts"
    text = f"{generation.dialect} {how}, and this server answers so only as NFSv{version} at port {number}; the replay asked there"
    return Quirk("nfs-ports", text, "[nfs] port = 2049, with rpcbind running for NFSv3")


def not_walked(generation: Generation, found: list[Found], main: bool) -> tuple[str, ...]:
    """The parts of a real installation that a replay does not show."""
    parts = ["the network between: the requests came from this server itself"]
    if any(one.format is Format.YUM for one in found):
        tool = "dnf" if generation.speech.python >= (3, 0) else "yum"
        parts.append(f"what {tool} does with the packages: groups, dependencies, signatures, scripts; it fetches each once more")
    if any(one.format is not Format.YUM for one in found):
        parts.append("unpacking: packages were read and summed; an installation fetches each once more, with the same request")
    if not main:
        parts.append("the base that this comes on top of: it comes from another address")
    return tuple(parts)


def _readers(kind: str) -> list[str]:
    return [dialect for dialect, one in GENERATIONS.items() if any(reads.value in kind for reads in one.reads)]


def _named(file: str, name: str) -> bool:
    return file.rpartition("/")[2].startswith(f"{name}-")
