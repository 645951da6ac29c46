"""The yum format: what installers from 7.0 on read, and every fault by name."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.domain.medium import Medium
from pxeserve.domain.products import dialect_of
from pxeserve.errors import PxeserveError
from pxeserve.repo import verify
from pxeserve.repo.formats import yum
from pxeserve.repo.formats.fault import FormatError
from pxeserve.repo.sample import MODERN, lay_yum_repository, make_modern_sample
from pxeserve.store import Store

Bring = Callable[[Path, str], Medium]
BOTH = b"""[platform]
name = XCP
version = 3.4.0
[branding]
name = Old name
version = 1.0
[system-v1]
product_name = XCP-ng
product_version = 8.3.0
platform_name = XCP
platform_version = 3.4.0
[build]
number = cloud
[keys]
key1 = RPM-GPG-KEY-xcpng
key2 = other
"""


@pytest.fixture
def modern(tmp_path: Path) -> Path:
    folder = tmp_path / "modern"
    make_modern_sample(folder, "xcp-8.3")
    return folder


@pytest.mark.parametrize("dialect", MODERN)
def test_each_generation_is_imported_and_known(tmp_path: Path, bring: Bring, dialect: str) -> None:
    make_modern_sample(tmp_path / "tree", dialect)
    medium = bring(tmp_path / "tree", "disc")
    assert (medium.format, medium.dialect, medium.product) == ("yum", dialect, MODERN[dialect].product)
    assert medium.boot is not None
    assert medium.boot.xen == MODERN[dialect].xen
    assert medium.sample


def test_the_newer_section_counts_where_both_stand() -> None:
    keys, sections = ("RPM-GPG-KEY-xcpng", "other"), ("branding", "system-v1")
    assert yum.read_treeinfo(BOTH) == yum.TreeInfo("XCP-ng", "8.3.0", "XCP", "3.4.0", "cloud", keys, sections)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (b"", 1, r"neither \[system-v1\] nor \[branding\]"),
        (b"[branding]\nname = XenServer\n", 1, "No option 'version' in section: 'branding'"),
        (b"[a]\nb = 1\n[system-v1]\nproduct_name = XCP-ng\n", 3, "No option 'product_version' in section: 'system-v1'"),
        (b"no section\n", 1, "not sections"),
        (b"[branding]\nname = \xff\n", 2, "not UTF-8"),
    ],
)
def test_a_treeinfo_that_no_installer_would_read_is_refused(text: bytes, line: int, says: str) -> None:
    with pytest.raises(FormatError, match=says) as refused:
        yum.read_treeinfo(text)
    assert (refused.value.file, refused.value.line) == (".treeinfo", line)


def _repomd(modern: Path, old: str, new: str) -> None:
    path = modern / "repodata/repomd.xml"
    path.write_text(path.read_text().replace(old, new, 1))


def _primary(modern: Path, old: str, new: str) -> None:
    """Change the primary list, and repomd.xml with it."""
    path = modern / "repodata/primary.xml.gz"
    text = gzip.decompress(path.read_bytes()).decode()
    assert old in text
    path.write_bytes(gzip.compress(text.replace(old, new, 1).encode(), mtime=0))
    content = path.read_bytes()
    import hashlib
    import re

    repomd = (modern / "repodata/repomd.xml").read_text()
    repomd = re.sub(r"[0-9a-f]{64}", hashlib.sha256(content).hexdigest(), repomd)
    (modern / "repodata/repomd.xml").write_text(re.sub(r"<size>\d+", f"<size>{len(content)}", repomd))


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "dot files lost": (lambda tree: (tree / ".treeinfo").unlink(), r"names that begin with a dot are lost by `cp iso/\*`"),
    "no repodata": (lambda tree: [path.unlink() for path in (tree / "repodata").iterdir()], "no list of its packages"),
    "primary missing": (lambda tree: (tree / "repodata/primary.xml.gz").unlink(), "primary.xml.gz: missing, but repodata/repomd.xml line"),
    "primary of another day": (lambda tree: _repomd(tree, "<size>", "<size>9"), "bytes, but repodata/repomd.xml line"),
    "zstd": (lambda tree: _repomd(tree, "primary.xml.gz", "primary.xml.zst"), "installers unpack gzip and nothing else"),
    "sha1": (lambda tree: _repomd(tree, "sha256", "sha1"), "checksums of type sha1"),
    "a package missing": (lambda tree: (tree / "Packages/kernel-1.0-1.x86_64.rpm").unlink(), r"kernel.*: missing, but .* lists it"),
    "a package damaged": (
        lambda tree: (tree / "Packages/kernel-1.0-1.x86_64.rpm").write_bytes(b"x" * 400_000), "kernel-1.0-1.x86_64.rpm: SHA-256 is",
    ),
    "a package cut short": (lambda tree: (tree / "Packages/kernel-1.0-1.x86_64.rpm").write_bytes(b"x"), "kernel.*: 1 bytes, but"),
    "a path that leads out": (lambda tree: _primary(tree, "Packages/kernel", "../kernel"), "leaves the repository's folder"),
    "listed twice": (lambda tree: _primary(tree, "Packages/kernel", "Packages/xapi-core"), "is listed twice"),
    "wrong count": (lambda tree: _primary(tree, 'packages="4"', 'packages="5"'), "packages='5', and 4 are listed"),
    "unknown product": (lambda tree: _treeinfo(tree, "8.3.0", "77.1"), "XCP-ng 77.1 is no product that is known here"),
    "keys without a signature": (
        lambda tree: _treeinfo(tree, "[build]", "[keys]\nkey1 = KEY\n[build]"), r"repomd.xml.asc: missing, and \[keys\]",
    ),
}  # fmt: skip


def _treeinfo(tree: Path, old: str, new: str) -> None:
    path = tree / ".treeinfo"
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_refused_by_name_and_nothing_is_left(data: Path, modern: Path, bring: Bring, fault: str) -> None:
    spoil, says = FAULTS[fault]
    spoil(modern)
    with pytest.raises(PxeserveError, match=says):
        bring(modern, "disc")
    assert not list((data / "media").iterdir())


def test_damage_after_the_import_is_found(store: Store, data: Path, modern: Path, bring: Bring) -> None:
    medium = bring(modern, "disc")
    rpm = data / "media" / medium.folder / "Packages/kernel-1.0-1.x86_64.rpm"
    rpm.write_bytes(b"x" * rpm.stat().st_size)
    assert verify.full(store, data, medium, lambda *_: None).faults


def test_an_iso_keeps_its_dot_files(modern: Path, tmp_path: Path, bring: Bring) -> None:
    image = tmp_path / "disc.iso"
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-o", image, modern], check=True, capture_output=True)
    assert bring(image, "disc").dialect == "xcp-8.3"


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_be_refused(text: bytes) -> None:
    packed = gzip.compress(text)
    for read in (yum.read_treeinfo, yum.read_repomd, lambda one: yum.read_primary(one, "p"), lambda _: yum.read_primary(packed, "p")):
        try:
            read(text)
        except FormatError as error:
            assert error.line >= 1


def test_what_the_sample_lists_is_read_back(tmp_path: Path) -> None:
    lay_yum_repository(tmp_path, {"Packages/a.rpm": ("a", b"content")})
    [primary] = yum.read_repomd((tmp_path / "repodata/repomd.xml").read_bytes())
    [package] = yum.read_primary((tmp_path / primary.path).read_bytes(), primary.path)
    assert (package.name, package.file, package.size, package.line) == ("a", "Packages/a.rpm", 7, 3)


@pytest.mark.parametrize(
    ("product", "version", "dialect"),
    [
        ("XenServer", "4.1.0", "4.1"), ("XenServer", "5.5.0", "5.5"), ("XenServer", "6.0.2", "6.0"), ("XenServer", "6.2.0", "6.2"),
        ("XenServer", "7.0.0", "7.0"), ("XenServer", "7.1.2", "7.1"), ("XenServer", "7.6.0", "8.2"), ("Citrix Hypervisor", "8.2.1", "8.2"),
        ("XenServer", "8.4.0", "xs8"), ("XenServer", "9.0.0", "xs9"), ("XCP-ng", "7.6.0", "xcp-8.2"), ("XCP-ng", "8.2.1", "xcp-8.2"),
        ("XCP-ng", "8.3.0", "xcp-8.3"), ("XCP-ng", "9.9", None), ("Proxmox", "8.3", None), ("XenServer", "", None),
        ("XenServer", "3.2", None), ("XenServer", "8.4.0-beta2", "xs8"),
    ],
)  # fmt: skip
def test_the_table_of_products(product: str, version: str, dialect: str | None) -> None:
    assert dialect_of(product, version) == dialect
