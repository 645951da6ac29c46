"""GRUB images of our own: made by the real grub-mkimage, filled in, and never with what GRUB would misread."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pxeserve.boot import grubimage
from pxeserve.boot.grubimage import GAP, TARGETS, ImageError

MODULES = Path("/usr/lib/grub")


@pytest.mark.parametrize("target", TARGETS, ids=[target.name for target in TARGETS])
def test_an_image_is_made_and_filled_in(target: grubimage.Target) -> None:
    modules = MODULES / target.name
    if shutil.which("grub-mkimage") is None or not modules.is_dir():
        pytest.skip(f"{target.package} and grub-common are not installed")
    image = grubimage.make(modules, target)
    assert image == grubimage.make(modules, target)
    filled = grubimage.filled(image, grubimage.early("(http,10.77.0.1)/b/x/y", "grub.cfg", configure=True))
    assert len(filled) == len(image)
    assert b"net_bootp\nset prefix=\nset root=http,10.77.0.1\nnormal (http,10.77.0.1)/b/x/y/grub.cfg\n\n" in filled
    grubimage.check(image)
    assert grubimage.says_serial(filled)
    with pytest.raises(ImageError, match="no gap"):
        grubimage.check(filled)


def test_an_image_without_the_module_is_made_all_the_same_and_says_no_serial_number(tmp_path: Path) -> None:
    """As of an earlier release, or on a platform whose GRUB has none."""
    modules = MODULES / TARGETS[0].name
    if shutil.which("grub-mkimage") is None or not modules.is_dir():
        pytest.skip(f"{TARGETS[0].package} and grub-common are not installed")
    for file in modules.iterdir():
        if file.name != "smbios.mod":
            (tmp_path / file.name).symlink_to(file)
    assert not grubimage.says_serial(grubimage.make(tmp_path, TARGETS[0]))


@pytest.mark.parametrize("lines", [("normal (http,a)/b;reboot",), ("echo $(x)\0",), ('echo "a"',), ("x" * (GAP + 1),)])
def test_what_would_be_misread_or_does_not_fit_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(ImageError):
        grubimage.filled(b"MZ", lines)


def test_a_folder_without_modules_is_said(tmp_path: Path) -> None:
    if shutil.which("grub-mkimage") is None:
        pytest.skip("grub-common is not installed")
    with pytest.raises(ImageError, match="grub-mkimage: "):
        grubimage.make(tmp_path, TARGETS[0])
