"""Whole trees of every format: what each is, and every fault that an index shows, refused by name."""

from __future__ import annotations

import base64
import gzip
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.dom import minidom

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxeserve.domain.medium import Role
from pxeserve.errors import PxeserveError
from pxeserve.repo.formats import FORMATS, places, repodata, treeinfo, update
from pxeserve.repo.formats.fault import FormatError
from tests import media_samples as samples
from tests.repo.trees import Spoil, build, rewrite

LIST = "XS-REPOSITORY-LIST"

KINDS: dict[str, tuple[str, str, str, str, str, tuple[str, ...]]] = {
    "4.1": ("text", "main", "XenServer", "4.1.0", "7843p", ("packages.main", "packages.linux")),
    "5.0": ("text", "main", "XenServer", "5.0.0", "13192p", ("packages.main", "packages.linux")),
    "5.5": ("text", "main", "XenServer", "5.5.0", "15119p", ("packages.main", "packages.linux", "packages.extra")),
    "4.1-site": ("text", "main", "XenServer", "4.1.0", "7843p", ("packages.main", "packages.linux", "packages.site")),
    "5.6": ("xml", "main", "XenServer", "5.6.0", "31188p", ("packages.main", "packages.linux")),
    "6.0": ("xml", "main", "XenServer", "6.0.2", "53456p", ("packages.main", "packages.linux", "packages.xenserver")),
    "6.2": ("xml", "main", "XenServer", "6.2.0", "70446c", ("packages.main", "packages.linux", "packages.xenserver")),
    "6.5": ("xml", "main", "XenServer", "6.5.0", "90233c", ("packages.main", "packages.linux", "packages.xenserver")),
    "7.0": ("yum", "main", "XenServer", "7.0.0", "90233c", ("",)),
    "7.1": ("yum", "main", "XenServer", "7.1.0", "90233c", ("",)),
    "8.2": ("yum", "main", "Citrix Hypervisor", "8.2.0", "90233c", ("",)),
    "xcp-8.2": ("yum", "main", "XCP-ng", "8.2.1", "90233c", ("",)),
    "xs8": ("yum", "main", "XenServer", "8.4.0", "90233c", ("",)),
    "xcp-8.3": ("yum", "main", "XCP-ng", "8.3.0", "90233c", ("",)),
    "xs9": ("yum", "main", "XenServer", "9.0.0", "90233c", ("",)),
    "text-pack": ("text", "pack", "custom:my-repo", "4.1.0", "7843p", ("",)),
    "text-driver-disk": ("text", "driver-disk", "acme:nic", "4.1.0", "7843p", ("",)),
    "xml-pack": ("xml", "pack", "custom:my-repo", "1.0.0", "7", ("",)),
    "xml-driver-disk": ("xml", "driver-disk", "acme:nic", "1.0.0", "1", ("",)),
    "yum-pack": ("yum", "pack", "acme", "1.0", "", ("",)),
    "yum-driver-disk": ("yum", "driver-disk", "acme", "1.0", "", ("",)),
    "netinstall": ("none", "netinstall", "XCP-ng", "", "", ()),
}  # fmt: skip


def test_every_sample_is_in_the_table() -> None:
    assert set(KINDS) == set(samples.KINDS)
    assert {"text", "xml", "yum", "none"} == {format.NAME for format in FORMATS}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.quirk("platform-main")
def test_each_kind_of_medium_is_known(tmp_path: Path, kind: str) -> None:
    found = build(samples.make(kind, tmp_path))
    assert (found.format, found.role, found.product, found.version, found.build, found.repositories) == KINDS[kind]
    dialect = {"4.1-site": "4.1", "netinstall": "xcp-8.3"}.get(kind, kind if found.role is Role.MAIN else "")
    assert found.dialect == dialect
    assert (found.boot is not None) is (found.role in (Role.MAIN, Role.NETINSTALL))
    packages = [item.sums.path for item in sorted(found.files, key=lambda item: item.position) if item.position >= 0]
    assert (len(packages) > 0) is (found.role is not Role.NETINSTALL)
    if kind != "netinstall":
        assert found.notes == ()


