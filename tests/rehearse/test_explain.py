"""What `explain` says is what the machine gets; and asking changes nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pxeserve.rehearse import menu

MAC = "52:54:00:77:00:01"
STRANGER = "52:54:00:99:99:99"


def dump(data: Path) -> dict[str, list[str]]:
    """Every row of the whole state, but not the record and what the worker is just taking over into it."""
    found = {}
    for group in ("site", "leases"):
        connection = sqlite3.connect(f"file:{data}/state/{group}.db?mode=ro", uri=True)
        found[group] = [line for line in connection.iterdump() if "install_event" not in line]
        connection.close()
    return found


@pytest.fixture
def armed(house: Any) -> Iterator[Any]:
    house.ask("host.install", name="demo01")
    yield house
    house.ask("host.cancel", name="demo01")


def test_asking_changes_nothing(armed: Any) -> None:
    before = dump(armed.data)
    for mac in (MAC, STRANGER):
        for firmware in ("bios", "uefi-x64", "uefi-http", "ipxe"):
            armed.ask("explain", mac=mac, firmware=firmware)
    assert dump(armed.data) == before


def test_an_armed_host_gets_the_installer_and_its_token_stays_here(armed: Any) -> None:
    told = armed.ask("explain", mac=MAC.upper().replace(":", "-"))
    assert (told["target"], told["host"], told["medium"], told["loader"]["file"]) == ("installer", "demo01", "sample", "pxelinux.0")
    assert [one["code"] for one in told["because"]] == ["loader", "armed", "evidence"]
    entry = menu.read(told["menu"])
    assert menu.word(entry.kernel_words(), "answerfile").endswith("/a/TOKEN")
    assert [name.rsplit("/", 1)[-1] for name, _ in entry.parts] == ["xen.gz", "vmlinuz", "install.img"]


def test_an_idle_host_gets_its_own_disk_and_is_told_what_was_passed_over(house: Any) -> None:
    told = house.ask("explain", mac=MAC)
    assert told["target"] == "own-disk"
    assert menu.read(told["menu"]).local
    passed = [one for one in told["because"] if one["weight"] == "passed-over"]
    assert "sample" in passed[0]["text"]
    for one in told["because"]:
        assert one["text"]
        assert one["source"]


def test_a_stranger_gets_its_own_disk(house: Any) -> None:
    told = house.ask("explain", mac=STRANGER)
    assert (told["host"], told["target"], told["because"][-1]["code"]) == (None, "own-disk", "unknown-host")


def test_firmware_that_nothing_can_boot_is_told_what_to_change(house: Any) -> None:
    told = house.ask("explain", mac=MAC, firmware="uefi-arm64")
    assert (told["target"], told["loader"], told["menu"]) == ("address-only", None, None)
    assert "give the host a profile with plain files" in told["because"][0]["text"]


def test_the_command_ends_with_0_when_it_could_explain_and_1_when_not(house: Any) -> None:
    done = house.cli("explain", MAC)
    assert done.returncode == 0
    assert "own-disk" in done.stdout
    assert "localboot 0" in done.stdout
    told = json.loads(house.cli("explain", MAC, "--json").stdout)
    assert told["target"] == "own-disk"
    wrong = house.cli("explain", "nonsense")
    assert wrong.returncode == 1
    assert "is not a MAC address" in wrong.stderr
    assert house.cli("explain", MAC, "--firmware", "toaster").returncode == 2
