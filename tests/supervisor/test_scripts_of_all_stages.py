"""The whole way of scripts, through a running service: declared, armed, fetched as the installer of each generation does, run at its stages
by a real shell in a made-up system, and told in the record. Only the installer itself is played.
"""

from __future__ import annotations

import getpass
import json
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.dom import minidom

import pytest

from pxeserve.answerfile import passwords
from pxeserve.boot import gather
from pxeserve.cli.terminal.session import ask
from pxeserve.repo.imports import import_medium
from pxeserve.store import loaders, open_store
from pxeserve.supervisor import folder as data_folder
from pxeserve.supervisor import prepare
from tests.media_samples import make

ELF = b"\x7fELF" + bytes(2000)
SET = {"pxelinux.0": b"PXELINUX 6.04 PXE" + bytes(2000), "mboot.c32": ELF, "ldlinux.c32": ELF, "libcom32.c32": ELF}
STAGES = {
    "4.1": ("filesystem-populated",),
    "5.5": ("filesystem-populated", "install-failed"),
    "5.6": ("filesystem-populated", "installation-complete"),
    "7.1": ("installation-start", "filesystem-populated", "installation-complete"),
    "8.2": ("installation-start", "filesystem-populated", "installation-complete"),
    "xcp-8.3": ("installation-start", "filesystem-populated", "installation-complete"),
}
MENUS = {
    "4.1": ("boot/extlinux.conf", "append /boot/xen.gz dom0_mem=752M x --- /boot/vmlinuz ro --- /boot/initrd\n", "dom0_mem=1024M x"),
    "5.5": ("boot/grub/menu.lst", "   kernel /boot/xen.gz dom0_mem=752M x\n   module /boot/vmlinuz ro\n", "dom0_mem=1024M x"),
    "5.6": ("boot/extlinux.conf", "append /boot/xen.gz dom0_mem=752M x --- /boot/vmlinuz ro --- /boot/initrd\n", "dom0_mem=1024M x"),
    "7.1": ("boot/grub/grub.cfg", "\tmultiboot2 /boot/xen.gz dom0_mem=752M,max:752M x\n", "dom0_mem=1024M,max:1024M x"),
    "8.2": ("boot/efi/EFI/xenserver/grub.cfg", "\tmultiboot2 /boot/xen.gz dom0_mem=9M,max:9M x\n", "dom0_mem=1024M,max:1024M x"),
    "xcp-8.3": ("boot/grub/grub.cfg", "\tmultiboot2 /boot/xen.gz dom0_mem=9M,max:9M x\n", "dom0_mem=1024M,max:1024M x"),
}


