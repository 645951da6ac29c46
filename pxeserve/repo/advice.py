"""What the installation guide and the installers' own code advise about a site's repository: errors before anything is written, and
warnings about what works and surprises."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pxeserve.domain.products import dialect_of
from pxeserve.errors import PxeserveError
from pxeserve.repo.draft import Draft, kernel_word
from pxeserve.repo.formats import packs, places, text, xml
from pxeserve.repo.formats.fault import FormatError
from pxeserve.repo.formats.interface import FileSums
from pxeserve.repo.formats.xs import DRIVER_KINDS, ID, Package, path_fault

_RESERVED = ("xs", "xcp")
_TITLE = re.compile(r"[!-~]([ -~]{0,126}[!-~])?", re.ASCII)
_WORD = re.compile(r"[!-~]+", re.ASCII)
_KERNEL = re.compile(r"\$\{[^}]*\}?")
_BZIP2, _RPM = b"BZh", b"\xed\xab\xee\xdb"


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing about a repository. With `error` nothing is written; `place` is a file or a field."""

    error: bool
    place: str
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" + (f"\n  {self.fix}" if self.fix else "")


def advise(folder: Path, draft: Draft, sums: Mapping[str, FileSums]) -> tuple[Advice, ...]:
    """All there is to say about `draft` in `folder`, errors first."""
    found = [*_about_itself(draft), *_about_list(folder), *_about_folder(folder, draft)]
    for package in draft.packages:
        found += _about_package(folder, draft, package)
    if draft.format != "yum" and not draft.packages:
        said = "no packages: the installer's own check fails on an empty list"
        found.append(Advice(True, str(folder), said, "put files into the folder"))
    if draft.format == "yum" and not any(path.endswith(".rpm") for path in sums):
        found.append(Advice(True, str(folder), "no RPMs, and a yum repository holds nothing else", "put RPMs into the folder"))
    return tuple(sorted(found, key=lambda one: not one.error))


def _about_itself(draft: Draft) -> Iterator[Advice]:
    vendor = draft.id.partition(":")[0]
    if not ID.fullmatch(draft.id):
        said = f"{draft.id!r} is not vendor:name in letters, digits, dots and hyphens"
        yield Advice(True, "name", said, "a site's own begin with custom:")
    elif vendor in _RESERVED:
        said = f"{draft.id}: ids that begin with {vendor}: are the product's own, and installers would take it for one of those"
        yield Advice(True, "name", said, f"custom:{draft.label} is a site's own")
    if not _TITLE.fullmatch(draft.title):
        said = f"{draft.title!r} is not one line of plain ASCII: installers show it to people"
        yield Advice(True, "title", said, "--title 'My packages'")
    if draft.format == "text":
        yield from _about_text(draft)
    if draft.format == "xml":
        yield from _about_xml(draft)
    if draft.format == "yum" and draft.requires:
        yield Advice(True, "requires", "a yum pack requires by its RPMs' own dependencies", "leave --requires out")
    if draft.format == "yum" and (draft.product or draft.build):
        yield Advice(False, "product", "a yum pack names a version of its own, and neither product nor build", "they were left out")


def _about_text(draft: Draft) -> Iterator[Advice]:
    if draft.requires:
        yield Advice(True, "requires", "the text format knows no requirements", "leave --requires out, or take --format xml (5.6 to 7.0)")
    if bool(draft.product) != bool(draft.version):
        yield Advice(True, "product", "product and version go together: installers read them only when both are there", "give both or none")
    elif not draft.product:
        said = "names no target product: installers cannot warn people who take the wrong one"
        yield Advice(False, "product", said, "--product XenServer --version 4.1.0")
    else:
        if not re.fullmatch(r"\d+\.\d+\.\d+[A-Za-z0-9_]*", draft.version):
            yield Advice(True, "version", f"{draft.version!r} is not of the form 4.1.0", "the build goes to --build")
        dialect = dialect_of(draft.product, draft.version)
        if dialect not in text.DIALECTS:
            said = f"{draft.product} {draft.version} does not read the text format, which is of 4.0 to 5.5"
            yield Advice(True, "format", said, "--format xml is read by 5.6 to 7.0, --format yum by 7.1 and later")