@pytest.mark.skipif(not shutil.which("gpgv"), reason="gpgv is not installed")
def test_signed_samples_are_signed(tmp_path: Path) -> None:
    tree = samples.make("xcp-8.3", tmp_path / "tree")
    armoured = (tree / "RPM-GPG-KEY-xcpng").read_text().split("\n\n")[1].split("\n=")[0]
    (tmp_path / "ring").write_bytes(base64.b64decode(armoured))
    repomd = tree / "repodata/repomd.xml"
    command = ["gpgv", "--homedir", tmp_path, "--keyring", tmp_path / "ring", f"{repomd}.asc", repomd]
    subprocess.run(command, check=True, capture_output=True)


def test_packages_come_in_the_order_in_which_an_installer_finds_them(tmp_path: Path) -> None:
    found = build(samples.make("6.5", tmp_path))
    packages = sorted((item for item in found.files if item.position >= 0), key=lambda item: item.position)
    assert [(item.sums.path, item.kind) for item in packages] == [
        ("packages.main/base.tar.bz2", "tbz2"), ("packages.main/kernel.tar.bz2", "tbz2"), ("packages.main/tools.rpm", "rpm"),
        ("packages.main/nic2.rpm", "driver-rpm"), ("packages.main/nic.ko", "driver"), ("packages.main/nicfw.bin", "firmware"),
        ("packages.linux/guests.tar.bz2", "tbz2"), ("packages.xenserver/xs.rpm", "rpm"),
    ]  # fmt: skip
    assert {item.sums.path for item in found.files if item.kind == "index"} >= {"packages.xenserver/XS-REPOSITORY"}


def test_7_0_reads_xml_beside_yum_and_7_1_does_not(tmp_path: Path) -> None:
    for kind in ("7.0", "7.1"):
        tree = samples.make(kind, tmp_path / kind)
        samples.xml_pack(tree / "packages.site")
    assert build(tmp_path / "7.0").repositories == ("", "packages.site")
    with pytest.raises(PxeserveError, match=r"packages.site: XS-REPOSITORY beside .treeinfo: installers of 7.1 look for none"):
        build(tmp_path / "7.1")


def _hybrid(tree: Path) -> Path:
    """A pack for 7.0 and for later products: one folder, both kinds of indexes, the same RPMs."""
    samples.make("yum-pack", tree)
    rpms = sorted(path.name for path in (tree / "Packages").iterdir())
    packages = [samples.xml_package(tree, "rpm", name, f"Packages/{name}", size=4000) for name in rpms]
    samples.xml_repository(tree, "custom:acme", "ACME", packages, "1.0")
    samples.repodata(tree, {f"Packages/{name}": name.partition("-1.0")[0] for name in rpms})
    return tree


def test_a_pack_of_both_kinds_is_checked_by_both(tmp_path: Path) -> None:
    found = build(_hybrid(tmp_path))
    assert (found.role, found.format, found.repositories) == (Role.PACK, "yum", ("",))
    assert {item.sums.path for item in found.files if item.kind == "index"} >= {"XS-PACKAGES", "update.xml"}
    assert sorted(item.position for item in found.files if item.kind == "rpm") == [0, 1]
    rewrite("XS-PACKAGES", 'md5="', 'md5="0')(tmp_path)
    with pytest.raises(PxeserveError, match=r"XS-PACKAGES:2:.*32 hex digits"):
        build(tmp_path)


def test_a_file_that_two_repositories_list_is_refused(tmp_path: Path) -> None:
    tree = samples.make("4.1", tmp_path)
    base = (tree / "packages.main/XS-PACKAGES").read_text().splitlines()[0].replace(" base.tar.bz2", " packages.main/base.tar.bz2")
    samples.text_repository(tree, "custom:again", "Again", [base])
    with pytest.raises(PxeserveError, match=r"packages.main/base.tar.bz2 is listed already, in XS-PACKAGES line 1"):
        build(tree)


