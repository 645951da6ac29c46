"""Good sample media of every kind, written by hand: by nothing of pxeserve's own, so that a test never asks a writer about itself.

`make(kind, folder)` lays one down; KINDS names them all. Everything is small, every package is over 100 bytes (installers up to XenServer 8
call shorter ones damaged), and the same kind has the same bytes each time. Spoil what you like: the paths are what the format says.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.openpgp import Key

BOOT = ("boot/xen.gz", "boot/vmlinuz", "install.img")
MD5_OF_NOTHING = "d41d8cd98f00b204e9800998ecf8427e"


def filler(seed: str, size: int = 3000) -> bytes:
    """Bytes that no compressor shortens, always the same for one seed."""
    return hashlib.shake_256(seed.encode()).digest(size)


def tbz2(name: str, size: int = 3000) -> bytes:
    """A bzip2'd tar archive with one file in it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        info = tarfile.TarInfo(f"usr/share/{name}/file")
        info.size = size
        archive.addfile(info, io.BytesIO(filler(name, size)))
    return bz2.compress(buffer.getvalue())


def write(path: Path, content: bytes | str) -> None:
    """One file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def boot_files(folder: Path, xen: str = "boot/xen.gz") -> None:
    for path in (xen, "boot/vmlinuz", "install.img"):
        write(folder / path, filler(path, 5000))


# text: 4.0 to 5.5

def text_repository(folder: Path, identity: str, title: str, lines: list[str], version: str = "4.1.0-7843p") -> None:
    write(folder / "XS-REPOSITORY", f"{identity}\n{title}\nXenServer\n{version}\n")
    write(folder / "XS-PACKAGES", "".join(f"{line}\n" for line in lines))


def text_package(folder: Path, kind: str, name: str, file: str, tail: str = "", size: int = 3000) -> str:
    """Writes one package and gives its line. `tail` is DEST of a driver, KERNEL of a driver-rpm."""
    content = tbz2(name, size) if kind == "tbz2" else filler(name, size)
    write(folder / file, content)
    head = f"{name} {len(content)} {md5(content)} {kind}"
    match kind:
        case "tbz2":
            return f"{head} required {file} {tail or '/'}"
        case "driver":
            return f"{head} {file} {tail or '/lib/modules/${KERNEL_VERSION}/extra/' + file}"
        case "driver-rpm":
            return f"{head} {tail} {file}"
        case _:
            return f"{head} {file}"


def text_main(folder: Path, version: str) -> None:
    """A Base Pack with the Linux Pack side by side, as for 4.1, 5.0 or 5.5 (with a repository list and RPMs)."""
    boot_files(folder)
    main = folder / "packages.main"
    lines = [text_package(main, "tbz2", name, f"{name}.tar.bz2") for name in ("base", "kernel", "xapi")]
    lines.append(text_package(main, "driver", "nic", "nic.ko"))
    lines.append(text_package(main, "firmware", "nicfw", "nicfw.bin"))
    if version.startswith("5.5"):
        lines.append(text_package(main, "rpm", "tools", "tools.rpm"))
        lines.append(text_package(main, "driver-rpm", "nic2", "nic2.rpm", "2.6.18-128.1.6.el5.xs5.5.0.496.1012xen"))
    text_repository(main, "xs:main", "XenServer Pack", lines, version)
    linux = folder / "packages.linux"
    text_repository(linux, "xs:linux", "Linux Pack", [text_package(linux, "tbz2", "guests", "guests.tar.bz2")], version)
    if version.startswith("5.5"):
        extra = folder / "packages.extra"
        text_repository(extra, "xs:extra", "Extra Pack", [text_package(extra, "tbz2", "extra", "extra.tar.bz2")], version)
        write(folder / "XS-REPOSITORY-LIST", "packages.extra\n")


def text_pack(folder: Path) -> None:
    """A site's own repository at an address of its own: no boot files, no main repository."""
    lines = [text_package(folder, "tbz2", "docs", "docs.tar.bz2"), text_package(folder, "tbz2", "more", "sub/more.tar.bz2", "/opt")]
    text_repository(folder, "custom:my-repo", "My own packages", lines)


def text_site(folder: Path) -> None:
    """4.1 media with a site's own repository beside them."""
    text_main(folder, "4.1.0-7843p")
    site = folder / "packages.site"
    text_repository(site, "custom:my-repo", "My own packages", [text_package(site, "tbz2", "docs", "docs.tar.bz2")])