def _about_xml(draft: Draft) -> Iterator[Advice]:
    if not draft.product or not draft.version:
        yield Advice(True, "version", "a pack of this format says a product and its own version", "--product XenServer --version 1.0.0")
    try:
        xml.read_repository(xml.render_repository(draft.repository))
    except (FormatError, ValueError) as error:
        if draft.product and draft.version and ID.fullmatch(draft.id) and _TITLE.fullmatch(draft.title):
            yield Advice(True, "version", getattr(error, "message", str(error)), "")
    for one in draft.requires:
        if one.id == packs.PRODUCT_MAIN and dialect_of("XenServer", one.version) not in xml.DIALECTS:
            said = f"requires xs:main {one.version}, and the XML format is of 5.6 to 7.0"
            yield Advice(False, "requires", said, "say which product the pack is for")


def _about_package(folder: Path, draft: Draft, package: Package) -> Iterator[Advice]:
    fault = path_fault(package.file)
    if fault:
        yield Advice(True, package.file, f"the name {fault}: installers up to 5.5 put it into the address as it is", "rename the file")
        return
    if draft.format == "yum" and package.kind != "rpm":
        yield Advice(True, package.file, f"a {package.kind} package, and a yum repository holds RPMs alone", "pack it as an RPM")
        return
    if draft.format != "yum" and not _WORD.fullmatch(package.name):
        yield Advice(True, package.file, f"its name {package.name!r} has a blank, which parts fields", "rename the file")
    if draft.format == "text" and package.kind in ("rpm", "driver-rpm"):
        known = dialect_of(draft.product, draft.version) if draft.product else None
        said = f"installers of 4.0 to 5.0 do not know type {package.kind}; 5.5 does"
        yield Advice(known in ("4.1", "5.0"), package.file, said, "--version 5.5.0, or a tbz2 package")
    if draft.format == "text" and package.options:
        yield Advice(True, package.file, "the text format has no options for rpm", "--format xml")
    begins = _beginning(folder / package.file)
    if package.kind == "tbz2" and not begins.startswith(_BZIP2):
        yield Advice(True, package.file, "not packed by bzip2: the installer's `tar -xj` would end the installation", "tar -cjf")
    if "rpm" in package.kind and not begins.startswith(_RPM):
        yield Advice(True, package.file, "not an RPM, whatever its name says", "take it out of the folder")
    if package.size < packs.SHORTEST:
        said = f"{package.size} bytes: the verification of installers up to XenServer 8 calls what has under {packs.SHORTEST} damaged"
        yield Advice(False, package.file, said, "the installation itself takes it; pad the file, or skip the verification")
    if draft.driver_disk and draft.format != "yum" and package.kind not in DRIVER_KINDS:
        yield Advice(True, package.file, f"a {package.kind} package, and a driver disk holds drivers and firmware alone", "leave it out")
    yield from _about_destination(draft, package)


def _about_destination(draft: Draft, package: Package) -> Iterator[Advice]:
    where = package.destination
    if ".." in where.split("/") or (package.kind != "driver-rpm" and " " in where):
        yield Advice(True, package.file, f"destination {where!r} leaves the new root, or has a blank", "name a path below it")
    if package.kind != "driver":
        return
    word = kernel_word(draft)
    others = [found for found in _KERNEL.findall(where) if found != word]
    if others:
        yield Advice(True, package.file, f"destination has {others[0]}, which these installers do not replace", f"they replace {word}")
    if not where.startswith(f"/lib/modules/{word}/") and not others:
        said = f"destination {where}: modules are looked for below /lib/modules/{word}/"
        yield Advice(False, package.file, said, f"/lib/modules/{word}/extra/{package.file.rpartition('/')[2]}")
    if not where.endswith(".ko"):
        yield Advice(True, package.file, f"destination {where} is a file's name, and a module's ends with .ko", "name the file too")


def _about_folder(folder: Path, draft: Draft) -> Iterator[Advice]:
    """Verification asks for drivers at the address's root, wherever the repository lies below it."""
    drivers = [one.file for one in draft.packages if one.kind in ("driver", "firmware")]
    if drivers and draft.format != "yum" and folder.absolute().name in places.FOLDERS:
        said = f"{folder.absolute().name} lies below an address, and verification looks for drivers at its root: it calls them damaged"
        yield Advice(False, drivers[0], said, "installation finds them; or give drivers a folder and an address of their own")


def _about_list(folder: Path) -> Iterator[Advice]:
    file = folder / places.LIST_FILE
    if not file.is_file():
        return
    try:
        listed = places.read_list(file.read_bytes())
    except FormatError as error:
        yield Advice(True, places.LIST_FILE, str(error), "")
        return
    for name, line in listed:
        if name in places.FOLDERS:
            said = f"line {line}: {name} is looked into anyway, so that what lies there is found twice"
            yield Advice(True, places.LIST_FILE, said, "list only other names")


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError as error:
        raise PxeserveError(f"{path}: cannot be read: {error.strerror}") from None