_NEEDS = '<requires originator="xcp" name="main" test="ge" version="1.9.0"/>\n'
NOTES: dict[str, tuple[str, Spoil, str]] = {
    "listed again": (
        "6.5", rewrite(LIST, "packages.xenserver", "packages.xenserver\npackages.main"),
        "XS-REPOSITORY-LIST:2:1: packages.main is looked into anyway",
    ),
    "listed and not there": ("6.5", rewrite(LIST, "\n", "\npackages.french\n"), "packages.french is listed, and there is no repository"),
    "list that 4.1 does not read": (
        "5.5", lambda tree: [shutil.rmtree(tree / "packages.main"), shutil.rmtree(tree / "packages.linux"), samples.text_main(tree,
        "4.1.0")],
        "packages.extra: only XS-REPOSITORY-LIST names it, and installers of 4.1",
    ),
    "under 100 bytes": (
        "4.1", lambda tree: samples.text_repository(
            tree / "packages.site", "custom:a", "A", [samples.text_package(tree / "packages.site", "firmware", "fw", "fw.bin", size=12)],
        ), "packages.site/XS-PACKAGES:1:1: fw.bin has under 100 bytes",
    ),
    "no platform": (
        "6.5",
        lambda tree: [shutil.rmtree(tree / "packages.main"), rewrite("packages.xenserver/XS-REPOSITORY", _NEEDS, "")(tree)],
        "no xcp:main, which installers of 6.5 look for",
    ),
    "listed nowhere": (
        "5.5", lambda tree: (tree / LIST).unlink(), "packages.extra/XS-REPOSITORY: no installer looks there",
    ),
    "an RPM beside the list": (
        "xs8", lambda tree: samples.write(tree / "Packages/more.rpm", b"x"), "Packages/more.rpm: repodata/",
    ),
    "no groups": ("xs8", lambda tree: samples.repodata(tree, _packages(tree)), "no groups xenserver_base and xenserver_dom0"),
    "no xcp-ng-deps": (
        "xcp-8.3", lambda tree: samples.repodata(tree, dict.fromkeys(_packages(tree), "a")), "no package xcp-ng-deps, which is what",
    ),
    "no control package": (
        "yum-pack", lambda tree: samples.repodata(tree, dict.fromkeys(_packages(tree), "a")), "update.xml: no package control-acme",
    ),
}  # fmt: skip


def _packages(tree: Path) -> dict[str, str]:
    return {str(path.relative_to(tree)): path.name.partition("-1.0")[0] for path in sorted((tree / "Packages").iterdir())}


@pytest.mark.parametrize("oddity", NOTES)
@pytest.mark.quirk("listed-again")
@pytest.mark.quirk("under-100-bytes")
def test_what_installers_only_stumble_over_is_a_note(tmp_path: Path, oddity: str) -> None:
    kind, change, says = NOTES[oddity]
    tree = samples.make(kind, tmp_path / "tree")
    change(tree)
    assert any(says in note for note in build(tree).notes), build(tree).notes


def test_carriage_returns_in_a_repository_list_are_as_good_as_none() -> None:
    assert places.read_list(b"packages.a\r\npackages.b") == (("packages.a", 1), ("packages.b", 2))


_NAME = st.from_regex(r"[A-Za-z0-9._-]{1,12}", fullmatch=True).filter(lambda name: name not in (".", ".."))
_LABEL = st.from_regex(r"[A-Za-z0-9_.+-]{1,12}", fullmatch=True)


@given(st.lists(_NAME, min_size=1, unique=True))
def test_each_line_of_a_repository_list_is_a_folder(folders: list[str]) -> None:
    written = "".join(f"{folder}\n" for folder in folders).encode("ascii")
    assert places.read_list(written) == tuple((folder, line) for line, folder in enumerate(folders, 1))


@given(st.builds(update.Update, _LABEL, _LABEL, _LABEL, st.from_regex(r"[!-~]{0,12}", fullmatch=True)))
def test_an_update_that_is_written_is_read_back(made: update.Update) -> None:
    assert update.read_update(update.render_update(made, "7ec1a8c1-4e7a-46f4-a935-02ae4c2003dd")) == made


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_the_formats_own_error(content: bytes) -> None:
    readers: tuple[Callable[[bytes], object], ...] = (
        places.read_list, update.read_update, treeinfo.read_treeinfo, lambda one: repodata.read_groups(one, "comps.xml"),
        lambda one: repodata.read_groups(one, "comps.xml.gz"), lambda one: repodata.read_primary(gzip.compress(one), "primary.xml.gz"),
    )  # fmt: skip
    for read in readers:
        try:
            read(content)
        except FormatError as error:
            assert error.line >= 1 and error.column >= 1