def text_driver_disk(folder: Path) -> None:
    """Drivers and firmware alone, at the address's root."""
    lines = [text_package(folder, "driver", "nic", "nic.ko"), text_package(folder, "firmware", "nicfw", "nicfw.bin")]
    text_repository(folder, "acme:nic", "ACME network drivers", lines)


# XML: 5.6 to 7.0

def xml_repository(
    folder: Path,
    identity: str,
    title: str,
    packages: list[str],
    version: str,
    build: str = "",
    product: str = "XenServer",
    inside: str = "",
) -> None:
    originator, name = identity.split(":")
    builds = f' build="{build}"' if build else ""
    write(
        folder / "XS-REPOSITORY",
        f'<repository originator="{originator}" name="{name}" product="{product}" version="{version}"{builds}>\n'
        f"<description>{title}</description>\n{inside}</repository>\n",
    )
    write(folder / "XS-PACKAGES", "<packages>\n" + "".join(f"{package}\n" for package in packages) + "</packages>\n")


def xml_package(folder: Path, kind: str, label: str, file: str, more: str = "", size: int = 3000) -> str:
    """Writes one package and gives its element. `more` holds further attributes."""
    content = tbz2(label, size) if kind == "tbz2" else filler(label, size)
    write(folder / file, content)
    if not more and kind == "tbz2":
        more = ' root="/"'
    return f'<package label="{label}" type="{kind}" size="{len(content)}" md5="{md5(content)}"{more}>{file}</package>'


def xml_main(folder: Path, version: str, build: str) -> None:
    """5.6 has one main repository, xs:main; from 6.0 on xcp:main is the platform and xs:main the product on top of it."""
    boot_files(folder)
    main = folder / "packages.main"
    packages = [xml_package(main, "tbz2", name, f"{name}.tar.bz2") for name in ("base", "kernel")]
    packages.append(xml_package(main, "rpm", "tools", "tools.rpm", ' options="-U --nodeps"'))
    packages.append(xml_package(main, "driver-rpm", "nic2", "nic2.rpm", ' kernel="any"'))
    packages.append(xml_package(main, "driver", "nic", "nic.ko", ' root="/lib/modules/${LINUX_KABI_VERSION}/extra/nic.ko"'))
    packages.append(xml_package(main, "firmware", "nicfw", "nicfw.bin"))
    linux = folder / "packages.linux"
    pack = [xml_package(linux, "tbz2", "guests", "guests.tar.bz2")]
    if version.startswith("5.6"):
        xml_repository(main, "xs:main", "Base Pack", packages, version, build)
        needs = f'<requires originator="xs" name="main" test="eq" version="{version}" build="{build}"/>\n'
    else:
        xml_repository(main, "xcp:main", "Base Pack", packages, "1.9.0", build, "XCP")
        server = folder / "packages.xenserver"
        needs = '<requires originator="xcp" name="main" test="ge" version="1.9.0"/>\n'
        xml_repository(
            server, "xs:main", "XenServer Pack", [xml_package(server, "rpm", "xs", "xs.rpm")], version, build, "XenServer", needs
        )
        write(folder / "XS-REPOSITORY-LIST", "packages.xenserver\n")
        needs = f'<requires originator="xs" name="main" test="ge" version="{version}"/>\n'
    xml_repository(linux, "xs:linux", "Linux Pack", pack, version, build, "XenServer", needs)


def xml_pack(folder: Path) -> None:
    """A supplemental pack as the driver development kit lays it."""
    packages = [xml_package(folder, "rpm", "agent", "agent.rpm"), xml_package(folder, "tbz2", "docs", "docs.tar.bz2")]
    needs = '<requires originator="xs" name="main" test="ge" product="XenServer" version="6.0.0" />\n'
    xml_repository(folder, "custom:my-repo", "My own packages", packages, "1.0.0", "7", "XenServer", needs)


def xml_driver_disk(folder: Path) -> None:
    packages = [xml_package(folder, "driver-rpm", "nic", "nic.rpm", ' kernel="2.6.32.43-0.4.1.xs1.8.0.835.170778xen"')]
    xml_repository(folder, "acme:nic", "ACME network drivers", packages, "1.0.0", "1")


