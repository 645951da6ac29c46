"""Names as machines misspell them mean what they were meant to, and nothing else is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.handout import names, quirks
from pxeserve.handout.names import Asked, What

BOOT = "b/abc123/debian/pxelinux.0"
MENU = "pxelinux.cfg/01-52-54-00-77-00-0a"

SPELLINGS = [
    ("name-ends-in-ff", f"{BOOT}\udcff", BOOT),
    ("name-ends-in-ff", f"{BOOT}\udcff\udc80\udcff", BOOT),
    ("backslashes", BOOT.replace("/", "\\"), BOOT),
    ("backslashes", "/EFI\\xenserver/grub.cfg", quirks.VENDOR_CFG),
    ("double-slashes", f"//{BOOT}", BOOT),
    ("double-slashes", "b//abc123/debian///pxelinux.0", BOOT),
    ("upper-case", BOOT.upper(), BOOT),
    ("upper-case", MENU.upper(), MENU),
    ("upper-case", "PXELINUX.0", "pxelinux.0"),
    ("grub-fixed-path", "/EFI/XENSERVER/GRUB.CFG", quirks.VENDOR_CFG),
    ("grub-fixed-path", "/efi/xenserver/grub.cfg", quirks.VENDOR_CFG),
]


@pytest.mark.quirk("name-ends-in-ff")
@pytest.mark.quirk("backslashes")
@pytest.mark.quirk("double-slashes")
@pytest.mark.quirk("upper-case")
@pytest.mark.quirk("grub-fixed-path")
@pytest.mark.parametrize(("quirk", "asked", "meant"), SPELLINGS)
def test_a_misspelled_name_is_the_one_that_was_meant(quirk: str, asked: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names.read.cache_clear()
    assert names.read(asked) == names.read(meant)
    monkeypatch.setattr(quirks, "RULES", tuple(rule for rule in quirks.RULES if rule.quirk.name != quirk))
    names.read.cache_clear()
    assert names.read(asked) != names.read(meant), "the rule decides, and nothing beside it"
    monkeypatch.undo()
    names.read.cache_clear()


@pytest.mark.parametrize("name", ["README", "BCD", "Boot/Fonts/wgl4_boot.ttf", "m/xcp83/EFI/BOOT/BOOTX64.EFI", "a b", "ünï.txt"])
def test_what_lies_in_a_folder_keeps_its_spelling(name: str) -> None:
    assert names.read(name).name == name


@given(st.text(max_size=60))
def test_no_name_is_too_strange_and_to_mend_twice_is_to_mend_once(name: str) -> None:
    mended = quirks.mended(name)
    assert quirks.mended(mended) == mended or mended.endswith("/")
    assert isinstance(names.read(name), Asked)
    assert names.read(name).what in What