@dataclass
class House:
    """A running service with a medium, a profile and a host of each generation."""

    service: Any
    config: Path
    base: str

    def ask(self, verb: str, **arguments: Any) -> Any:
        return ask(self.config, verb, arguments)

    def get(self, url: str) -> bytes:
        with urllib.request.urlopen(url if "://" in url else f"{self.base}/{url}", timeout=60) as answer:
            return bytes(answer.read())

    def cli(self, *words: str, typed: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        command = [str(self.service.pxeserve), *words, "--config", str(self.config)]
        return subprocess.run(command, input=typed, capture_output=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def house(make_service: Callable[[], Any]) -> Iterator[House]:
    if not shutil.which("busybox"):
        pytest.skip("busybox is not installed")
    service = make_service()
    service.write(user=getpass.getuser())
    service.config.write_text(service.config.read_text() + '[arming]\nbind = "token"\n')
    data_folder.own_folder(service.data, None)
    prepare.fill(service.data)
    store = open_store(service.data, migrate=True)
    with gather.laid(service.data / "loaders", "debian", SET) as rows, store.site.write() as connection:
        loaders.put(connection, "debian", "a set made for this test", time.time(), rows)
    for dialect in STAGES:
        name = medium_name(dialect)
        import_medium(store, service.data, make(dialect, service.folder / name), name, lambda *_: None, "test", time.time())
    store.close()
    service.start()
    made = House(service, service.config, f"http://127.0.0.1:{service.ports['http']}")
    for stage in ("installation-start", "filesystem-populated", "installation-complete", "install-failed"):
        for name, status in (("first", 0), ("second", 3)):
            file = service.folder / f"{stage}-{name}.sh"
            file.write_text(f'#!/bin/sh\necho "{stage} {name} $XS_STAGE $*" >>/tmp/{service.folder.name}.ran\nexit {status}\n')
            assert made.cli("script", "add", str(file)).returncode == 0
    yield made
    service.stop()
    (Path("/tmp") / f"{service.folder.name}.ran").unlink(missing_ok=True)


def medium_name(dialect: str) -> str:
    return "m" + dialect.replace(".", "").replace("-", "")


def arm(house: House, dialect: str, number: int = 0) -> tuple[str, str, dict[str, Any]]:
    """A host of this generation, armed; its name, its MAC, and the answer."""
    name = f"h{number}{medium_name(dialect)}"
    mac = f"52:54:00:79:{number:02x}:{list(STAGES).index(dialect):02x}"
    scripts = [f"scripts.{stage}=[{stage}-first.sh, {stage}-second.sh]" for stage in STAGES[dialect]]
    answers = ["primary-disk=sda", "timezone=Europe/London", "admin-interface.name=eth0", "admin-interface.proto=dhcp"]
    house.ask("profile.add", name=name, medium=medium_name(dialect), set=[*answers, *scripts, "boot.dom0_mem=1024M"])
    house.ask("host.add", name=name, mac=[mac], profile=name)
    return name, mac, house.ask("host.install", name=name, reveal="later")


def answerfile(house: House, mac: str) -> tuple[str, minidom.Document]:
    menu = house.get(f"pxelinux.cfg/01-{mac.replace(':', '-')}").decode()
    found = re.search(r"answerfile=(\S+)", menu)
    assert found is not None, menu
    text = house.get(found[1])
    return text.decode(), minidom.parseString(text)


def addresses(document: minidom.Document) -> dict[str, str]:
    """Script addresses by stage, as the parsers find them."""

    def text(node: Any) -> str:
        return "".join(child.data for child in node.childNodes).strip()

    found = {node.getAttribute("stage"): text(node) for node in document.getElementsByTagName("script")}
    for tag, stage in (("post-install-script", "filesystem-populated"), ("install-failed-script", "install-failed")):
        nodes = document.getElementsByTagName(tag)
        if len(nodes) == 1:
            found[stage] = text(nodes[0])
    return found


def system(folder: Path, dialect: str) -> Path:
    """A new system, as it lies when its file system is filled."""
    root = folder / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/shadow").write_text("root:$1$old$old:14000:0:99999:7:::\nbin:*:14000:0:99999:7:::\n")
    name, text, _ = MENUS[dialect]
    (root / name).parent.mkdir(parents=True)
    (root / name).write_text(text)
    return root


def events(house: House, *words: str) -> list[dict[str, Any]]:
    done = house.cli("events", "--json", *words)
    return [json.loads(line) for line in done.stdout.splitlines()]


def reports(house: House) -> list[str]:
    """What installers have reported so far; all of them have one address here, so no host's name stands beside it."""
    return [one["data"]["stage"] for one in events(house, "--kind", "http.progress")]


def passed(house: House, name: str, happens: Callable[[list[dict[str, Any]]], Any]) -> list[dict[str, Any]]:
    """The record, once `happens` is true of it."""
    found: list[dict[str, Any]] = []

    def looked() -> bool:
        found[:] = events(house, "--host", name)
        return bool(happens(found))

    house.service.until(looked, "the record tells it")
    return found


def played(house: House, tmp_path: Path, dialect: str, root: Path, links: dict[str, str], *, good: bool) -> None:
    """The installer: fetches what its answerfile names for each stage, and runs it as it does, whatever its status."""
    calls: list[tuple[str, str | None, list[str]]] = []
    named = None if dialect in ("4.1", "5.5") else ""
    for stage in STAGES[dialect]:
        arguments = {"filesystem-populated": [str(root)], "installation-complete": ["0" if good else "1"]}.get(stage, [])
        if stage == ("install-failed" if good else "filesystem-populated"):
            continue
        calls.append((stage, None if named is None else stage, arguments))
    if good:
        assert len(calls) == len([stage for stage in STAGES[dialect] if stage != "install-failed"])
    for stage, environment, arguments in calls:
        script = tmp_path / "fetched"
        script.unlink(missing_ok=True)
        script.write_bytes(house.get(links[stage]))
        script.chmod(0o500)
        words = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", **({"XS_STAGE": environment} if environment else {})}
        subprocess.run([str(script), *arguments], env=words, check=True, timeout=120, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("dialect", STAGES)
def test_scripts_of_all_stages_run_and_are_told(house: House, tmp_path: Path, dialect: str) -> None:
    name, mac, armed = arm(house, dialect)
    text, document = answerfile(house, mac)
    links = addresses(document)
    assert tuple(sorted(links)) == tuple(sorted(STAGES[dialect]))
    password = document.getElementsByTagName("root-password")[0]
    delivered = password.firstChild.data
    ran = Path("/tmp") / f"{house.service.folder.name}.ran"
    ran.unlink(missing_ok=True)
    root = system(tmp_path, dialect)
    before = len(reports(house))
    played(house, tmp_path, dialect, root, links, good=True)

    stages = [stage for stage in STAGES[dialect] if stage != "install-failed"]
    assert [line.split()[:3] for line in ran.read_text().splitlines()] == [
        [stage, which, stage] for stage in stages for which in ("first", "second")
    ]
    found = passed(house, name, lambda seen: any(one["kind"] == "install.done" for one in seen))
    house.service.until(lambda: reports(house)[before:][-1:] == ["done"], "the last report is in the record")
    assert reports(house)[before:] == [*stages, "done"]
    ended = {one["data"]["script"]: one["data"]["status"] for one in found if one["kind"].startswith("install.script")}
    site = {f"{stage}.{number}.{stage}-{which}.sh" for number, (stage, which) in enumerate(numbered(dialect), 1) if stage in stages}
    own = {script for script in ended if ".pxeserve." in script}
    assert set(ended) - own == site
    assert {script for script, status in ended.items() if status != "0"} == {one for one in site if one.endswith("second.sh")}

    assert MENUS[dialect][2] in (root / MENUS[dialect][0]).read_text()
    line = (root / "etc/shadow").read_text().splitlines()[0]
    told = house.ask("host.password", name=name)
    assert told["not_replaced"] is None
    if dialect in ("4.1", "5.5"):
        assert not password.hasAttribute("type")
        assert delivered != told["root_password"]
        salt = line.split(":")[1].split("$")[2]
        assert line.startswith(f"root:{passwords.md5_crypt(told['root_password'].encode(), salt)}:")
        assert any("plain text" in one for one in armed["warnings"])
    else:
        assert password.getAttribute("type") == "hash"
        salt = delivered.split("$")[3]
        assert delivered == passwords.sha512_crypt(told["root_password"].encode(), salt, passwords.RANDOM_ROUNDS)
        assert line.startswith("root:$1$old$old:"), "a hash that was delivered needs no replacing"
    secret = told["root_password"].encode()
    kept = b"".join(path.read_bytes() for path in house.service.data.rglob("*") if path.is_file())
    assert secret not in kept + "".join(house.service.log).encode() + json.dumps(found).encode() + text.encode()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        house.get(links["filesystem-populated"])


def numbered(dialect: str) -> list[tuple[str, str]]:
    """The site's scripts as they are counted: by the order of stages that declarations have."""
    order = ("installation-start", "packages-installed", "filesystem-populated", "installation-complete", "install-failed")
    return [(stage, which) for stage in order if stage in STAGES[dialect] for which in ("first", "second")]


@pytest.mark.parametrize("dialect", ["5.5", "5.6", "8.2"])
def test_an_installation_that_failed_is_told_and_its_scripts_ran(house: House, tmp_path: Path, dialect: str) -> None:
    name, mac, _ = arm(house, dialect, 1)
    _, document = answerfile(house, mac)
    played(house, tmp_path, dialect, system(tmp_path, dialect), addresses(document), good=False)
    passed(house, name, lambda seen: any(one["kind"] == "install.failed" for one in seen))
    house.service.until(lambda: reports(house)[-1] == "failed", "the last report is in the record")
    told = house.ask("host.list")
    assert next(one for one in told if one["name"] == name)["state"] == "failed"


def test_the_installers_log_of_a_failed_installation_is_shown_without_its_password(house: House, tmp_path: Path) -> None:
    name, mac, _ = arm(house, "8.2", 2)
    text, document = answerfile(house, mac)
    delivered = document.getElementsByTagName("root-password")[0].firstChild.data
    log = tmp_path / "install-log"
    log.write_text(f"Starting\nroot has {delivered}\nFetched {house.get.__name__} \x1b[2J\nINSTALL FAILED.\nNo space left on device\n")
    script = tmp_path / "fetched"
    script.write_bytes(house.get(addresses(document)["installation-complete"]).replace(b"/tmp/install-log", str(log).encode()))
    script.chmod(0o500)
    words = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "XS_STAGE": "installation-complete"}
    subprocess.run([str(script), "1"], env=words, check=True, timeout=120, stdin=subprocess.DEVNULL)
    passed(house, name, lambda seen: any(one["kind"] == "install.failed" for one in seen))
    shown = house.cli("host", "log", name).stdout.decode()
    assert shown.splitlines()[-2:] == ["INSTALL FAILED.", "No space left on device"]
    assert "root has [masked]" in shown
    assert delivered not in shown
    assert "\x1b" not in shown
    assert delivered in text
    (story,) = json.loads(house.cli("events", "--host", name, "--timeline", "--json").stdout)["installs"]
    assert (story["state"], story["log"]["last"][-1]) == ("failed", "No space left on device")
