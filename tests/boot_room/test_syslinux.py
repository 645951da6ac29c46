"""One whole set of one build, or nothing: what is told apart from the bytes alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pxeserve.boot.syslinux import FILES, NotASetError, build_of

ELF = b"\x7fELF" + bytes(64)
COM32R = b"\xb8\xfe\x4c\xcd\x21" + bytes(64)


def pxelinux(version: str) -> bytes:
    return b"\xea" + bytes(30) + f"\r\nPXELINUX {version} PXE 2020 \0".encode()


MODERN = {"pxelinux.0": pxelinux("6.04"), "mboot.c32": ELF, "ldlinux.c32": ELF, "libcom32.c32": ELF}
OLD = {"pxelinux.0": pxelinux("4.05"), "mboot.c32": COM32R}


def test_a_set_says_its_release() -> None:
    assert str(build_of(MODERN)) == "6.04"
    assert str(build_of(OLD)) == "4.05"
    assert str(build_of({"pxelinux.0": pxelinux("3.11"), "mboot.c32": b"\xb8\xff\x4c\xcd\x21"})) == "3.11"


@pytest.mark.parametrize("name", MODERN)
def test_from_5_on_four_files_are_needed(name: str) -> None:
    with pytest.raises(NotASetError, match=f"{name} is missing"):
        build_of({key: value for key, value in MODERN.items() if key != name})


def test_modules_of_another_release_are_refused() -> None:
    with pytest.raises(NotASetError, match=r"mboot.c32 is of a SYSLINUX before 5"):
        build_of({**MODERN, "mboot.c32": COM32R})
    with pytest.raises(NotASetError, match=r"mboot.c32 is of a SYSLINUX 5 or newer"):
        build_of({**OLD, "mboot.c32": ELF})
    with pytest.raises(NotASetError, match=r"chain.c32 was built from SYSLINUX 6.03"):
        build_of({**MODERN, "chain.c32": ELF + b"/build/syslinux-6.03+dfsg/com32/chain/x.h"})


def test_what_is_no_loader_or_too_old_is_refused() -> None:
    for content, text in ((b"", "no PXELINUX version"), (pxelinux("3.10"), "3.11 or newer")):
        with pytest.raises(NotASetError, match=text):
            build_of({**OLD, "pxelinux.0": content})
    with pytest.raises(NotASetError, match=r"mboot.c32 is no SYSLINUX module"):
        build_of({**OLD, "mboot.c32": b"<html>"})


def test_the_set_of_this_debian_is_whole() -> None:
    places = (Path("/usr/lib/PXELINUX"), Path("/usr/lib/syslinux/modules/bios"))
    files = {path.name: path.read_bytes() for place in places for name in FILES if (path := place / name).exists()}
    if not files:
        pytest.skip("packages pxelinux and syslinux-common are not installed")
    assert build_of(files).major == 6
