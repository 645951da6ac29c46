"""A site's own repository: made, changed, advised upon, never half there, and always what an import takes."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.medium import Medium, Role
from pxeserve.errors import PxeserveError
from pxeserve.operations.media import authoring
from pxeserve.repo.formats import repodata, text, xml
from tests import media_samples as samples
from tests.repo.trees import build

Bring = Callable[[Path, str], Medium]
SITE = {"name": "custom:my-repo", "product": "XenServer", "version": "4.1.0"}


def nothing(*_: object) -> None:
    """Takes progress, and leaves it."""


def create(folder: Path, format: str = "text", **said: Any) -> dict[str, Any]:
    return authoring.create(folder, format=format, report=nothing, **{"name": "custom:my-repo", **said})


def refused(folder: Path, format: str = "text", **said: Any) -> str:
    before = sorted(folder.rglob("*"))
    with pytest.raises(PxeserveError) as error:
        create(folder, format, **said)
    assert sorted(folder.rglob("*")) == before  # not a file more
    return str(error.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One package of each type that a name tells."""
    made = tmp_path / "my-repo"
    samples.write(made / "docs.tar.bz2", samples.tbz2("docs"))
    samples.write(made / "sub/more.tbz2", samples.tbz2("more"))
    samples.write(made / "nic.ko", samples.filler("nic"))
    samples.write(made / "nicfw.bin", samples.filler("fw"))
    samples.write(made / "README", "for people\n")
    return made


@pytest.fixture
def rpm(tmp_path: Path) -> Callable[..., Path]:
    """Makes a real RPM."""
    if not shutil.which("rpmbuild"):
        pytest.skip("rpmbuild is not installed")

    def make(name: str, folder: Path, requires: str = "") -> Path:
        needs = f"Requires: {requires}\n" if requires else ""
        spec = tmp_path / f"{name}.spec"
        spec.write_text(
            f"Name: {name}\nVersion: 1.0\nRelease: 1\nSummary: A test\nLicense: MIT\nBuildArch: noarch\n{needs}"
            "%description\nA test.\n%files\n"
        )
        said = (f"_topdir {tmp_path / 'rpmbuild'}", f"_rpmdir {folder}", "_build_name_fmt %{NAME}.rpm")
        defined = [word for one in said for word in ("--define", one)]
        subprocess.run(["rpmbuild", "-bb", "--quiet", *defined, spec], check=True, capture_output=True)
        return folder / f"{name}.rpm"

    return make


def test_the_text_format_is_written_and_imported(folder: Path, bring: Bring) -> None:
    made = create(folder, title="My own packages", **{key: SITE[key] for key in ("product", "version")}, build="7843p")
    assert (made["role"], made["id"], made["findings"]) == ("pack", "custom:my-repo", [])
    assert [(one["file"], one["type"]) for one in made["packages"]] == [
        ("docs.tar.bz2", "tbz2"), ("nic.ko", "driver"), ("nicfw.bin", "firmware"), ("sub/more.tbz2", "tbz2"),
    ]  # fmt: skip
    assert (folder / "XS-REPOSITORY").read_text() == "custom:my-repo\nMy own packages\nXenServer\n4.1.0-7843p\n"
    content = samples.filler("nic")
    assert (folder / "XS-PACKAGES").read_text().splitlines()[1] == (
        f"nic {len(content)} {samples.md5(content)} driver nic.ko /lib/modules/${{KERNEL_VERSION}}/extra/nic.ko"
    )
    medium = bring(folder, "my-repo")
    assert (medium.role, medium.format, medium.product, medium.dialect) == (Role.PACK, "text", "custom:my-repo", "")


def test_the_xml_format_is_written_and_imported(folder: Path, rpm: Callable[..., Path], bring: Bring) -> None:
    rpm("agent", folder)
    made = create(folder, "xml", requires=["xs:main>=6.5.0-90233c"], packages=["agent.rpm=rpm,options=-U --nodeps"])
    assert made["requires"] == ["xs:main>=6.5.0-90233c"]
    packages = {one.file: one for one in xml.read_packages((folder / "XS-PACKAGES").read_bytes())}
    assert packages["agent.rpm"].options == "-U --nodeps"
    assert packages["nic.ko"].destination == "/lib/modules/${LINUX_KABI_VERSION}/extra/nic.ko"
    medium = bring(folder, "my-repo")
    assert (medium.role, medium.format, medium.version) == (Role.PACK, "xml", "1.0.0")


