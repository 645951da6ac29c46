"""The rehearsal's installer: asks for what the installer of a medium asks for, in its order, and changes no machine.

A second opinion on answerfiles and repositories: reads both by itself and shares nothing with the rooms that write them.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from lxml import etree

from pxeserve.rehearse import doors, nfs
from pxeserve.rehearse.ftp import FtpClient
from pxeserve.rehearse.http import HttpClient, NoSuchNameError, shown
from pxeserve.rehearse.plan import TEXT_DIALECTS, YUM_DIALECTS, Package, Plan
from pxeserve.rehearse.replayed import replayed
from pxeserve.rehearse.shared import Shared
from pxeserve.rehearse.sink import Sink
from pxeserve.rehearse.step import Did, StepFailedError

Act = tuple[str, Callable[[], Did]]
"""A step's name and what does it."""

FOLDERS = ("", "packages", "packages.main", "packages.linux", "packages.site")
"""Where installers of text media look for repositories, in their order."""

_REPO = "{http://linux.duke.edu/metadata/repo}"
_COMMON = "{http://linux.duke.edu/metadata/common}"
_ANSWERS = 1 << 20
_INDEX = 4 << 20
_PRIMARY = 32 << 20
_FIELDS = {"tbz2": 7, "driver": 6, "firmware": 5, "rpm": 5, "driver-rpm": 6}
_FILE = {"tbz2": 5, "driver": 4, "firmware": 4, "rpm": 4, "driver-rpm": 5}
_REPORT = re.compile(r"https?://[^\s'\"]+/p/[A-Za-z0-9_-]+/")


@dataclass(slots=True)
class Answers:
    """What the installer takes from its answerfile."""

    source: str = ""
    hook: str | None = None


class _Media(Protocol):
    def there(self, url: str) -> bool: ...

    def get(self, url: str, keep: int = 0) -> Sink: ...


