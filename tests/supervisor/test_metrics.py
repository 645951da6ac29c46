"""Metrics of a running service: at their own door, right while machines are served, and the record's very sums afterwards."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.ports import free_port

TRANSFERS, SIZE = 200, 5000
Figures = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture
def measured(service: Any) -> Any:
    """A service with metrics, at `service.metrics`."""
    service.metrics = f"127.0.0.1:{free_port()}"
    with service.config.open("a") as file:
        file.write(f'[metrics]\nenabled = true\nlisten = "{service.metrics}"\n')
    return service


def scrape(service: Any) -> Figures:
    with urllib.request.urlopen(f"http://{service.metrics}/metrics", timeout=60) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        text = answer.read().decode()
    families = text_string_to_metric_families(text)
    return {(one.name, tuple(one.labels.values())): one.value for family in families for one in family.samples}


def fetch(service: Any, name: str) -> int:
    """One file over TFTP, as the simplest firmware asks; its size."""
    size = block = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(60)
        client.sendto(b"\0\1" + name.encode() + b"\0octet\0", ("127.0.0.1", service.ports["tftp"]))
        while True:
            data, peer = client.recvfrom(2048)
            if data[:2] == b"\0\5":
                return 0
            if data[:2] != b"\0\3" or int.from_bytes(data[2:4], "big") != block + 1:
                continue
            block, size = block + 1, size + len(data) - 4
            client.sendto(b"\0\4" + data[2:4], peer)
            if len(data) < 516:
                return size


def record(service: Any) -> list[dict[str, Any]]:
    command = [service.pxeserve, "events", "--json", "--limit", "10000", "--config", service.config]
    return [json.loads(line) for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()]


def test_they_are_right_while_two_hundred_transfers_run_and_the_records_very_sums_after(measured: Any) -> None:
    measured.start()
    (measured.data / "tftp").mkdir(exist_ok=True)
    (measured.data / "tftp" / "file").write_bytes(os.urandom(SIZE))
    (measured.data / "tftp").chmod(0o755)
    over, seen = threading.Event(), []

    def watch() -> None:
        while not over.is_set():
            seen.append(scrape(measured))

    watcher = threading.Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(20) as pool:
        sizes = list(pool.map(lambda number: fetch(measured, "file" if number % 10 else "missing"), range(TRANSFERS)))
    assert Counter(sizes) == {SIZE: TRANSFERS * 9 // 10, 0: TRANSFERS // 10}
    transfers = ("pxeserve_events_total", ("tftp.transfer",))
    measured.until(lambda: scrape(measured).get(transfers) == TRANSFERS, "all are on record")
    over.set()
    watcher.join(60)
    for before, after in itertools.pairwise(seen):  # nothing ever counts backwards
        assert all(after.get(key, 0) >= value for key, value in before.items() if key[0].endswith(("_total", "_bucket", "_count")))
    found, events = scrape(measured), [event for event in record(measured) if event["kind"] == "tftp.transfer"]
    assert {labels[0]: value for (name, labels), value in found.items() if name == "pxeserve_tftp_transfers_total"} == Counter(
        event["data"]["outcome"] for event in events
    )
    assert found[("pxeserve_tftp_sent_bytes_total", ())] == sum(event["data"]["bytes"] for event in events) == sum(sizes)
    assert found[("pxeserve_tftp_retransmits_total", ())] == sum(event["data"]["retransmits"] for event in events)
    done = [event["data"]["seconds"] for event in events if event["data"]["outcome"] == "done"]
    assert found[("pxeserve_transfer_seconds_count", ("tftp",))] == len(done)
    assert found[("pxeserve_transfer_seconds_sum", ("tftp",))] == pytest.approx(sum(done))
    assert not [key for key in found if key[0] == "pxeserve_events_lost_total"]


def test_they_go_on_where_they_were_after_a_restart(measured: Any) -> None:
    key = ("pxeserve_tftp_transfers_total", ("refused:1",))
    measured.start()
    for _ in range(3):
        fetch(measured, "missing")
    measured.until(lambda: scrape(measured).get(key) == 3, "three")
    measured.signal(signal.SIGKILL)
    measured.ended()
    measured.start()
    assert scrape(measured)[key] == 3
    fetch(measured, "missing")
    measured.until(lambda: scrape(measured)[key] == 4, "four")


def test_every_process_is_measured(measured: Any) -> None:
    measured.start()
    found = {labels[0]: value for (name, labels), value in scrape(measured).items() if name == "pxeserve_process_resident_memory_bytes"}
    assert set(found) == {"supervisor", "worker", "dhcp", "tftp", "provision", "console"}
    assert min(found.values()) > 1_000_000


def test_nothing_else_is_behind_that_door_and_machines_have_no_way_to_it(measured: Any) -> None:
    measured.start()
    for path in ("/", "/metrics/x", "/media/", "/Metrics"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://{measured.metrics}{path}", timeout=60)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://127.0.0.1:{measured.ports['http']}/metrics", timeout=60)


def test_those_who_only_hold_the_door_keep_nobody_from_administering(measured: Any) -> None:
    measured.start()
    host, port = measured.metrics.split(":")
    held = [socket.create_connection((host, int(port))) for _ in range(40)]
    assert measured.asked("status")["result"]["serving"]
    for one in held:
        one.close()
    measured.until(lambda: _scraped(measured), "they have gone, and it is scraped again")


def _scraped(service: Any) -> bool:
    try:
        return bool(scrape(service))
    except OSError:
        return False


def test_a_port_that_is_taken_is_named(measured: Any) -> None:
    host, port = measured.metrics.split(":")
    with socket.create_server((host, int(port))):
        measured.launch()
        assert measured.ended() == 4
    measured.drained()
    assert "[metrics] listen" in "".join(measured.log)


def test_without_the_setting_there_is_no_door(service: Any) -> None:
    service.start()
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", 9468)) != 0
