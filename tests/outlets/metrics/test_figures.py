"""Each figure, of a store in which it can be counted by hand."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert

from pxeserve.config import Config
from pxeserve.console.metrics import Collector
from pxeserve.domain.host import Host, Profile
from pxeserve.events.datagram import Count
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.outlets.metrics.processes import Processes
from pxeserve.outlets.metrics.standing import Standing
from pxeserve.outlets.metrics.webhooks import Webhooks
from pxeserve.store import Store, inventory, open_store, webhooks
from pxeserve.store import tables as t

NOW = 1_800_000_000.0
Sample = tuple[str, tuple[tuple[str, str], ...]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(tmp_path, migrate=True)
    with made.site.write() as connection:
        inventory.put_profile(connection, Profile("rack-a"))
        for number in range(1, 5):
            inventory.put_host(connection, Host(0, f"xen0{number}", (f"52:54:00:77:00:0{number}",), "rack-a"))
    yield made
    made.close()


def config(**more: Any) -> Config:
    return Config.model_validate(more)


def shown(collector: Any) -> dict[Sample, float]:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return read(generate_latest(registry).decode())


def read(text: str) -> dict[Sample, float]:
    families = text_string_to_metric_families(text)
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def sample(name: str, **labels: str) -> Sample:
    return f"pxeserve_{name}", tuple(sorted(labels.items()))


def install(store: Store, name: str, host: int, state: str, at: float, mac: str | None = None) -> None:
    row = {
        "id": name, "host_id": host, "mode": "fresh", "interactive": False, "wants_answerfile": True, "state": state, "version": 1,
        "armed_by": "root", "armed_at": at, "armed_boot_id": "b", "armed_boottime": 1.0, "expires": NOW, "rehearsal_mac": mac,
    }  # fmt: skip
    with store.site.write() as connection:
        connection.execute(insert(t.install).values(row))


def test_hosts_are_counted_by_their_newest_install(store: Store) -> None:
    install(store, "a", 1, "failed", NOW - 9)
    install(store, "b", 1, "done", NOW - 5)
    install(store, "c", 2, "armed", NOW)
    install(store, "d", 3, "armed", NOW, "02:00:00:00:00:01")
    found = shown(Standing(store, config()))
    assert found[sample("hosts", state="idle")] == 2
    assert found[sample("hosts", state="done")] == 1
    assert found[sample("hosts", state="armed")] == 1
    assert found[sample("hosts", state="failed")] == 0


def test_addresses_are_lent_or_free(store: Store) -> None:
    lease = {"mac": "52:54:00:77:00:01", "client_id": "", "state": "bound", "starts": NOW}
    with store.leases.write() as connection:
        for address, ends in (("10.77.0.100", NOW + 60), ("10.77.0.101", NOW - 1), ("10.77.0.9", NOW + 60), ("garbage", NOW + 60)):
            connection.execute(insert(t.lease).values(lease | {"address": address, "expires": ends}))
    with store.site.write() as connection:
        connection.execute(t.host.update().where(t.host.c.id == 1).values(address="10.77.0.105"))
    subnet = {"network": "10.77.0.0/24", "range": ["10.77.0.100", "10.77.0.109"]}
    found = shown(Standing(store, config(dhcp={"mode": "server", "subnet": [subnet]}), lambda: NOW))
    assert found[sample("dhcp_addresses", subnet="10.77.0.0/24", state="lent")] == 1
    assert found[sample("dhcp_addresses", subnet="10.77.0.0/24", state="free")] == 8


def done(kind: str, seconds: float = 1.0) -> Event:
    return Event(kind, NOW, data={"outcome": "done", "bytes": 1, "seconds": seconds})


def test_histograms_count_upwards_and_end_with_all(store: Store) -> None:
    Ledger(store).write([*(done("tftp.transfer", seconds) for seconds in (0.005, 0.04, 0.04, 999)), Count(1, "tftp", "lost-event", 4)])
    found = shown(Collector(store, config(), 1))
    buckets = [found[sample("transfer_seconds_bucket", protocol="tftp", le=le)] for le in ("0.01", "0.05", "300.0", "+Inf")]
    assert buckets == [1, 3, 3, 4]
    assert found[sample("transfer_seconds_count", protocol="tftp")] == 4
    assert found[sample("transfer_seconds_sum", protocol="tftp")] == pytest.approx(999.085)
    assert found[sample("events_lost_total", source="tftp")] == 4
    assert found[sample("events_total", kind="tftp.transfer")] == 4
    assert found[sample("record_events")] == 4
    assert found[sample("record_oldest_event_timestamp_seconds")] == NOW


def test_no_label_names_a_machine_or_comes_from_the_wire(store: Store) -> None:
    hostile = 'x"\\\n{evil="1"} 1\x1b'
    data = {"outcome": "done", "bytes": 1, "seconds": 1.0, "file": hostile, "path": hostile}
    who = ("xen01", "52:54:00:77:00:01", "10.77.0.51")
    Ledger(store).write([Event(kind, NOW, hostile, *who, data=data) for kind in ("tftp.transfer", "http.file", "ftp.file")])
    found = shown(Collector(store, config(), 1))
    said = " ".join(value for _, labels in found for _, value in labels)
    assert not [word for word in ("xen01", "52:54", "10.77.0.51", "evil") if word in said]


def test_webhooks_show_what_waits_for_them_and_how_long(store: Store) -> None:
    hook = {"name": "chat", "url": "https://chat.example.com/", "events": ["install.*"], "secret_file": "s"}
    with store.events.write() as connection:
        webhooks.begin(connection, "chat")
        webhooks.change(connection, "chat", {"delivered": 7, "refused": 2, "dropped": 1})
    Ledger(store).write([Event("install.done", NOW - 40), Event("install.done", NOW), Event("dhcp.ack", NOW - 90)])
    found = shown(Webhooks(store, config(webhook=[hook]), lambda: NOW))
    assert found[sample("webhook_waiting_events", webhook="chat")] == 2
    assert found[sample("webhook_lag_seconds", webhook="chat")] == 40
    assert found[sample("webhook_attempts_total", outcome="refused", webhook="chat")] == 2
    assert found[sample("webhook_dropped_events_total", webhook="chat")] == 1
    assert shown(Webhooks(store, config())) == {}


def test_promtool_finds_nothing_to_say_against_it(store: Store, promtool: Path) -> None:
    kinds = ("tftp.transfer", "http.file", "ftp.file", "dhcp.ack")
    Ledger(store).write([*(done(kind) for kind in kinds), Count(1, "dhcp", "lost-event", 1)])
    install(store, "c", 2, "armed", NOW)
    registry = CollectorRegistry(auto_describe=False)
    with store.events.write() as connection:
        webhooks.begin(connection, "chat")
    hook = {"name": "chat", "url": "https://chat.example.com/", "secret_file": "s"}
    registry.register(Collector(store, config(dhcp={"mode": "server", "subnet": [{"network": "10.77.0.0/24"}]}, webhook=[hook]), 1))
    checked = subprocess.run([promtool, "check", "metrics"], input=generate_latest(registry), capture_output=True, check=False)
    assert (checked.returncode, checked.stderr.decode()) == (0, "")


def test_the_services_processes_and_no_others_are_measured(tmp_path: Path) -> None:
    def process(pid: int, name: str, parent: int) -> None:
        folder = tmp_path / str(pid)
        folder.mkdir()
        fields = ["S", str(parent), *["0"] * 9, "250", "50", *["0"] * 6, "1000", "0", "7"]
        (folder / "stat").write_text(f"{pid} ({name}) {' '.join(fields)}\n")

    (tmp_path / "stat").write_text("cpu 1\nbtime 1700000000\n")
    process(10, "python3", 1)
    process(11, "pxe-dhcp", 10)
    process(12, "pxe-tftp", 99)
    process(13, "odd) S 10", 10)
    (tmp_path / "14").mkdir()
    found = shown(Processes(10, tmp_path))
    assert {dict(labels)["process"] for _, labels in found} == {"supervisor", "dhcp"}
    assert found[sample("process_cpu_seconds_total", process="dhcp")] == 3.0
    assert found[sample("process_start_time_seconds", process="dhcp")] == 1_700_000_010
    assert found[sample("process_resident_memory_bytes", process="dhcp")] == 7 * 4096
