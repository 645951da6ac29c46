"""What is settled when the ports are bound stays so until the end, however early that comes."""

from __future__ import annotations

import signal
from typing import Any


def test_told_to_end_while_it_begins_it_ends_as_asked(service: Any) -> None:
    path = service.data / "run" / "pxeserve.lock"
    process = service.launch()
    service.until(lambda: path.exists() and path.read_text() == f"{process.pid}\n", "the lock is taken")
    service.signal(signal.SIGTERM)
    assert service.ended() == 0


def test_no_reload_carries_the_children_off_to_other_data_ports_or_modes(service: Any) -> None:
    service.start()
    before, since = service.asked("status")["result"], len(service.log)
    other = service.folder / "other"
    service.write(data=other, tftp=service.ports["tftp"] + 1, http=service.ports["http"] + 1)
    service.config.write_text(service.config.read_text().replace('mode = "server"', 'mode = "proxy"').replace("127.0.0.1", "127.0.0.2"))
    service.signal(signal.SIGHUP)
    service.says(r"warning .*change only with a restart", since)
    for name in ("worker", "dhcp", "tftp", "provision", "console"):
        service.says(rf"\b{name} ready\s+pid=", since)
    assert service.asked("status")["result"] == before
    assert service.healthy()
    assert service.transfers()
    assert not other.exists()
    since = len(service.log)
    service.write()
    service.signal(signal.SIGHUP)
    service.says(r"configuration read again", since)
    assert not [line for line in service.log[since:] if "restart of the service" in line]