@dataclass(slots=True)
class Installer:
    """One installation, up to the report that it is done. `packages` are those that the repositories list, in order; `shared` those that
    need no second walking."""

    plan: Plan
    http: HttpClient
    answerfile_url: str
    shared: Shared = field(default_factory=Shared)
    answers: Answers = field(default_factory=Answers)
    packages: list[tuple[str, Package]] = field(default_factory=list)
    report: str | None = None
    _media: _Media = field(init=False)
    _unread: bool = False

    def __post_init__(self) -> None:
        self._media = self.http

    def steps(self) -> Iterator[Act]:
        """The steps, each to be done before the next is asked for."""
        yield "answerfile", self._answerfile
        if self._unread:
            yield "repositories", self._no_nfs
        else:
            yield "repositories", self._reading()
        count = len(self.packages)
        for number, (base, package) in enumerate(self.packages, 1):
            yield f"package {number} of {count}", lambda base=base, package=package: self._package(base, package)  # type: ignore[misc]
        if self.answers.hook is not None:
            yield "hook script", self._hook
        yield "report done", self._done

    def _reading(self) -> Callable[[], Did]:
        if self.plan.dialect in YUM_DIALECTS:
            return self._yum
        return self._repositories if self.plan.dialect in TEXT_DIALECTS else self._replayed

    def _answerfile(self) -> Did:
        try:
            sink = self.http.get(self.answerfile_url, keep=_ANSWERS)
        except NoSuchNameError as missing:
            fix = "arm the host again: a token is good for one installation, and ends with its arming"
            said = f"{missing.why}: the answerfile's token is stale (used up, lapsed or cancelled)"
            raise StepFailedError(said, fix, source="an arming is consumed by the answerfile's delivery") from None
        root = _parsed(sink.content, "the answerfile", "pxeserve answerfile lint says where")
        if root.tag != "installation":
            raise StepFailedError(f"the answerfile's outermost element is <{root.tag}>, and installers read <installation>")
        source = root.find(".//source")
        if source is None:
            raise StepFailedError("the answerfile names no <source>", "a profile with a medium gets one by itself")
        kind, address = source.get("type"), source.text or ""
        if address != address.strip():
            raise StepFailedError("the address in <source> has white space around it, which this installer makes a part of it")
        self._reach(kind or "", address)
        scripts = root.findall(".//script")
        hook = root.find(".//post-install-script") if self.plan.dialect in TEXT_DIALECTS else _last_stage(scripts)
        self.answers = Answers(self.answers.source, hook.text if hook is not None else None)
        said = "and a hook" if self.answers.hook else "and no hook"
        return Did(f"answerfile of {sink.size} bytes: packages from {address}, {said}", sink.size)

    def _reach(self, kind: str, address: str) -> None:
        """Take the client that the source wants; without one nothing can be fetched from it here."""
        match kind, address.partition("://")[0]:
            case "url", "http":
                self._media = self.http
            case "url", "ftp":
                self._media = FtpClient(self.http.local, self.plan.dialect)
            case "nfs", _:
                program = nfs.program()
                self._unread = program is None
                self._media = nfs.NfsClient(program or "", self.plan.dialect)
                server, _, path = address.partition(":")
                address = f"nfs://{server}{path}"
            case _:
                raise StepFailedError(f"the answerfile's source is of type {kind!r}, at {address!r}: that cannot be rehearsed")
        self.answers = Answers(address)

    def _no_nfs(self) -> Did:
        """Nothing here reads NFS; whether the server's ports answer can be seen all the same."""
        doors.nfs(self.answers.source, self.plan.dialect, self.http.local)
        return Did("not walked: nothing here reads NFS (apt-get install libnfs-utils); the packages were checked when they were imported")

    def _replayed(self) -> Did:
        key = f"replayed {self.answers.source}"
        if by := self.shared.by(key):
            return Did(f"{self.answers.source}: as it was read for {by}, which installs the same")
        doors.source(self.answers.source, self.plan.dialect, self.http.local)
        if self.answers.source.startswith("nfs://"):
            return Did("not walked: a replay over NFS is pxeserve media verify --as; the packages were checked when they were imported")
        did = replayed(self.plan, self.answers.source)
        self.shared.note(key, self.plan.host)
        return did

    def _repositories(self) -> Did:
        """Every folder is asked for both files, and both are fetched again where both are there (installer of 4.1, request by request)."""
        base = self.answers.source.rstrip("/") + "/"
        doors.source(base, self.plan.dialect, self.http.local)
        found, size = [], 0
        for folder in self._listed(base):
            at = f"{base}{folder}/" if folder else base
            there = [self._media.there(f"{at}{name}") for name in ("XS-REPOSITORY", "XS-PACKAGES")]
            if not all(there):
                continue
            label = self._media.get(f"{at}XS-REPOSITORY", keep=_INDEX)
            index = self._media.get(f"{at}XS-PACKAGES", keep=_INDEX)
            size += label.size + index.size
            found.append(_label(at, label.content))
            self.packages += [(at, package) for package in _packages(at, index.content)]
        if not found:
            raise StepFailedError(f"no repository found at {base}", _damaged(self.plan))
        self._compare(base)
        return Did(f"{', '.join(found)}: {len(self.packages)} packages", size)

    def _yum(self) -> Did:
        """`.treeinfo` and repomd.xml are asked for, fetched, and then the primary list (installer of 7.1 and later, request by request)."""
        base = self.answers.source.rstrip("/") + "/"
        doors.source(base, self.plan.dialect, self.http.local)
        for name in (".treeinfo", "repodata/repomd.xml"):
            if not self._media.there(f"{base}{name}"):
                raise StepFailedError(f"{base}{name} is not there: No main repository found", _damaged(self.plan))
        info = self._media.get(f"{base}.treeinfo", keep=_INDEX)
        repomd = self._media.get(f"{base}repodata/repomd.xml", keep=_INDEX)
        listed = _parsed(repomd.content, f"{base}repodata/repomd.xml", _damaged(self.plan))
        place = listed.find(f"{_REPO}data[@type='primary']/{_REPO}location")
        if place is None:
            raise StepFailedError(f"{base}repodata/repomd.xml names no primary list")
        primary = self._media.get(f"{base}{place.get('href')}", keep=_PRIMARY)
        self.packages = [(base, package) for package in _rpms(primary.content, _damaged(self.plan))]
        self._compare(base)
        return Did(f"{len(self.packages)} packages", info.size + repomd.size + primary.size)

    def _listed(self, base: str) -> tuple[str, ...]:
        """5.5 first reads a list of further folders; a missing one is only noted."""
        if self.plan.dialect != "5.5" or not self._media.there(f"{base}XS-REPOSITORY-LIST"):
            return FOLDERS
        lines = self._media.get(f"{base}XS-REPOSITORY-LIST", keep=_INDEX).content.decode("utf-8", "replace").split("\n")
        return (*FOLDERS, *(line.strip() for line in lines if line.strip()))

    def _compare(self, base: str) -> None:
        """The packages on the wire against those that were checked when the medium was imported."""
        listed = {f"{at.removeprefix(base)}{package.path}" for at, package in self.packages}
        missing = [package.path for package in self.plan.packages if package.path not in listed]
        if missing:
            fix = f"pxeserve media verify {self.plan.medium}"
            raise StepFailedError(f"the repositories no longer list {missing[0]}, which the medium was imported with", fix)

    def _package(self, base: str, package: Package) -> Did:
        key = f"{base}{package.path}"
        if by := self.shared.by(key):
            return Did(f"{package.path}: as it came for {by}, which installs the same")
        sink = self._media.get(key)
        did = self._judged(package, sink)
        self.shared.note(key, self.plan.host)
        return did

    def _judged(self, package: Package, sink: Sink) -> Did:
        fix = f"pxeserve media verify {self.plan.medium} names every damaged file; import the medium again"
        if sink.size != package.size:
            raise StepFailedError(f"{package.path}: {sink.size} bytes came, and its list says {package.size}", fix)
        if package.sha256:
            if sink.sha256 != package.sha256:
                raise StepFailedError(f"{package.path}: SHA-256 {sink.sha256} came, and the primary list says {package.sha256}", fix)
            return Did(f"{package.path}: size and SHA-256 right", sink.size)
        if sink.md5 != package.md5:
            raise StepFailedError(f"{package.path}: MD5 {sink.md5} came, and XS-PACKAGES says {package.md5}", fix)
        return Did(f"{package.path}: size and MD5 right", sink.size)

    def _hook(self) -> Did:
        """Fetched, read for the address that it reports to, and not run."""
        assert self.answers.hook is not None
        sink = self.http.get(self.answers.hook, keep=_ANSWERS)
        found = _REPORT.search(sink.content.decode("utf-8", "replace"))
        self.report = found[0] if found else None
        return Did(f"script of {sink.size} bytes, not run", sink.size)

    def _done(self) -> Did:
        if self.report is None:
            raise StepFailedError("nothing in this installation reports that it is done", "the answerfile must name pxeserve's own hook")
        status = self.http.tell(f"{self.report}done")
        if status not in (200, 204):
            raise StepFailedError(f"{shown(self.report)}done: HTTP status {status}: the report was not taken")
        return Did("reported done, and the report was taken")