# yum: 7.0 to today

GROUPS = ("xenserver_base", "xenserver_dom0")


def treeinfo(product: str, version: str, platform: str, sections: str, keys: tuple[str, ...] = (), build: str = "90233c") -> str:
    """`sections`: `old` ([platform], [branding]), `new` ([system-v1]) or `both`, as XCP-ng 8.3 has them."""
    lines: list[str] = []
    if sections in ("old", "both"):
        lines += ["[platform]", "name = XCP", f"version = {platform}", "", "[branding]", f"name = {product}", f"version = {version}", ""]
    if sections in ("new", "both"):
        lines += ["[system-v1]", "platform_name = XCP", f"platform_version = {platform}"]
        lines += [f"product_name = {product}", f"product_version = {version}", ""]
    lines += ["[build]", f"number = {build}", "", "[keys]" if keys else ""]
    lines += [f"key{number} = {key}" for number, key in enumerate(keys, 1)]
    lines += ["", "[general]", f"name = {product}-{version}", "arch = x86_64", "variant =", "", "[images-xen]", "initrd = boot/vmlinuz", ""]
    return "\n".join(lines)


def comps(groups: tuple[str, ...], packages: tuple[str, ...]) -> bytes:
    listed = "".join(f'<packagereq type="mandatory">{name}</packagereq>' for name in packages)
    inside = "".join(f"<group><id>{group}</id><name>{group}</name><packagelist>{listed}</packagelist></group>" for group in groups)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<comps>{inside}</comps>\n'.encode()


def repodata(folder: Path, packages: Mapping[str, str], groups: tuple[str, ...] = ()) -> None:
    """`repodata/` as createrepo_c lays it, for files that are there: path to package name."""
    rows = []
    for path, name in packages.items():
        content = (folder / path).read_bytes()
        rows.append(
            f'<package type="rpm"><name>{name}</name><arch>x86_64</arch><version epoch="0" ver="1.0" rel="1"/>'
            f'<checksum type="sha256" pkgid="YES">{sha256(content)}</checksum><summary>{name}</summary>'
            f'<time file="1" build="1"/><size package="{len(content)}" installed="{len(content)}" archive="{len(content)}"/>'
            f'<location href="{path}"/><format><rpm:license>MIT</rpm:license></format></package>\n'
        )
    common, rpm = "http://linux.duke.edu/metadata/common", "http://linux.duke.edu/metadata/rpm"
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<metadata xmlns="{common}" xmlns:rpm="{rpm}" packages="{len(rows)}">\n'
    plain = (head + "".join(rows) + "</metadata>\n").encode()
    packed = gzip.compress(plain, mtime=0)
    parts = [("primary", "primary.xml.gz", packed)]
    if groups:
        parts.append(("group", "comps.xml", comps(groups, tuple(packages.values()))))
    data = []
    for kind, name, content in parts:
        write(folder / "repodata" / f"{sha256(content)}-{name}", content)
        data.append(
            f'  <data type="{kind}">\n    <checksum type="sha256">{sha256(content)}</checksum>\n'
            f'    <location href="repodata/{sha256(content)}-{name}"/>\n    <timestamp>1</timestamp>\n'
            f"    <size>{len(content)}</size>\n  </data>\n"
        )
    top = '<?xml version="1.0" encoding="UTF-8"?>\n<repomd xmlns="http://linux.duke.edu/metadata/repo">\n'
    write(folder / "repodata/repomd.xml", "".join([top, *data, "</repomd>\n"]))


def yum_main(
    folder: Path, product: str, version: str, platform: str, sections: str, *, keys: tuple[str, ...] = (), xen: str = "boot/xen.gz"
) -> None:
    """A main medium. XenServer's has the groups that its installer installs, XCP-ng's the package xcp-ng-deps."""
    boot_files(folder, xen)
    named = ["xapi-core", "kernel", "xen-hypervisor", *(["xcp-ng-deps"] if product == "XCP-ng" else [])]
    files = {f"Packages/{name}-1.0-1.x86_64.rpm": name for name in named}
    for path, name in files.items():
        write(folder / path, filler(name, 4000))
    repodata(folder, files, () if product == "XCP-ng" else GROUPS)
    write(folder / ".treeinfo", treeinfo(product, version, platform, sections, keys))
    for key in keys:
        write(folder / key, Key(key).public())
    if keys:
        write(folder / "repodata/repomd.xml.asc", Key(keys[0]).sign((folder / "repodata/repomd.xml").read_bytes()))
    write(folder / "EFI/xenserver/grubx64.efi", filler("grubx64.efi", 4000))
    write(folder / "EULA", "none\n")