@pytest.mark.quirk("kernel-word")
def test_5_6_replaces_another_word_for_its_kernel(folder: Path) -> None:
    create(folder, "xml", requires=["xs:main=5.6.0"])
    packages = {one.file: one for one in xml.read_packages((folder / "XS-PACKAGES").read_bytes())}
    assert packages["nic.ko"].destination == "/lib/modules/${KERNEL_VERSION}/extra/nic.ko"


@pytest.mark.parametrize("format", ["text", "xml"])
def test_drivers_and_firmware_alone_are_a_driver_disk(folder: Path, bring: Bring, format: str) -> None:
    (folder / "docs.tar.bz2").unlink()
    shutil.rmtree(folder / "sub")
    assert create(folder, format, driver_disk=True)["role"] == "driver-disk"
    assert bring(folder, "disk").role is Role.DRIVER_DISK


def test_rpms_of_a_driver_disk_are_drivers(tmp_path: Path, rpm: Callable[..., Path]) -> None:
    rpm("nic", tmp_path / "disk")
    create(tmp_path / "disk", "xml", driver_disk=True, packages=["nic.rpm=driver-rpm,kernel=2.6.32xen"])
    [package] = xml.read_packages((tmp_path / "disk/XS-PACKAGES").read_bytes())
    assert (package.kind, package.destination) == ("driver-rpm", "2.6.32xen")


needs_createrepo = pytest.mark.skipif(shutil.which("createrepo_c") is None, reason="createrepo_c is not installed")


@needs_createrepo
def test_a_yum_pack_gets_the_package_that_installers_install(tmp_path: Path, rpm: Callable[..., Path], bring: Bring) -> None:
    folder = tmp_path / "pack"
    rpm("agent", folder)
    made = create(folder, "yum", title="My 100 % agent", version="1.2")
    own = "update-my-repo.pxeserve.noarch.rpm"
    assert [one["file"] for one in made["packages"]] == ["agent.rpm", own]
    assert 'name-label="my-repo"' in (folder / "update.xml").read_text()
    asked = ["rpm", "--query", "--package", folder / own, "--queryformat", "%{NAME} %{VERSION} %{ARCH} %{PAYLOADCOMPRESSOR} %{SUMMARY}\\n"]
    said = subprocess.run([*asked, "--requires"], check=True, capture_output=True, text=True).stdout
    assert said.startswith("update-my-repo 1.2 noarch gzip My 100 % agent\n")
    assert "agent" in said.splitlines()
    medium = bring(folder, "pack")
    assert (medium.role, medium.format, medium.product, medium.version) == (Role.PACK, "yum", "my-repo", "1.2")
    assert build(folder).notes == ()
    added = authoring.add_package(folder, files=[rpm("more", tmp_path / "elsewhere")], report=nothing)
    assert [one["file"] for one in added["packages"]] == ["agent.rpm", "more.rpm", own]
    said = subprocess.run([*asked, "--requires"], check=True, capture_output=True, text=True).stdout
    assert {"agent", "more"} <= set(said.splitlines())


