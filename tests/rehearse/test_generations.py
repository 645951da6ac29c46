"""Media of every generation are rehearsed to their end; those from 5.6 to 7.0 and XenServer 9 by a replay of their installer's visit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.host import Host, Profile
from pxeserve.rehearse.plan import Plan
from pxeserve.store import inventory
from tests.media_samples import make

ANSWERS = {
    "primary-disk": "sda", "root-password": {"hash": "$6$abcdefgh$" + "x" * 86}, "timezone": "Europe/London", "keymap": "us",
    "admin-interface": {"name": "eth0", "proto": "dhcp"},
}  # fmt: skip


def rehearsed(house: Any, mac: str, *more: str) -> dict[str, Any]:
    done = house.cli("rehearse", mac, "--json", *more)
    assert done.stdout, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def installed_from(house: Any, tree: Path, number: int) -> str:
    """A host that installs from the medium in `tree`; its MAC."""
    name, mac = f"gen{number}", f"52:54:00:79:00:{number:02x}"
    house.ask("media.import", source=[str(tree)], name=name)
    with house.store.site.write() as connection:
        inventory.put_profile(connection, Profile(name, medium=name, answers=ANSWERS))
        inventory.put_host(connection, Host(0, name, (mac,), name))
    return mac


@pytest.mark.parametrize(("kind", "number"), [("5.6", 1), ("7.0", 2)])
def test_a_medium_of_this_generation_is_rehearsed_to_its_end(house: Any, tmp_path: Path, kind: str, number: int) -> None:
    mac = installed_from(house, make(kind, tmp_path / "tree"), number)
    told = rehearsed(house, mac, "--firmware", "bios")
    assert told["ok"], told["prediction"]
    assert any("packages, all right" in step["text"] for step in told["steps"])
    plan = Plan.from_plain(house.ask("rehearse.begin", mac=mac))
    house.ask("rehearse.end", mac=plan.mac, host=plan.host, verdict="only asked")
    assert plan.dialect == kind
    assert plan.paths


def test_what_one_repository_requires_of_another_is_foretold(house: Any, tmp_path: Path) -> None:
    """This medium's Linux pack lies before what it requires."""
    told = rehearsed(house, installed_from(house, make("6.2", tmp_path / "tree"), 3), "--firmware", "bios")
    assert (told["ok"], told["prediction"]["step"]) == (False, "packages")
    assert "xs:linux requires xs:main >= 6.2.0" in told["prediction"]["text"]
    assert told["prediction"]["source"] == "host-installer of 6.2, replayed"


def test_the_vendors_own_grub_goes_to_its_fixed_path(house: Any, tmp_path: Path) -> None:
    tree = make("xs9", tmp_path / "tree")
    loader = tree / "EFI" / "xenserver" / "grubx64.efi"
    loader.parent.mkdir(parents=True, exist_ok=True)
    loader.write_bytes(b"MZ" + bytes(4000))
    mac = installed_from(house, tree, 4)
    told = rehearsed(house, mac, "--firmware", "uefi-x64")
    assert told["ok"], told["prediction"]
    menus = [step["text"] for step in told["steps"] if step["name"] == "boot loader"]
    assert all("goes on with grub.cfg" in text for text in menus)
    old = rehearsed(house, mac, "--firmware", "bios")
    assert "switch the machine's firmware to UEFI" in old["prediction"]["text"]
