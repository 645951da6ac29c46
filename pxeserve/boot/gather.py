"""Where boot loaders come from: Debian's packages or a folder. Copies a whole set into the data folder, or nothing; makes GRUB images.

Nothing is ever downloaded here.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pxeserve.boot import grubimage, syslinux
from pxeserve.boot.loaders import GET_THEM
from pxeserve.errors import PxeserveError
from pxeserve.store.loaders import LoaderFile

DEBIAN = "debian"
FOLDER = "folder"
"""Names of the two sets of SYSLINUX that can be imported; the images made of the same origin's GRUB are a set `grub-` and that name."""

GRUB = "grub-"

_DEBIAN_FOLDERS = ("usr/lib/PXELINUX", "usr/lib/syslinux/modules/bios")
_DEBIAN_PACKAGES = ("pxelinux", "syslinux-common")
_LARGEST = 1 << 20


def from_debian(root: Path = Path("/")) -> tuple[str, dict[str, bytes]]:
    """Origin and files of the set that Debian's packages installed beneath `root`. Raises PxeserveError naming the missing file."""
    files = _read([root / folder for folder in _DEBIAN_FOLDERS], GET_THEM)
    return _packages(), files


def from_folder(folder: Path) -> tuple[str, dict[str, bytes]]:
    """Origin and files of the set in `folder`: side by side, or laid out as Debian's packages lay them."""
    if not folder.is_dir():
        fix = "name a folder that the service's user can read"
        raise PxeserveError(f"{folder}: there is no such folder, or it cannot be read", fix=fix)
    places = [folder, *(folder / place for place in _DEBIAN_FOLDERS)]
    files = _read(places, "name a folder that holds pxelinux.0 and the .c32 files of one SYSLINUX release")
    return f"folder {folder}, SYSLINUX {syslinux.build_of(files)}", files


def grub_images(root: Path = Path("/")) -> tuple[str, dict[str, bytes], list[str]]:
    """Origin, images, and a sentence for each platform without one, of the GRUB modules that Debian's packages laid beneath `root`.

    No images are no error: a network of BIOS machines needs none.
    """
    images: dict[str, bytes] = {}
    packages, notes = ["grub-common"], []
    for target in grubimage.TARGETS:
        modules = root / "usr/lib/grub" / target.name
        if not (modules / "efinet.mod").is_file():
            notes.append(f"no {target.file}: {grubimage.GET[target.file]}")
            continue
        try:
            images[target.file] = grubimage.make(modules, target)
            packages.append(target.package)
        except grubimage.ImageError as error:
            notes.append(f"no {target.file}: {error}; {grubimage.GET[target.file]}")
    return f"made by grub-mkimage: {_packages(packages)}", images, notes


@contextmanager
def laid(folder: Path, name: str, files: Mapping[str, bytes]) -> Iterator[list[LoaderFile]]:
    """Put `files` into `folder/name` for the time of the block, and for good when the block ends well; else what was there stays.

    Gives the rows to store inside the block.
    """
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    final = folder / name
    staging = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=folder))
    new, old = staging / "new", staging / "old"
    try:
        _write(new, files)
        if final.exists():
            final.rename(old)
        new.rename(final)
        try:
            yield [LoaderFile(file, len(content), hashlib.sha256(content).hexdigest()) for file, content in sorted(files.items())]
        except BaseException:
            final.rename(new)
            if old.exists():
                old.rename(final)
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _read(places: Sequence[Path], fix: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for name in syslinux.FILES:
        path = next((place / name for place in places if (place / name).is_file()), None)
        if path is None:
            continue
        try:
            if path.stat().st_size > _LARGEST:
                raise PxeserveError(f"{path}: larger than any boot loader", fix=fix)
            files[name] = path.read_bytes()
        except OSError as error:
            raise PxeserveError(f"{path}: cannot be read: {error.strerror}", fix="let the service's user read it") from None
    try:
        syslinux.build_of(files)
    except syslinux.NotASetError as error:
        raise PxeserveError(f"no whole set of boot loaders in {', '.join(map(str, places))}: {error}", fix=fix) from None
    return files


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        with (folder / name).open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _packages(names: Sequence[str] = _DEBIAN_PACKAGES) -> str:
    """`Debian pxelinux 3:6.04~..., syslinux-common ...`, or without versions where dpkg-query does not answer."""
    query = ["dpkg-query", "--show", "--showformat=${Package} ${Version}\n", *names]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        answer = ""
    return "Debian " + ", ".join(answer.split("\n")[:-1] or names)