@needs_createrepo
def test_a_yum_pack_that_has_its_own_gets_none(tmp_path: Path, rpm: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pack"
    rpm("agent", folder)
    only = tmp_path / "bin"
    only.mkdir()
    (only / "createrepo_c").symlink_to(shutil.which("createrepo_c") or "")
    with monkeypatch.context() as changed:
        changed.setenv("PATH", str(only))
        assert "no package update-my-repo among agent" in refused(folder, "yum")
    rpm("update-my-repo", folder, "agent")
    made = create(folder, "yum")
    assert [one["file"] for one in made["packages"]] == ["agent.rpm", "update-my-repo.rpm"]
    assert build(folder).notes == ()


@needs_createrepo
def test_the_same_pack_twice_is_the_same_bytes(tmp_path: Path, rpm: Callable[..., Path]) -> None:
    rpm("agent", tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    create(tmp_path / "one", "yum")
    (tmp_path / "one/update-my-repo.pxeserve.noarch.rpm").touch()
    authoring.change(tmp_path / "one", set=["title=Other"], report=nothing)
    authoring.change(tmp_path / "one", set=["title=my-repo"], report=nothing)
    create(tmp_path / "two", "yum")
    assert build(tmp_path / "one").revision == build(tmp_path / "two").revision
    [primary] = (tmp_path / "one/repodata").glob("*-primary.xml.gz")
    assert b'<time file="1" build="1"/>' in gzip.decompress(primary.read_bytes())  # and in any other second too


@needs_createrepo
def test_a_yum_driver_disk_has_the_group_drivers_and_grows(tmp_path: Path, rpm: Callable[..., Path]) -> None:
    folder = tmp_path / "disk"
    rpm("nic", folder)
    assert create(folder, "yum", driver_disk=True)["role"] == "driver-disk"
    first = {path.name for path in (folder / "repodata").iterdir()}
    added = authoring.add_package(folder, files=[rpm("nic2", tmp_path / "elsewhere")], report=nothing)
    assert (added["role"], [one["file"] for one in added["packages"]]) == ("driver-disk", ["nic.rpm", "nic2.rpm"])
    listed = {one.path for one in repodata.read_repomd((folder / "repodata/repomd.xml").read_bytes())}
    assert {f"repodata/{path.name}" for path in (folder / "repodata").iterdir()} == {*listed, "repodata/repomd.xml"}
    assert {path.name for path in (folder / "repodata").iterdir()} != first
    assert build(folder).role is Role.DRIVER_DISK
    assert authoring.change(folder, set=["version=2.0.0", "title=Drivers"], report=nothing)["version"] == "2.0.0"
    assert build(folder).version == "2.0.0"


@needs_createrepo
def test_without_createrepo_c_a_yum_repository_is_refused_with_the_way_out(
    tmp_path: Path, rpm: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    rpm("nic", tmp_path / "disk")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "createrepo_c is not installed" in refused(tmp_path / "disk", "yum", driver_disk=True)


def test_packages_are_added_and_a_refused_one_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    create(folder, **{key: SITE[key] for key in ("product", "version")})
    samples.write(tmp_path / "new.tar.bz2", samples.tbz2("new"))
    samples.write(tmp_path / "odd.xyz", b"x" * 200)
    before = sorted(folder.rglob("*"))
    with pytest.raises(PxeserveError, match=r"odd.xyz: nothing tells its package type; types are tbz2, driver"):
        authoring.add_package(folder, files=[tmp_path / "new.tar.bz2", tmp_path / "odd.xyz"], report=nothing)
    assert sorted(folder.rglob("*")) == before
    added = authoring.add_package(
        folder, files=[tmp_path / "new.tar.bz2", tmp_path / "odd.xyz"], packages=["odd.xyz=firmware"], report=nothing
    )
    assert [one["file"] for one in added["packages"]][-2:] == ["new.tar.bz2", "odd.xyz"]
    assert text.read_packages((folder / "XS-PACKAGES").read_bytes())[-1].kind == "firmware"
    with pytest.raises(PxeserveError, match="is there already"):
        authoring.add_package(folder, files=[tmp_path / "new.tar.bz2"], report=nothing)


def test_a_change_takes_the_sums_anew_and_tells_what_is_not_listed(folder: Path) -> None:
    create(folder, **{key: SITE[key] for key in ("product", "version")})
    samples.write(folder / "docs.tar.bz2", samples.tbz2("other"))
    samples.write(folder / "late.ko", samples.filler("late"))
    with pytest.raises(PxeserveError, match=r"docs.tar.bz2: \d+ bytes, but XS-PACKAGES line 1 says"):
        build(folder)
    samples.write(folder / ".pxeserve-0123456789ab", "what a killed command left behind")
    changed = authoring.change(folder, set=["title=Another", "version=5.5.0", "name=custom:other"], report=nothing)
    assert (changed["id"], changed["title"], changed["version"]) == ("custom:other", "Another", "5.5.0")
    assert [one["place"] for one in changed["findings"]] == ["late.ko"]
    assert build(folder).product == "custom:other"
    assert list(folder.glob(".pxeserve-*")) == []
    (folder / "nic.ko").unlink()
    with pytest.raises(PxeserveError, match=r"nic.ko is listed and is gone"):
        authoring.change(folder, set=["title=A"], report=nothing)
    for wrong in ("colour=red", "title"):
        with pytest.raises(PxeserveError, match="is not KEY=VALUE with a key of name, title"):
            authoring.change(folder, set=[wrong], report=nothing)


ERRORS: dict[str, tuple[Callable[[Path], object], str, dict[str, Any], str]] = {
    "product's own id": (lambda _: None, "text", {"name": "xs:site"}, "ids that begin with xs: are the product's own"),
    "no vendor": (lambda _: None, "text", {"name": "site"}, "'site' is not vendor:name"),
    "title of two lines": (lambda _: None, "text", {"title": "a\nb"}, "is not one line of plain ASCII"),
    "product of another format": (lambda _: None, "text", {**SITE, "version": "6.5.0"}, "XenServer 6.5.0 does not read the text format"),
    "product alone": (lambda _: None, "text", {"product": "XenServer"}, "product and version go together"),
    "requirement in text": (lambda _: None, "text", {"requires": ["xs:main>=4.1.0"]}, "the text format knows no requirements"),
    "no requirement": (lambda _: None, "xml", {"requires": ["xs:main"]}, "'xs:main' is not a requirement such as"),
    "version that is none": (lambda _: None, "xml", {"version": "new"}, "numbers parted by dots"),
    "blank in a name": (lambda tree: samples.write(tree / "my nic.ko", b"x" * 200), "text", {}, "my nic.ko: the name has a character"),
    "unknown type": (lambda tree: samples.write(tree / "a.zip", b"x" * 200), "text", {}, "a.zip: nothing tells its package type"),
    "type that is none": (lambda _: None, "text", {"packages": ["nic.ko=zip"]}, "'zip' is not a package type"),
    "a word too many": (lambda _: None, "text", {"packages": ["nic.ko=driver,colour=red"]}, "'colour=red' is none of destination="),
    "told of no file": (lambda _: None, "text", {"packages": ["x.ko=driver"]}, "there is no file x.ko, of which --package tells"),
    "not bzip2": (lambda tree: samples.write(tree / "a.tar.bz2", b"x" * 200), "text", {}, "a.tar.bz2: not packed by bzip2"),
    "not an RPM": (lambda tree: samples.write(tree / "a.rpm", b"x" * 200), "xml", {}, "a.rpm: not an RPM, whatever its name says"),
    "another kernel's word": (
        lambda _: None, "text", {"packages": ["nic.ko=driver,destination=/lib/modules/${LINUX_KABI_VERSION}/nic.ko"]},
        r"destination has ${LINUX_KABI_VERSION}, which these installers do not replace",
    ),
    "a folder for a module": (lambda _: None, "text", {"packages": ["nic.ko=driver,destination=/lib/modules"]}, "a module's ends with .ko"),
    "destination that leaves": (lambda _: None, "text", {"packages": ["docs.tar.bz2=tbz2,destination=/../x"]}, "leaves the new root"),
    "more than drivers": (lambda _: None, "text", {"driver_disk": True}, "docs.tar.bz2: a tbz2 package, and a driver disk holds drivers"),
    "listed again": (
        lambda tree: samples.write(tree / "XS-REPOSITORY-LIST", "packages.site\n"), "text", {},
        "line 1: packages.site is looked into anyway, so that what lies there is found twice",
    ),
    "a link": (lambda tree: (tree / "link.ko").symlink_to("nic.ko"), "text", {}, "link.ko: not a plain file"),
    "a FIFO": (lambda tree: os.mkfifo(tree / "pipe.ko"), "text", {}, "pipe.ko: not a plain file"),
    "empty": (lambda tree: [shutil.rmtree(tree), tree.mkdir()], "text", {}, "no packages: the installer's own check fails"),
    "nothing for yum": (lambda _: None, "yum", {}, "docs.tar.bz2: a tbz2 package, and a yum repository holds RPMs alone"),
    "unknown format": (lambda _: None, "deb", {}, "'deb' is not a format; they are text, xml, yum"),
    "a product's medium": (
        lambda tree: samples.text_main(tree, "4.1.0"), "text", {}, "packages.linux/XS-REPOSITORY is in it: this is the medium of a product",
    ),
}  # fmt: skip


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.quirk("listed-again")
def test_each_error_is_said_before_anything_is_written(folder: Path, error: str) -> None:
    spoil, format, said, says = ERRORS[error]
    spoil(folder)
    assert says in refused(folder, format, **said)


def test_all_errors_are_said_at_once(folder: Path) -> None:
    samples.write(folder / "my nic.ko", b"x" * 200)
    samples.write(folder / "a.tar.bz2", b"x" * 200)
    assert len([line for line in refused(folder, name="xs:a").splitlines() if not line.startswith(" ")]) == 3


@pytest.mark.quirk("driver-at-root")
def test_what_works_and_surprises_is_a_warning(tmp_path: Path) -> None:
    site = tmp_path / "packages.site"
    samples.write(site / "nic.ko", b"x" * 50)
    samples.write(site / "other.ko", b"x" * 500)
    made = create(site, packages=["other.ko=driver,destination=/opt/other.ko"])
    said = "\n".join(f"{one['place']}: {one['message']}" for one in made["findings"])
    assert {one["severity"] for one in made["findings"]} == {"warning"}
    assert "product: names no target product" in said
    assert "nic.ko: 50 bytes: the verification of installers up to XenServer 8 calls what has under 100 damaged" in said
    assert "nic.ko: packages.site lies below an address, and verification looks for drivers at its root" in said
    assert "other.ko: destination /opt/other.ko: modules are looked for below /lib/modules/${KERNEL_VERSION}/" in said


def test_there_is_never_half_a_repository(folder: Path) -> None:
    create(folder, **{key: SITE[key] for key in ("product", "version")})
    ended, seen, faults = threading.Event(), set[str](), list[str]()

    def look() -> None:
        while not ended.is_set():
            try:
                seen.add(text.read_repository((folder / "XS-REPOSITORY").read_bytes()).name)
                text.read_packages((folder / "XS-PACKAGES").read_bytes())
            except (OSError, ValueError) as error:
                faults.append(str(error))

    watcher = threading.Thread(target=look)
    watcher.start()
    for number in range(40):
        authoring.change(folder, set=[f"title=Title {number}"], report=nothing)
    ended.set()
    watcher.join()
    assert faults == []
    assert len(seen) > 1
    assert list(folder.rglob(".*")) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_leaves_the_old_indexes_in_force(folder: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", small], check=True)
    try:
        shutil.copytree(folder, small, dirs_exist_ok=True)
        create(small, **{key: SITE[key] for key in ("product", "version")})
        before = {path: path.read_bytes() for path in small.iterdir() if path.name.startswith("XS-")}
        with pytest.raises(OSError, match="No space left"), (small / "README").open("ab", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        with pytest.raises(PxeserveError, match="could not be written: No space left on device"):
            authoring.change(small, set=["title=Another"], report=nothing)
        assert {path: path.read_bytes() for path in small.iterdir() if path.name.startswith(("XS-", "."))} == before
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.parametrize("inside", [True, False])
def test_a_file_that_is_not_there_cannot_be_added(folder: Path, tmp_path: Path, inside: bool) -> None:
    create(folder)
    before = sorted(folder.rglob("*"))
    with pytest.raises(PxeserveError, match=r"none\.tbz2: there is no such file") as error:
        authoring.add_package(folder, files=[(folder if inside else tmp_path) / "none.tbz2"], report=nothing)
    assert error.value.fix
    assert sorted(folder.rglob("*")) == before