def yum_pack(folder: Path, groups: tuple[str, ...] = ()) -> None:
    """A supplemental pack of 7.1 and later: update.xml and repodata. With the group `drivers` it is a driver disk."""
    files = {"Packages/acme-1.0-1.x86_64.rpm": "update-acme", "Packages/control-acme-1.0-1.noarch.rpm": "control-acme"}
    for path, name in files.items():
        write(folder / path, filler(name, 4000))
    repodata(folder, files, groups)
    write(
        folder / "update.xml",
        '<update control="control-acme" name-label="acme" uuid="7ec1a8c1-4e7a-46f4-a935-02ae4c2003dd" version="1.0">\n'
        "<name-description>ACME agent</name-description>\n</update>\n",
    )


def yum_extra(folder: Path) -> None:
    """A plain repository: repodata alone, which installers of XenServer 8 and XCP-ng 8.3 take for an extra one. No medium by itself."""
    write(folder / "Packages/extra-1.0-1.x86_64.rpm", filler("extra", 4000))
    repodata(folder, {"Packages/extra-1.0-1.x86_64.rpm": "extra"})


def netinstall(folder: Path) -> None:
    """XCP-ng's netinstall tree: what boots, and no repository at all."""
    boot_files(folder)
    write(folder / "boot/isolinux/isolinux.cfg", "LABEL install\n\tKERNEL mboot.c32\n\tAPPEND /boot/xen.gz --- /boot/vmlinuz netinstall\n")
    write(folder / "EFI/xenserver/grub.cfg", 'menuentry "install" {\n    module2 /boot/vmlinuz netinstall console=tty0\n}\n')
    write(folder / "EFI/xenserver/grubx64.efi", filler("grubx64.efi", 4000))
    write(folder / "LICENSES", "none\n")


KINDS: dict[str, Callable[[Path], None]] = {
    "4.1": partial(text_main, version="4.1.0-7843p"),
    "5.0": partial(text_main, version="5.0.0-13192p"),
    "5.5": partial(text_main, version="5.5.0-15119p"),
    "4.1-site": text_site,
    "5.6": partial(xml_main, version="5.6.0", build="31188p"),
    "6.0": partial(xml_main, version="6.0.2", build="53456p"),
    "6.2": partial(xml_main, version="6.2.0", build="70446c"),
    "6.5": partial(xml_main, version="6.5.0", build="90233c"),
    "7.0": partial(yum_main, product="XenServer", version="7.0.0", platform="2.1.0", sections="old"),
    "7.1": partial(yum_main, product="XenServer", version="7.1.0", platform="2.2.0", sections="old"),
    "8.2": partial(yum_main, product="Citrix Hypervisor", version="8.2.0", platform="3.2.0", sections="old"),
    "xcp-8.2": partial(yum_main, product="XCP-ng", version="8.2.1", platform="3.2.1", sections="old", keys=("KEY-1", "KEY-2")),
    "xs8": partial(yum_main, product="XenServer", version="8.4.0", platform="3.4.0", sections="new"),
    "xcp-8.3": partial(yum_main, product="XCP-ng", version="8.3.0", platform="3.4.0", sections="both", keys=("RPM-GPG-KEY-xcpng",)),
    "xs9": partial(yum_main, product="XenServer", version="9.0.0", platform="3.5.0", sections="new", xen="boot/xen.efi"),
    "text-pack": text_pack,
    "text-driver-disk": text_driver_disk,
    "xml-pack": xml_pack,
    "xml-driver-disk": xml_driver_disk,
    "yum-pack": yum_pack,
    "yum-driver-disk": partial(yum_pack, groups=("drivers",)),
    "netinstall": netinstall,
}
"""Every kind of medium. A main one is named after the dialect of its installer."""


def make(kind: str, folder: Path) -> Path:
    """Lay down a good medium of `kind` (a key of KINDS) in `folder`, and give the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    KINDS[kind](folder)
    return folder
