"""One replay from beginning to end: find, check as the installer checks, fetch what it installs, and the verdict."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from pxeserve.domain.medium import Role
from pxeserve.repo.replay import quirks, words, xml, yum
from pxeserve.repo.replay.accessor import Accessor, Taken, UnreadableError
from pxeserve.repo.replay.check import DAMAGED, PRESENT, RIGHT, check, ours
from pxeserve.repo.replay.find import find
from pxeserve.repo.replay.generation import Format, Generation
from pxeserve.repo.replay.reading import Found, InstallerError, Listed
from pxeserve.repo.replay.report import Log, Package, Quirk, Report, Repository, Said

_UNREAD = "not read"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is replayed: the medium's name, its format (as in `Medium.format`), the files that it has, its role (a pack's base comes from
    another address), the protocol, and the address as the installer is given it."""

    medium: str
    format: str
    files: Collection[str]
    role: Role
    over: str
    address: str

    @property
    def alone(self) -> bool:
        """Whether it has to hold the main repository itself."""
        return self.role in (Role.MAIN, Role.NETINSTALL)


@dataclass(slots=True)
class _Walk:
    """What has been met so far. `stop`: why the installer would not reach the end, first cause first."""

    asked: Asked
    generation: Generation
    source: Accessor
    log: Log
    found: list[Found] = field(default_factory=list)
    stop: list[tuple[str, str]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    quirks: dict[str, Quirk] = field(default_factory=dict)
    packages: list[Package] = field(default_factory=list)
    read: dict[str, Taken | None] = field(default_factory=dict)
    checked: int = 0
    check_passes: bool = True

    def quirk(self, one: Quirk) -> None:
        self.quirks.setdefault(one.name, one)

    def stops(self, because: str, fix: str = "") -> None:
        self.stop.append((because, fix or f"pxeserve media verify {self.asked.medium} names what is wrong with it"))


def replay(asked: Asked, generation: Generation, source: Accessor, log: Log, known: Quirk | None = None) -> Report:
    """Ask everything that this installer asks, and say what it makes of it. Never raises for what a source holds. `known` is a habit that
    is certain before anything was asked."""
    walk = _Walk(asked, generation, source, log)
    if known is not None:
        walk.quirk(known)
    log.phase = "find"
    if _found(walk):
        log.phase = "check"
        _check(walk)
        log.phase = "install"
        _install(walk)
    elif (quirk := quirks.erases_first(generation)) is not None:
        walk.quirk(quirk)
    return _report(walk)


def _found(walk: _Walk) -> bool:
    """Whether the installer goes on from detection."""
    asked, generation = walk.asked, walk.generation
    try:
        walk.found = find(generation, walk.source)
    except InstallerError as error:
        walk.said += words.inaccessible(generation, asked.address, str(error))
        because, fix = quirks.detection(generation, asked.format, walk.log)
        walk.stops(f"{generation.dialect} would say: {error}{because}", fix)
        return False
    if not walk.found:
        walk.said += words.nothing(generation, asked.address)
        because, fix, hidden = quirks.nothing(generation, asked.format, asked.role, asked.files, walk.log)
        if hidden:
            walk.quirk(hidden)
        walk.stops(f"{generation.dialect} would find nothing: {because}", fix)
        return False
    for one in quirks.of_found(generation, walk.found):
        walk.quirk(one)
    if asked.alone and generation.main not in {one.identity for one in walk.found}:
        walk.said += words.no_main(generation)
        because, fix, hidden = quirks.no_main(generation, walk.found, asked.files)
        if hidden:
            walk.quirk(hidden)
        walk.stops(f"{generation.dialect} would find no main repository: {because}", fix)
        return False
    return True


def _check(walk: _Walk) -> None:
    """The installer's own verification. Every package that it reads is read here once, and needs no second reading to be installed."""
    damaged: list[str] = []
    try:
        for one in check(walk.generation, walk.found, walk.source):
            walk.checked += 1
            path = one.repository.path(one.package.file)
            if one.installer is not PRESENT and not (one.installer == DAMAGED and quirks.looked_for(one.package)):
                walk.read[path] = one.taken
            if one.installer != DAMAGED:
                continue
            damaged.append(one.package.name)
            truth = ours(one.repository, one.package, one.taken) if one.taken else _UNREAD
            walk.packages.append(_package(one.repository, one.package, DAMAGED, truth, one.because))
            quirk = quirks.of_damage(walk.generation, one, truth)
            if quirk:
                walk.quirk(quirk)
    except InstallerError as error:
        walk.check_passes = False
        walk.said += [said for said in words.inaccessible(walk.generation, "", str(error)) if said.when == words.VERIFICATION]
        walk.quirk(quirks.crashed(walk.generation, str(error)))
        return
    if damaged:
        walk.check_passes = False
        walk.said.append(words.damaged(walk.generation, damaged))
    else:
        walk.said.append(words.fine(walk.generation, [one.name or one.identity for one in walk.found]))


def _install(walk: _Walk) -> None:
    """What an installation asks for beyond the check, and whether it gets it."""
    installed: list[Found] = []
    for repository in walk.found:
        if walk.asked.alone and not _met(walk, repository, installed):
            return
        for package in repository.packages or ():
            _fetch(walk, repository, package)
        installed.append(repository)
        if not repository.branded and not walk.generation.system_section:
            lacking = ".treeinfo does not say both [platform] and [branding], which are asked for when all is installed"
            walk.stops(lacking, quirks.BRANDING)
        _keys(walk, repository)
    quirk = quirks.targets(walk.generation, walk.found)
    if quirk:
        walk.quirk(quirk)


def _met(walk: _Walk, repository: Found, installed: list[Found]) -> bool:
    """Whether what a repository requires was installed before it."""
    try:
        problems = xml.missing(repository, installed, walk.generation)
    except InstallerError as error:
        walk.said.append(Said(words.INSTALLATION, str(error)))
        walk.stops(f"{repository.identity} requires a version that cannot be compared: {error}")
        return False
    if problems:
        walk.said.append(words.unmet(walk.generation, problems))
        walk.stops(f"{walk.generation.dialect} would stop: {'; '.join(problems)}", "put what is required into an earlier folder")
    return not problems


def _fetch(walk: _Walk, repository: Found, package: Listed) -> None:
    path = repository.path(package.file)
    if path not in walk.read:
        try:
            walk.read[path] = walk.source.fetch(path)
        except UnreadableError as error:
            walk.read[path] = None
            walk.packages.append(_package(repository, package, "not installed", "not there", str(error)))
    taken = walk.read[path]
    fix = f"pxeserve media verify {walk.asked.medium} names every damaged file; import the medium again"
    if taken is None:
        walk.said.append(words.no_package(walk.generation, package.file, _last(walk, package.file)))
        walk.stops(f"{path} cannot be read", fix)
        return
    truth = ours(repository, package, taken)
    walk.packages = [replace(one, ours=truth) if one.ours == _UNREAD and one.file == package.file else one for one in walk.packages]
    sum_ = taken.sha256 if repository.format is Format.YUM else taken.md5
    if sum_ != package.digest.lower():
        if quirks.looked_for(package):
            walk.packages.append(_package(repository, package, "installed", truth, "the installer sums no drivers and no firmware"))
            walk.quirk(quirks.UNSEEN)
        walk.stops(f"{path} is damaged: {truth}", fix)
    elif repository.format is Format.YUM and sum_ != package.digest:
        walk.stops(f"{path}: its SHA-256 is listed in capitals, which yum does not take for the same", "list it in small letters")
    elif taken.size != package.size:
        walk.packages.append(_package(repository, package, "installed", truth, "the installer looks at sizes for its bar only"))
        walk.quirk(quirks.SIZES)


def _keys(walk: _Walk, repository: Found) -> None:
    """7.1 to 8.2 copy every key after the packages; later ones import the first and check the signature of repomd.xml."""
    generation = walk.generation
    wanted = repository.keys if generation.keys_copied else repository.keys[:1] if generation.signs else ()
    for key in wanted:
        try:
            walk.source.fetch(key)
        except UnreadableError as error:
            walk.said.append(Said(words.INSTALLATION, "Error installing key files" if generation.keys_copied else str(error)))
            walk.stops(f"the key {key}, which .treeinfo names, cannot be read: {error}", "put the key beside .treeinfo, or take [keys] out")
    if generation.signs and wanted:
        try:
            walk.source.fetch(yum.SIGNATURE)
        except UnreadableError as error:
            walk.said.append(words.unsigned(generation))
            walk.stops(
                f".treeinfo names keys, so {yum.SIGNATURE} is needed: {error}", "sign repomd.xml, or take [keys] out of .treeinfo"
            )  # fmt: skip


def _report(walk: _Walk) -> Report:
    asked, generation = walk.asked, walk.generation
    times: dict[tuple[str, str], int] = {}
    for one in walk.found:
        times[one.identity, one.folder] = times.get((one.identity, one.folder), 0) + 1
    seen = {(one.identity, one.folder): one for one in walk.found}
    repositories = tuple(
        Repository(one.identity, one.name or "", one.folder, one.format.value, len(one.packages or ()), times[key])
        for key, one in seen.items()
    )
    installs = not walk.stop
    verdict, fix = _verdict(walk, [one.identity for one in seen.values()])
    return Report(
        medium=asked.medium,
        dialect=generation.dialect,
        over=asked.over,
        address=asked.address,
        ok=installs and walk.check_passes,
        installs=installs,
        check_passes=walk.check_passes and bool(walk.checked or installs),
        verdict=verdict,
        fix=fix,
        requests=tuple(walk.log.requests),
        repositories=repositories,
        checked=walk.checked,
        packages=tuple(walk.packages),
        said=tuple(walk.said),
        quirks=tuple(walk.quirks.values()),
        not_walked=quirks.not_walked(generation, walk.found, asked.alone),
    )


def _verdict(walk: _Walk, identities: list[str]) -> tuple[str, str]:
    dialect = walk.generation.dialect
    if walk.stop:
        because, fix = walk.stop[0]
        more = f", and {len(walk.stop) - 1} more" if len(walk.stop) > 1 else ""
        told = because if because.startswith(f"{dialect} would") else f"{dialect} would not come to the end: {because}"
        return told + more, fix
    what = f"{dialect} would install {', '.join(dict.fromkeys(identities))}"
    if walk.check_passes:
        count = f"{walk.checked} package{'' if walk.checked == 1 else 's'}"
        return f"{what}: {count}, and its own check would find no fault", ""
    named = [one.name for one in walk.packages if one.installer == DAMAGED]
    wrongly = f"call {words.listed(walk.generation, named)} damaged, wrongly" if named else "break off"
    return (
        f"{what}, but its own check would {wrongly}",
        "skip the verification in the installer (an unattended installation has none), or change what the quirks name",
    )


def _package(repository: Found, package: Listed, installer: str, truth: str, because: str) -> Package:
    return Package(repository.identity, package.name, package.file, installer, truth, because)


def _last(walk: _Walk, file: str) -> str:
    return next((one.because for one in reversed(walk.packages) if one.file == file), "")


__all__ = ["RIGHT", "Asked", "replay"]