def _last_stage(scripts: list[etree._Element]) -> etree._Element | None:
    """The hook that is run when all is done, with 0 or 1 as its argument."""
    return next((one for one in scripts if one.get("stage") == "installation-complete"), None)


def _damaged(plan: Plan) -> str:
    return f"pxeserve media verify {plan.medium} says what is missing or changed; is the medium still there?"


def _rpms(packed: bytes, fix: str) -> list[Package]:
    try:
        text = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        raise StepFailedError("the primary list is not gzip, and installers unpack nothing else", fix) from None
    found = []
    for node in _parsed(text, "the primary list", fix).iterfind(f"{_COMMON}package"):
        place, size = node.find(f"{_COMMON}location"), node.find(f"{_COMMON}size")
        digest = node.findtext(f"{_COMMON}checksum")
        if place is None or size is None or not digest:
            raise StepFailedError("a package of the primary list has no location, size or checksum")
        found.append(Package(str(place.get("href")), int(size.get("package", "0")), "", digest.strip()))
    return found


def _parsed(content: bytes, what: str, fix: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise StepFailedError(f"{what} is not XML: {error}", fix) from None


def _label(at: str, content: bytes) -> str:
    lines = content.decode("utf-8", "replace").splitlines()
    if len(lines) < 2 or ":" not in lines[0]:
        raise StepFailedError(f"{at}XS-REPOSITORY: an installer needs an identifier such as xs:main and a name in its first two lines")
    return lines[0].strip()


def _packages(at: str, content: bytes) -> list[Package]:
    """The lines of XS-PACKAGES, with fields parted by exactly one blank; anything else ends the installation."""
    packages = []
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        fields = line.split(" ")
        kind = fields[3] if len(fields) > 3 else ""
        if _FIELDS.get(kind) != len(fields) or not fields[1].isdigit():
            raise StepFailedError(f"{at}XS-PACKAGES, line {number}: an installer cannot read {line!r}")
        packages.append(Package(fields[_FILE[kind]], int(fields[1]), fields[2]))
    return packages