@settings(max_examples=30)
@given(st.sampled_from(["4.1", "5.5", "6.5", "xs8", "xcp-8.3", "yum-pack", "netinstall"]), st.integers(0, 10**6), st.binary(max_size=20))
def test_no_spoilt_index_raises_anything_but_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, kind: str, where: int, what: bytes
) -> None:
    tree = samples.make(kind, tmp_path_factory.mktemp("tree"))
    indexes = [item.sums.path for item in build(tree).files if item.kind == "index"] or ["boot/isolinux/isolinux.cfg"]
    path = tree / indexes[where % len(indexes)]
    content = path.read_bytes()
    at = where % (len(content) + 1)
    path.write_bytes(content[:at] + what + content[at + len(what) :])
    try:
        build(tree)
    except PxeserveError as error:
        assert error.message


# what the real tools write

SPEC = """
Name: {name}
Version: 1.0
Release: 1
Summary: A test
License: MIT
BuildArch: noarch
%description
A test.
%files
"""


@pytest.fixture
def rpms(tmp_path: Path) -> Path:
    """A folder of real RPMs, made by rpmbuild."""
    if not shutil.which("rpmbuild") or not shutil.which("createrepo_c"):
        pytest.skip("rpmbuild and createrepo_c are not installed")
    folder = tmp_path / "tree"
    for name in ("kernel", "xcp-ng-deps"):
        spec = tmp_path / f"{name}.spec"
        spec.write_text(SPEC.format(name=name))
        out = ("--define", f"_topdir {tmp_path / 'rpmbuild'}", "--define", f"_rpmdir {folder / 'Packages'}")
        subprocess.run(["rpmbuild", "-bb", "--quiet", *out, spec], check=True, capture_output=True)
    return folder


def test_a_tree_of_real_rpms_and_createrepo_c_is_read(rpms: Path, tmp_path: Path) -> None:
    comps = tmp_path / "comps.xml"
    doctype = b'<!DOCTYPE comps PUBLIC "-//CentOS//DTD Comps info//EN" "comps.dtd">\n'
    comps.write_bytes(samples.comps(samples.GROUPS, ("kernel",)).replace(b"<comps>", doctype + b"<comps>"))
    subprocess.run(["createrepo_c", "--quiet", "--general-compress-type=gz", "-g", comps, rpms], check=True, capture_output=True)
    samples.boot_files(rpms)
    for product, version, dialect in (("XCP-ng", "8.3.0", "xcp-8.3"), ("XenServer", "8.4.0", "xs8")):
        samples.write(rpms / ".treeinfo", samples.treeinfo(product, version, "3.4.0", "both"))
        found = build(rpms)
        assert (found.dialect, found.role, found.notes) == (dialect, Role.MAIN, ())
        assert [item.sums.path for item in found.files if item.kind == "rpm"] == [
            "Packages/noarch/kernel-1.0-1.noarch.rpm", "Packages/noarch/xcp-ng-deps-1.0-1.noarch.rpm",
        ]  # fmt: skip


def test_the_installers_own_way_of_pairing_finds_the_same(rpms: Path) -> None:
    """Installers collect locations, sizes and SHA-256 sums from the whole list, and pair them by their number (repository.py, 7.1 on)."""
    subprocess.run(["createrepo_c", "--quiet", "--general-compress-type=gz", rpms], check=True, capture_output=True)
    [primary] = [one for one in repodata.read_repomd((rpms / "repodata/repomd.xml").read_bytes()) if one.kind == "primary"]
    packed = (rpms / primary.path).read_bytes()
    dom = minidom.parseString(gzip.decompress(packed))
    names, sizes, sums = (dom.getElementsByTagName(tag) for tag in ("location", "size", "checksum"))
    theirs = [
        (name.getAttribute("href"), int(size.getAttribute("package")), sum.childNodes[0].data)
        for name, size, sum in zip(names, sizes, [one for one in sums if one.getAttribute("type") == "sha256"], strict=False)
    ]
    assert [(one.file, one.size, one.sha256) for one in repodata.read_primary(packed, primary.path, primary.open_size)] == theirs
    assert len(theirs) == 2


def test_createrepo_c_with_xz_is_refused_with_the_way_out(rpms: Path) -> None:
    subprocess.run(["createrepo_c", "--quiet", "--general-compress-type=xz", rpms], check=True, capture_output=True)
    samples.write(rpms / ".treeinfo", samples.treeinfo("XCP-ng", "8.3.0", "3.4.0", "both"))
    with pytest.raises(PxeserveError, match=r"packed by xz.*createrepo_c --general-compress-type=gz"):
        build(rpms)
