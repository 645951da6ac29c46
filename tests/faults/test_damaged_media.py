"""A medium that is touched by other hands: the running service notices, tells whoever is concerned, arms nobody with it, and heals."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.fetching import Cut
from tests.faults.machine import MAC, NAME, Machine, arm, cancel, stock
from tests.faults.service import Service, until
from tests.faults.space import Space

pytestmark = pytest.mark.netns
PACKAGE, INDEX = "packages.main/base.tar.bz2", "packages.main/XS-PACKAGES"


def flip(path: Path) -> None:
    """One bit; the file's size and time of change stay as they were. The same again puts it right."""
    found = path.stat()
    with path.open("r+b") as file:
        file.seek(1000)
        byte = file.read(1)[0] ^ 1
        file.seek(1000)
        file.write(bytes([byte]))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def said(service: Service, *words: str) -> Any:
    done = service.command(*words, "--json")
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def state(service: Service) -> str:
    return str(service.ask("media.show", name="sample")["state"])


def events(service: Service, kind: str) -> list[dict[str, Any]]:
    return service.items("events", kind=kind)


@pytest.fixture
def stocked(alone: Space, furnish: Callable[..., Service]) -> Service:
    service = furnish(alone)
    stock(service)
    service.start()
    return service


def folder_of(service: Service) -> Path:
    [folder] = (service.data / "media").glob("sample@*")
    return folder


def test_who_is_armed_is_told_and_gets_its_own_disk_until_it_is_right_again(stocked: Service) -> None:
    service, machine = stocked, Machine(stocked.space)
    assert arm(service) == "armed"
    package = folder_of(service) / PACKAGE
    flip(package)
    until(lambda: state(service) == "damaged", "the change is noticed")

    [told] = until(lambda: events(service, "install.medium-damaged"), "the host is told")
    assert told["host"] == NAME
    assert f"{PACKAGE}: MD5 is " in told["data"]["because"]
    assert f"but {INDEX} line 1 says " in told["data"]["because"]
    assert until(lambda: events(service, "medium.damaged"), "the record is told")[0]["data"]["hosts"] == [NAME]
    told_host = service.command("events", "--host", NAME).stdout
    assert f"install medium-damaged: medium sample, which it installs, is damaged: {PACKAGE}" in told_host
    assert f"sample is damaged: {PACKAGE}" in service.command("host", "show", NAME).stdout
    assert "medium sample is damaged, so no host can be armed with it" in service.command("profile", "show", "demo").stdout
    assert "sample is damaged and cannot be armed" in service.command("media", "list").stdout
    [because] = [one for one in said(service, "explain", MAC)["because"] if one["code"] == "medium-damaged"]
    assert PACKAGE in because["text"]
    assert not machine.boot(), "an installer, from a damaged medium"

    assert cancel(service) == ""
    assert f"medium sample is damaged: {PACKAGE}" in arm(service)

    flip(package)
    until(lambda: state(service) == "good", "it is right again")
    until(lambda: events(service, "medium.good"), "the record is told that")
    assert arm(service) == "armed"
    assert machine.boot()


def test_an_answerfile_is_withheld_while_its_medium_is_damaged(stocked: Service) -> None:
    """The machine has its menu already; the answerfile is what would start an installer on its disk."""
    service, machine = stocked, Machine(stocked.space)
    assert arm(service) == "armed"
    fetch, machine.fetch = machine.fetch, lambda: None  # type: ignore[method-assign]
    assert machine.boot()
    package = folder_of(service) / PACKAGE
    flip(package)
    until(lambda: state(service) == "damaged", "the change is noticed")
    with pytest.raises(Cut, match="404"):
        fetch()
    [told] = until(lambda: events(service, "install.withheld"), "the host is told")
    assert told["host"] == NAME
    assert f"medium sample is damaged: {PACKAGE}" in told["data"]["because"]
    assert machine.answerfiles.total() == 0
    flip(package)
    until(lambda: state(service) == "good", "it is right again")
    fetch()
    assert machine.answerfiles.total() == 1


def test_arming_itself_finds_what_nobody_has_noticed_yet(stocked: Service) -> None:
    flip(folder_of(stocked) / PACKAGE)
    word = arm(stocked)
    assert PACKAGE in word
    assert "medium sample is " in word
    assert said(stocked, "host", "show", NAME)["state"] == "idle"


def test_a_file_that_the_service_may_not_read_a_fifo_and_a_folder_that_goes_are_noticed_and_heal(stocked: Service) -> None:
    service = stocked
    package = folder_of(service) / PACKAGE
    package.chmod(0)
    until(lambda: state(service) == "damaged", "a file without rights")
    [fault] = said(service, "media", "verify", "sample")[0]["faults"]
    assert fault == f"{PACKAGE}: the service's user may not read it, but {INDEX} line 1 lists it"
    package.chmod(0o644)
    until(lambda: state(service) == "good", "its rights are back")
    package.rename(package.with_name("kept"))
    os.mkfifo(package)
    until(lambda: state(service) == "damaged", "a FIFO")
    package.unlink()
    package.with_name("kept").rename(package)
    until(lambda: state(service) == "good", "the file is back")
    folder = folder_of(service)
    folder.rename(service.folder / "away")
    until(lambda: state(service) == "damaged", "the folder is gone")
    assert "folder cannot be opened" in said(service, "media", "show", "sample")["state_reason"]
    (service.folder / "away").rename(folder)
    until(lambda: state(service) == "good", "the folder is back")


def test_what_was_touched_while_no_service_ran_is_noticed_at_its_start(stocked: Service) -> None:
    stocked.stop()
    flip(folder_of(stocked) / PACKAGE)
    stocked.start()
    until(lambda: state(stocked) == "damaged", "it is looked at")
