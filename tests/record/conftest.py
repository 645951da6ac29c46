"""A service on a bridge with a medium, loaders and a profile; hosts are added by each test, which plugs their machines in."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pxeserve.boot import gather
from pxeserve.repo.imports import import_medium
from pxeserve.store import Store, open_store
from pxeserve.store import loaders as stored
from tests.faults.conftest import _furnishing, figure
from tests.faults.service import Service, until
from tests.faults.space import Space
from tests.media_samples import filler, make
from tests.record.network import SERVER, Network, network

__all__ = ["figure"]
ELF = b"\x7fELF" + bytes(2000)
SET = {"pxelinux.0": b"PXELINUX 6.04 PXE" + bytes(2000), "mboot.c32": ELF, "ldlinux.c32": ELF, "libcom32.c32": ELF}
ANSWERS = (
    "primary-disk=sda", "root-password=a-planted-secret", "timezone=Europe/London", "keymap=us",
    "admin-interface.name=eth0", "admin-interface.proto=dhcp",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.geteuid() != 0:
        for item in items:
            if "record" in item.path.parts and item.get_closest_marker("netns"):
                item.add_marker(pytest.mark.skip(reason="network namespaces need root"))


@dataclass
class Site:
    """The service, the switch that it is plugged into, and what is known of it from outside."""

    service: Service
    switch: Network
    store: Store
    folder: Path
    hosts: int = 0

    def asked(self, *words: str, status: int | None = 0) -> Any:
        """What a command answers with --json."""
        done = self.service.command(*words, "--json")
        assert status is None or done.returncode == status, f"{words}: {done.returncode}: {done.stdout}{done.stderr}"
        return [json.loads(line) for line in done.stdout.splitlines()]

    def ask(self, verb: str, **arguments: Any) -> Any:
        """What an operation answers."""
        return self.service.ask(verb, **arguments)

    def host(self, name: str, *settings: str, profile: str = "rack", reserved: bool = True) -> str:
        """A host of this name; its MAC."""
        self.hosts += 1
        mac = f"52:54:00:7a:{self.hosts // 256:02x}:{self.hosts % 256:02x}"
        reservation = (f"address=10.78.1.{self.hosts}",) if reserved else ()
        self.ask("host.add", name=name, mac=[mac], profile=profile, set=[*reservation, *settings])
        return mac

    def arm(self, name: str) -> None:
        """Arm it for an installation."""
        self.ask("host.install", name=name, confirm=name)

    def events(self, name: str) -> list[dict[str, Any]]:
        """What the record holds of a host, the oldest first."""
        return self.service.items("events", host=name)

    def recorded(self, name: str, kind: str, **data: Any) -> dict[str, Any]:
        """The newest event of this kind with this data, once the record has it."""

        def found() -> dict[str, Any] | None:
            kept = [one for one in self.events(name) if one["kind"] == kind and all(one["data"].get(key) == data[key] for key in data)]
            return kept[-1] if kept else None

        return until(found, f"{kind} of {name} in the record")  # type: ignore[return-value]


    def ganesha(self) -> int:
        """The pid of the program that serves NFS, once it answers."""
        until(lambda: "2049" in self.switch.switch.run("ss", "-Hltn").stdout, "NFS listens")
        found = [int(pid) for pid in self.switch.switch.run("ip", "netns", "pids", self.switch.switch.name).stdout.split()]
        return next(pid for pid in found if Path(f"/proc/{pid}/comm").read_text().startswith("ganesha"))

    def with_medium(self, name: str) -> str:
        """A medium of this name, like that of the rack, and a profile of the same name that installs it."""
        folder = self.service.folder / f"{name}-tree"
        make("xcp-8.3", folder)
        self.asked("media", "import", str(folder), "--name", name)
        self.asked("profile", "add", name, "--parent", "rack", "--medium", name)
        return name

    def medium_folder(self, name: str) -> Path:
        """Where the files of a medium lie."""
        [folder] = (self.service.data / "media").glob(f"{name}@*")
        return folder

    def damaged(self, name: str) -> None:
        """Wait until the service has seen that a medium was touched."""
        until(lambda: self.ask("media.show", name=name)["state"] == "damaged", f"{name} is damaged")

    def script(self, name: str, body: str) -> None:
        """A script of the site's own."""
        file = self.folder / name
        file.write_text(body)
        self.asked("script", "add", str(file))

    def template(self, name: str, text: str) -> None:
        """A template of the site's own."""
        (self.service.data / "templates" / name).write_text(text)
        self.service.give()

    def expired(self, name: str) -> None:
        """Let an arming's time be over: a minute from now came an hour ago."""
        with sqlite3.connect(self.service.data / "state" / "site.db", timeout=60) as connection:
            query = "UPDATE install SET expires = ?, armed_at = armed_at - 7200 WHERE host_id = (SELECT id FROM host WHERE name = ?)"
            connection.execute(query, (time.time() - 3600, name))

    @contextmanager
    def second_dhcp(self) -> Iterator[Space]:
        """dnsmasq as another DHCP server on the same switch, 10.78.250.67."""
        with self.switch.plugged("02:00:00:00:00:67", "10.78.250.67") as (where, _):
            command = [
                *where.prefix, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=eth0",
                "--bind-interfaces", "--leasefile-ro", "--no-ping", "--user=root", "--pid-file=",
                "--dhcp-range=10.78.251.1,10.78.251.99,255.192.0.0,1h",
                "--dhcp-boot=theirs.0,other,10.78.250.67",
            ]  # fmt: skip
            with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
                try:
                    until(lambda: ":67" in where.run("ss", "-Hlun").stdout, "dnsmasq listens")
                    yield where
                finally:
                    server.terminate()


@contextmanager
def _opened(folder: Path, *, more: str = "", house: Path | None = None, **words: Any) -> Iterator[Site]:
    """A site whose service runs, with `more` in its configuration and its data beneath `house`; nothing is plugged in."""
    with network() as switch, _furnishing() as furnish:
        service = furnish(switch.switch, folder=house, interface="br0", address=SERVER, **words)
        furnished(service, folder)
        service.more += more
        service.start()
        store = open_store(service.data)
        made = Site(service, switch, store, folder)
        made.asked("profile", "add", "rack", "--medium", "xcp83", *(word for one in ANSWERS for word in ("--set", one)))
        yield made
        store.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests of a module."""
    with _opened(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., AbstractContextManager[Site]]:
    """Opens a site of a test's own: `more` goes into its configuration, `first` and `last` are the addresses that are lent."""
    return lambda **words: _opened(tmp_path / "site", **words)


def furnished(service: Service, folder: Path) -> None:
    """A medium and loaders, as a site has them."""
    folder.mkdir(exist_ok=True)
    store = open_store(service.data)
    with gather.laid(service.data / "loaders", "debian", SET) as rows, store.site.write() as connection:
        stored.put(connection, "debian", "a set made for this test", time.time(), rows)
    tree = make("xcp-8.3", folder / "xcp83")
    (tree / "install.img").write_bytes(filler("install.img", 300_000))
    import_medium(store, service.data, tree, "xcp83", lambda *_: None, "test", time.time())
    store.close()
    service.more += "[answerfile]\nallow_plaintext = true\n"
    service.give()
