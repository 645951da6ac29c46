"""`pxeserve health` and a service that really serves: it hears all three, leaves no trace, and says which one is silent."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest

from tests.asked import asked, items
from tests.supervisor.test_service import Service, service

__all__ = ["service"]

RIGHT = {"DHCP", "TFTP", "HTTP"}


def health(service: Service) -> tuple[int, dict[str, Any]]:
    done = service.command("health", "--json")
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def wrong(answer: dict[str, Any]) -> dict[str, str]:
    return {one["protocol"]: one["text"] for one in answer["asked"] if not one["ok"]}


def test_a_service_that_serves_is_healthy_and_the_record_hears_nothing_of_it(service: Service) -> None:
    service.start()
    before = len(items(service.data, "events"))
    for _ in range(3):
        status, answer = health(service)
        assert (status, answer["ok"], answer["unheard"]) == (0, True, [])
        assert {one["protocol"] for one in answer["asked"] if one["ok"]} == RIGHT
    assert service.answers()  # an RRQ for what is not there: an event, behind which nothing more of those comes
    kinds = [(event["kind"], event["text"]) for event in items(service.data, "events")[before:]]
    assert [one for one in kinds if one[0].startswith(("dhcp.", "http.")) or "healthz" in one[1]] == []
    assert asked(service.data, "dhcp.leases")["leases"] == []
    assert asked(service.data, "discovered.list") == []
    shown = service.command("health")
    assert shown.stdout.splitlines()[-1] == "healthy"
    assert f"ok     TFTP 127.0.0.1:{service.tftp}: answered" in shown.stdout


def test_in_proxy_mode_where_an_idle_machine_hears_nothing_health_does(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"DHCP__MODE": "proxy", "DHCP__SUBNET": "[]", "BOOT__IDLE": "silent"}.items():
        monkeypatch.setenv(f"PXESERVE_{name}", value)
    service.start()
    assert "proxy on lo" in service.log
    assert health(service)[0] == 0


def test_whoever_is_silent_is_named_with_where_to_look(service: Service) -> None:
    service.start()
    pid = service.pid("dhcp")
    os.kill(pid, signal.SIGSTOP)
    try:
        status, answer = health(service)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert status == 1
    assert wrong(answer) == {"DHCP": "no offer to 3 DISCOVERs"}
    assert "its child dhcp" in answer["asked"][0]["fix"]
    assert health(service)[0] == 0


def test_without_a_service_nothing_is_healthy_and_no_data_folder_is_made(service: Service) -> None:
    service.write()
    status, answer = health(service)
    assert status == 1
    assert wrong(answer) == {"DHCP": "connection refused", "TFTP": "no block to 3 requests", "HTTP": "connection refused"}
    assert not service.data.exists()
    assert service.command("health").stdout.splitlines()[-1] == "not healthy"


def test_a_service_that_tells_machines_another_address_than_the_configuration_is_no_healthy_one(service: Service) -> None:
    """Somebody changed the file and has not restarted the service: what is read here is not what machines are told."""
    service.start()
    told = service.config.read_text().replace('address = "127.0.0.1"', 'address = "10.77.0.1"')
    service.config.write_text(told.replace("[tftp]\n", "[tftp]\nsingle_port = true\n"))
    status, answer = health(service)
    assert status == 1
    assert wrong(answer) == {
        "DHCP": "it calls itself 127.0.0.1, and the configuration says 10.77.0.1: it was started with another one"
    }


def test_it_is_asked_on_the_machine_itself(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PXESERVE_TOKEN", "a-token")
    done = service.command("--server", "https://boot.example.com:8443", "health")
    assert done.returncode == 2
    assert "on the machine itself" in done.stderr
