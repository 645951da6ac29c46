"""Other people's DHCP servers, for tests that need one: ISC's dhcpd, Kea and dnsmasq, each in a network namespace as 10.77.0.2 on `eth0`.

dhcpd and Kea are unpacked into .cache and not installed: installing would start them.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import cast

import hypothesis
import pytest

from pxeserve.store import Database, migrate
from tests.once import one_at_a_time

hypothesis.settings.register_profile("short", deadline=None, max_examples=30)
hypothesis.settings.register_profile("long", deadline=None, max_examples=200)
hypothesis.settings.load_profile("short")  # `bin/test --long` asks for the other

os.environ.setdefault("PXESERVE_CONSOLE__ENABLED", "false")  # services side by side would all want one port; who wants a console says so

_MADE: dict[str, list[str]] = {}
"""Of each group of the state, the statements that make what Alembic makes of nothing."""


@pytest.fixture(scope="session", autouse=True)
def _schema_made_once() -> Iterator[None]:
    """Alembic brings the first empty state of a process up to date, step by step. What it makes of the first is written into the others at
    once: a thousand tests begin with an empty state, and each of them spent a third of its time on that. A state that holds anything is
    brought up to date as ever."""
    real = migrate.upgrade

    def upgrade(database: Database) -> None:
        with database.read() as connection:
            empty = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 0
        if not empty or database.group not in _MADE:
            real(database)
        if empty and database.group not in _MADE:
            with database.read() as connection:
                raw = cast(sqlite3.Connection, connection.connection.driver_connection)
                _MADE[database.group] = [line for line in raw.iterdump() if line not in ("BEGIN TRANSACTION;", "COMMIT;")]
        elif empty:
            with database.write() as connection:
                for line in _MADE[database.group]:
                    connection.exec_driver_sql(line)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "upgrade", upgrade)
        yield


CACHE = Path(__file__).parents[1] / ".cache" / "dhcp"
PACKAGES = ("isc-dhcp-server", "kea-dhcp4-server")

Started = Callable[[str, str, str, Path], AbstractContextManager["subprocess.Popen[bytes]"]]


def _isc(text: str, folder: Path, root: Path) -> list[str]:
    subnet = "subnet 10.77.0.0 netmask 255.255.255.0 { range 10.77.0.100 10.77.0.199; }\n"
    (folder / "dhcpd.conf").write_text("authoritative;\nping-check false;\n" + text + subnet)
    (folder / "leases").touch()
    binary = str(root / "usr/sbin/dhcpd")
    return [binary, "-f", "-4", "-cf", f"{folder}/dhcpd.conf", "-lf", f"{folder}/leases", "-pf", f"{folder}/pid", "--no-pid", "eth0"]


def _kea(text: str, folder: Path, root: Path) -> list[str]:
    config = (
        '{ "Dhcp4": { "interfaces-config": {"interfaces": ["eth0"], '
        '"service-sockets-max-retries": 50, "service-sockets-retry-wait-time": 200}, '
        '"lease-database": {"type": "memfile", "persist": false},\n'
        '"subnet4": [{"subnet": "10.77.0.0/24", "pools": [{"pool": "10.77.0.100 - 10.77.0.199"}]}],\n' + text + "}}\n"
    )
    (folder / "kea.conf").write_text(config)
    return [str(root / "usr/sbin/kea-dhcp4"), "-c", f"{folder}/kea.conf"]


def _dnsmasq(text: str, folder: Path, root: Path) -> list[str]:
    del root
    (folder / "dnsmasq.conf").write_text(text)
    return [
        "dnsmasq", "--keep-in-foreground", f"--conf-file={folder}/dnsmasq.conf", "--port=0", "--interface=eth0", "--bind-interfaces",
        "--leasefile-ro", "--no-ping", "--user=root", "--pid-file=", "--dhcp-range=10.77.0.100,10.77.0.199,1h",
    ]  # fmt: skip


_SERVERS = {"isc": _isc, "kea": _kea, "dnsmasq": _dnsmasq}


@pytest.fixture(scope="session")
def _unpacked() -> Path:
    """Debian's dhcpd and Kea, as files."""
    root = CACHE / "root"
    with one_at_a_time(CACHE):
        if not (CACHE / "complete").exists():
            shutil.rmtree(CACHE, ignore_errors=True)
            root.mkdir(parents=True)
            got = subprocess.run(["apt-get", "download", *PACKAGES], cwd=CACHE, capture_output=True, text=True, check=False)
            if got.returncode:
                pytest.skip(f"{' and '.join(PACKAGES)} cannot be had: {got.stderr.strip().splitlines()[-1:]}")
            for package in CACHE.glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", package, root], check=True)
                package.unlink()
            (CACHE / "complete").touch()
    return root


@pytest.fixture
def dhcp_server(_unpacked: Path) -> Started:
    """Starts one in the namespace `space`: `kind`, with `text` in its configuration and its files and `server.log` in `folder`."""

    @contextmanager
    def started(space: str, kind: str, text: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
        libraries = f"{_unpacked}/usr/lib/x86_64-linux-gnu:{_unpacked}/usr/lib/x86_64-linux-gnu/kea"
        places = {"LD_LIBRARY_PATH": libraries, "KEA_LOCKFILE_DIR": "none", "KEA_PIDFILE_DIR": str(folder)}
        command = ["ip", "netns", "exec", space, *_SERVERS[kind](text, folder, _unpacked)]
        with (folder / "server.log").open("wb") as log:
            server = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **places, "KEA_LOGGER_DESTINATION": "stdout"}
            )
            try:
                yield server
            finally:
                server.terminate()
                server.wait(timeout=60)

    return started


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests measured (`record_property("figure", line)`): a promise kept narrowly looks like one kept by far otherwise."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, ())]
    lines = [f"{report.nodeid}: {line}" for report in reports for key, line in report.user_properties if key == "figure"]
    if lines:
        terminalreporter.section("figures")
        for line in lines:
            terminalreporter.line(line)
