"""Every fault that an index shows, in trees of every format, refused by name."""

from __future__ import annotations

import gzip
import lzma
import shutil
from pathlib import Path

import pytest

from pxeserve.errors import PxeserveError
from tests import media_samples as samples
from tests.repo.trees import Spoil, build, declared, flip, metadata, primary, renamed, rewrite

MAIN, LIST = "packages.main/XS-PACKAGES", "XS-REPOSITORY-LIST"
FAULTS: dict[str, tuple[str, Spoil, str]] = {
    # XML
    "xml: flipped bit": ("6.5", flip("packages.main/base.tar.bz2"), f"base.tar.bz2: MD5 is .*, but {MAIN} line 2 says"),
    "xml: missing": ("6.5", lambda tree: (tree / "packages.main/nic.ko").unlink(), f"nic.ko: missing, but {MAIN} line 6 lists it"),
    "xml: wrong size": ("6.5", rewrite(MAIN, 'size="3000"', 'size="5000000000"'), f"3000 bytes, but {MAIN} line 4 says 5000000000"),
    "xml: dots": ("6.5", rewrite(MAIN, ">base.", ">../base."), f"{MAIN}:2:1: file '../base.tar.bz2' leaves"),
    "xml: DOCTYPE": ("6.5", rewrite(MAIN, "<packages>", "<!DOCTYPE packages []>\n<packages>"), f"{MAIN}:1:1: a DOCTYPE"),
    "xml: text beside": (
        "6.5", lambda tree: samples.text_pack(tree / "packages.site"), "packages.site/XS-REPOSITORY:1:1: plain text, and .* read XML only",
    ),
    "text: XML beside": (
        "4.1", lambda tree: samples.xml_pack(tree / "packages.site"), "packages.site/XS-REPOSITORY:1:1: XML, and .* read plain lines",
    ),
    "xml: text main": (
        "6.5", lambda tree: samples.text_pack(tree / "packages.main"), "packages.linux/XS-REPOSITORY:1:1: XML, and .* read plain lines",
    ),
    "xml: newer product": ("6.5", rewrite("packages.xenserver/XS-REPOSITORY", "6.5.0", "8.2.0"), "XenServer 8.2.0 is not one that this"),
    "xml: platform alone": (
        "6.5", lambda tree: shutil.rmtree(tree / "packages.xenserver"), "product XCP 1.9.0 is not one that this format belongs to",
    ),
    "xml: requirement": (
        "6.5", rewrite("packages.linux/XS-REPOSITORY", '"6.5.0"/>', '"6.6.0"/>'),
        "packages.linux/XS-REPOSITORY:3:1: xs:linux requires xs:main >= 6.6.0, and it has 6.5.0-90233c",
    ),
    "xml: requirement absent": (
        "6.5", rewrite("packages.linux/XS-REPOSITORY", 'originator="xs" name="main" test', 'originator="a" name="b" test'),
        "xs:linux requires a:b >= 6.5.0, and it is not on the medium",
    ),
    "xml: the same id twice": (
        "6.5", rewrite("packages.linux/XS-REPOSITORY", 'name="linux"', 'name="main"'),
        "packages.linux/XS-REPOSITORY.*xs:main again|again, as in",
    ),
    "list: blank line": ("6.5", rewrite(LIST, "packages.xenserver", "packages.xenserver\n"), f"{LIST}:2:1: a blank line"),
    "list: dots": ("6.5", rewrite(LIST, "packages.xenserver", "../packages"), f"{LIST}:1:1: folder '../packages' leaves"),
    "list: absolute": ("6.5", rewrite(LIST, "packages.xenserver", "/packages"), f"{LIST}:1:1: folder '/packages' is absolute"),
    "list: twice": ("6.5", rewrite(LIST, "\n", "\npackages.xenserver\n"), f"{LIST}:2:1: packages.xenserver is listed twice"),
    # text
    "text: rpm in 4.1": ("5.5", rewrite("packages.main/XS-REPOSITORY", "5.5.0", "4.1.0"), f"{MAIN}:6:1: type rpm: installers of 4.1"),
    "text: the same id twice": (
        "4.1", rewrite("packages.linux/XS-REPOSITORY", "xs:linux", "xs:main"), "xs:main again, as in packages.main",
    ),
    "text: half of the Linux Pack": (
        "4.1", lambda tree: (tree / "packages.linux/XS-PACKAGES").unlink(),
        "packages.linux/XS-REPOSITORY is there and packages.linux/XS-PACKAGES is not: installers pass over the folder",
    ),
    # yum
    "yum: no .treeinfo": ("xs8", lambda tree: (tree / ".treeinfo").unlink(), "names that begin with a dot are lost"),
    "yum: no repomd": ("xs8", lambda tree: (tree / "repodata/repomd.xml").unlink(), "no list of its packages"),
    "yum: repomd without primary": (
        "xs8", rewrite("repodata/repomd.xml", '"primary"', '"other"'), "repomd.xml:1:1: 0 entries of type primary",
    ),
    "yum: zstd": (
        "xs8", renamed("primary", ".zst", lambda plain: b"\x28\xb5\x2f\xfd" + plain), "packed by zstd, and installers unpack gzip",
    ),
    "yum: xz": ("xs8", renamed("primary", ".xz", lzma.compress), "packed by xz, and installers unpack gzip and nothing else"),
    "yum: xz under gzip's name": ("xs8", renamed("primary", ".gz", lzma.compress), "primary.xml.gz:1:1: xz and not gzip"),
    "yum: cut gzip": ("xs8", renamed("primary", ".gz", lambda plain: gzip.compress(plain)[:-9]), "the gzip is cut short"),
    "yum: more behind the gzip": ("xs8", renamed("primary", ".gz", lambda plain: gzip.compress(plain) + b"more"), "4 bytes after the end"),
    "yum: 5 GB declared as 5 kB": ("xs8", declared, "more than 5000 bytes unpacked, and repodata/repomd.xml says 5000"),
    "yum: DOCTYPE in repomd": (
        "xs8", rewrite("repodata/repomd.xml", "<repomd", '<!DOCTYPE x SYSTEM "y">\n<repomd'), "repomd.xml:2:1: a DOCTYPE",
    ),
    "yum: DOCTYPE in primary": ("xs8", primary("<metadata", "<!DOCTYPE x []><metadata"), "primary.xml.gz:2:1: a DOCTYPE"),
    "yum: flipped bit": ("xs8", flip("Packages/kernel-1.0-1.x86_64.rpm"), "kernel.*: SHA-256 is .*, but .* line 4 says"),
    "yum: flipped bit in primary": (
        "xs8", lambda tree: flip(str(metadata(tree, "primary").relative_to(tree)))(tree), "SHA-256 is .*repomd.xml line 3",
    ),
    "yum: comps missing": ("xs8", lambda tree: metadata(tree, "comps").unlink(), "comps.xml: missing, but repodata/repomd.xml line"),
    "yum: sha512": ("xs8", primary('type="sha256"', 'type="sha512"'), "checksums of type sha512; installers need exactly one"),
    "yum: two sizes": ("xs8", primary("<location", '<size package="1"/><location'), "2 element <size>, and installers pair"),
    "yum: a location too many": ("xs8", primary("<summary>", '<location href="x"/><summary>'), "2 element <location>"),
    "yum: another base": ("xs8", primary("<location ", '<location xml:base="http://192.0.2.1/" '), "has an xml:base"),
    "yum: dots": ("xs8", primary('href="Packages', 'href="../Packages'), "leaves the repository's folder"),
    "yum: absolute": ("xs8", primary('href="Packages', 'href="/Packages'), "is absolute"),
    "yum: the index as a package": (
        "xs8", primary('href="Packages/kernel-1.0-1.x86_64.rpm', 'href="repodata/repomd.xml'), "repodata/repomd.xml is an index by itself",
    ),
    "yum: section of later installers only": (
        "8.2", lambda tree: (tree / ".treeinfo").write_text(samples.treeinfo("Citrix Hypervisor", "8.2.0", "3.2.0", "new")),
        r"installers of 8.2 read \[branding\] and \[platform\] and not \[system-v1\]",
    ),
    "yum: section without its version": ("8.2", rewrite(".treeinfo", "version = 8.2.0", ""), "No option 'version' in section: 'branding'"),
    "yum: section twice": ("8.2", rewrite(".treeinfo", "[build]", "[branding]\n[build]"), r"\[branding\] for the second time"),
    "yum: every key of 8.2": ("xcp-8.2", lambda tree: (tree / "KEY-2").unlink(), "KEY-2: missing, and .* installers of xcp-8.2 ask for it"),
    "yum: first key of 8.3": ("xcp-8.3", lambda tree: (tree / "RPM-GPG-KEY-xcpng").unlink(), "RPM-GPG-KEY-xcpng: missing, and"),
    "yum: signature of 8.3": (
        "xcp-8.3", lambda tree: (tree / "repodata/repomd.xml.asc").unlink(), r"repomd.xml.asc: missing, and \[keys\]",
    ),
    "yum: key that leads out": ("xcp-8.3", rewrite(".treeinfo", "key1 = ", "key1 = ../"), "key '../RPM-GPG-KEY-xcpng' leaves"),
    "yum: reference in a value": ("xs8", rewrite(".treeinfo", "8.4.0", "8.4.0%s"), "installers take % for a reference"),
    # packs
    "pack: no repodata": ("yum-pack", lambda tree: shutil.rmtree(tree / "repodata"), "update.xml is there and repodata/repomd.xml is not"),
    "pack: no label": ("yum-pack", rewrite("update.xml", 'name-label="acme" ', ""), "update.xml:1:1: name-label '': it names the packages"),
    "pack: no control": ("yum-pack", rewrite("update.xml", 'control="control-acme" ', ""), "update.xml:1:1: control ''"),
    "pack: another root": ("yum-pack", rewrite("update.xml", "<update ", "<updates "), "update.xml:3:|not XML|and not update"),
    "pack: DOCTYPE": ("yum-pack", rewrite("update.xml", "<update ", "<!DOCTYPE update>\n<update "), "update.xml:1:1: a DOCTYPE"),
    "pack: flipped bit": ("yum-pack", flip("Packages/acme-1.0-1.x86_64.rpm"), "acme-1.0-1.x86_64.rpm: SHA-256 is"),
    "pack: update.xml lost": ("yum-pack", lambda tree: (tree / "update.xml").unlink(), "need an update.xml, which `pxeserve media create`"),
    "driver disk: missing": ("text-driver-disk", lambda tree: (tree / "nic.ko").unlink(), "nic.ko: missing, but XS-PACKAGES line 1"),
    # netinstall
    "netinstall: packages without a list": (
        "netinstall", lambda tree: samples.write(tree / "Packages/a.rpm", b"x"), "no repository here, only boot files",
    ),
    "netinstall: no kernel": ("netinstall", lambda tree: (tree / "boot/vmlinuz").unlink(), "no repository here: XS-REPOSITORY and"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.quirk("old-sections")
@pytest.mark.quirk("paired-by-number")
@pytest.mark.quirk("gzip-only")
@pytest.mark.quirk("keys-by-generation")
def test_each_fault_is_refused_by_name(tmp_path: Path, fault: str) -> None:
    kind, spoil, says = FAULTS[fault]
    tree = samples.make(kind, tmp_path / "tree")
    build(tree)
    spoil(tree)
    with pytest.raises(PxeserveError, match=says):
        build(tree)


def test_what_is_odd_is_said_with_a_refusal_since_it_may_be_the_reason(tmp_path: Path) -> None:
    tree = samples.make("6.5", tmp_path)
    (tree / LIST).unlink()
    with pytest.raises(PxeserveError, match=r"product XCP 1\.9\.0 is not one") as error:
        build(tree)
    assert error.value.fix.startswith("note: packages.xenserver/XS-REPOSITORY: no installer looks there")
